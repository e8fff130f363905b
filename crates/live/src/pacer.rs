//! The pace at which the readers of one room are woken. In a large room each event costs one write for each reader, unless it
//! leaves together with others. So after readers were woken, those of the events that follow wait for a moment that grows with
//! their number: the first event leaves at once, and a stream of events in few writes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::wake_queue::WakeBatch;

/// The time between two wakes, for each reader: a few times what a write takes.
const FOR_EACH: Duration = Duration::from_micros(20);
/// The longest time between two wakes.
const LONGEST: Duration = Duration::from_millis(25);
/// Below this, nothing waits: timers are no finer, and the writes to a small room cost little.
const SHORTEST: Duration = Duration::from_millis(1);

/// The pace of a room.
#[derive(Default)]
pub(crate) struct Pacer(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The readers that wait for their time, which is due already.
    waiting: Option<WakeBatch>,
    /// The time before which readers wait.
    next: Option<Instant>,
}

impl Pacer {
    /// Wakes readers of a room with so many of them: at once, or a moment later with those of the events that follow.
    pub(crate) fn wake(&self, readers: WakeBatch, of: u32) {
        if readers.is_empty() {
            return;
        }
        let mut state = lock(&self.0);
        if let Some(waiting) = &mut state.waiting {
            return waiting.append(readers);
        }
        let left = state.next.map(|next| next.saturating_duration_since(Instant::now()));
        if let (Some(left), Ok(runtime)) = (left.filter(|left| !left.is_zero()), Handle::try_current()) {
            state.waiting = Some(readers);
            // A runtime that ends drops the task at once.
            drop(state);
            let due = Due { pace: self.0.clone(), readers: of };
            runtime.spawn(async move {
                tokio::time::sleep(left).await;
                drop(due);
            });
            return;
        }
        let _none = state.begin(of);
        drop(state);
        drop(readers);
    }
}

/// Wakes the readers that wait when it is dropped: in time, or with a runtime that ends before.
struct Due {
    pace: Arc<Mutex<State>>,
    readers: u32,
}

impl Drop for Due {
    fn drop(&mut self) {
        let waiting = lock(&self.pace).begin(self.readers);
        // They take other locks.
        drop(waiting);
    }
}

impl State {
    /// Begins the time until the next wake, and returns the readers that waited for this one.
    fn begin(&mut self, readers: u32) -> Option<WakeBatch> {
        let pause = (FOR_EACH * readers).min(LONGEST);
        self.next = (pause >= SHORTEST).then(|| Instant::now() + pause);
        self.waiting.take()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    use tokio::time::{advance, sleep};

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    impl Woken {
        fn batch(self: &Arc<Self>) -> WakeBatch {
            let mut batch = WakeBatch::default();
            batch.add(None, Waker::from(self.clone()));
            batch
        }

        fn times(&self) -> usize {
            self.0.load(Ordering::SeqCst)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_event_leaves_at_once_and_those_that_follow_leave_together() {
        let (pacer, woken) = (Pacer::default(), Arc::new(Woken::default()));
        pacer.wake(woken.batch(), 1_000);
        assert_eq!(woken.times(), 1);
        for _ in 0..5 {
            pacer.wake(woken.batch(), 1_000);
        }
        sleep(FOR_EACH * 900).await;
        assert_eq!(woken.times(), 1, "their time has not come");
        sleep(FOR_EACH * 200).await;
        assert_eq!(woken.times(), 6);
        // The pause begins again with them.
        pacer.wake(woken.batch(), 1_000);
        assert_eq!(woken.times(), 6);
        sleep(FOR_EACH * 2_000).await;
        assert_eq!(woken.times(), 7);
        advance(LONGEST).await;
        pacer.wake(woken.batch(), 1_000);
        assert_eq!(woken.times(), 8, "after a quiet moment an event leaves at once");
    }

    #[tokio::test(start_paused = true)]
    async fn the_pause_of_the_largest_room_is_bounded() {
        let (pacer, woken) = (Pacer::default(), Arc::new(Woken::default()));
        pacer.wake(woken.batch(), u32::MAX / 1_000);
        pacer.wake(woken.batch(), u32::MAX / 1_000);
        sleep(LONGEST + Duration::from_millis(1)).await;
        assert_eq!(woken.times(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn readers_of_a_small_room_never_wait() {
        let (pacer, woken) = (Pacer::default(), Arc::new(Woken::default()));
        for n in 1..10 {
            pacer.wake(woken.batch(), 49);
            assert_eq!(woken.times(), n);
        }
    }

    #[test]
    fn readers_that_wait_are_woken_with_the_end_of_their_runtime() {
        let (pacer, woken) = (Pacer::default(), Arc::new(Woken::default()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            pacer.wake(woken.batch(), 1_000);
            pacer.wake(woken.batch(), 1_000);
            assert_eq!(woken.times(), 1);
        });
        drop(runtime);
        assert_eq!(woken.times(), 2);
    }

    #[test]
    fn readers_never_wait_without_a_runtime() {
        let (pacer, woken) = (Pacer::default(), Arc::new(Woken::default()));
        for n in 1..10 {
            pacer.wake(woken.batch(), 1_000);
            assert_eq!(woken.times(), n);
        }
    }
}
