//! Waking many tasks of other threads at once. A broadcast to a large room runs on another thread than the tasks that write
//! to its sockets, and to wake a task across threads costs a system call; so each worker thread has a queue that takes all
//! of its wakers in one send, and wakes them on their own thread.

use std::cell::RefCell;
use std::task::Waker;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

thread_local! {
    static CURRENT: RefCell<Option<WakeQueue>> = const { RefCell::new(None) };
}

/// The wake queue of a worker thread.
#[derive(Clone)]
pub struct WakeQueue(UnboundedSender<Vec<Waker>>);

impl WakeQueue {
    /// Starts the queue of this thread. Must be called within a [`tokio::task::LocalSet`].
    pub fn start() {
        let (queue, mut queued) = unbounded_channel::<Vec<Waker>>();
        tokio::task::spawn_local(async move {
            while let Some(wakers) = queued.recv().await {
                wakers.into_iter().for_each(Waker::wake);
            }
        });
        CURRENT.set(Some(Self(queue)));
    }

    /// Sets the queue of a reader to that of this thread, on which it runs; `None` where none was started.
    pub(crate) fn follow(known: &mut Option<Self>) {
        CURRENT.with_borrow(|current| {
            let same = match (current, &known) {
                (Some(current), Some(known)) => current.0.same_channel(&known.0),
                (None, None) => true,
                _ => false,
            };
            if !same {
                known.clone_from(current);
            }
        });
    }
}

/// Wakers of tasks, grouped by their threads. Dropping it wakes them all.
#[derive(Default)]
pub(crate) struct WakeBatch {
    queued: Vec<(WakeQueue, Vec<Waker>)>,
    /// Those of tasks whose threads have no queue.
    direct: Vec<Waker>,
}

impl WakeBatch {
    /// Adds the waker of a task on that queue's thread; without a queue it is woken directly.
    pub(crate) fn add(&mut self, queue: Option<&WakeQueue>, waker: Waker) {
        let Some(queue) = queue else { return self.direct.push(waker) };
        // There are no more threads than cores.
        match self.queued.iter_mut().find(|(known, _)| known.0.same_channel(&queue.0)) {
            Some((_, wakers)) => wakers.push(waker),
            None => self.queued.push((queue.clone(), vec![waker])),
        }
    }

    /// Adds those of another batch.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.direct.append(&mut other.direct);
        for (queue, mut wakers) in other.queued.drain(..) {
            match self.queued.iter_mut().find(|(known, _)| known.0.same_channel(&queue.0)) {
                Some((_, known)) => known.append(&mut wakers),
                None => self.queued.push((queue, wakers)),
            }
        }
    }

    /// Returns true if there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.queued.is_empty() && self.direct.is_empty()
    }
}

impl Drop for WakeBatch {
    fn drop(&mut self) {
        self.direct.drain(..).for_each(Waker::wake);
        for (queue, mut wakers) in self.queued.drain(..) {
            if wakers.len() > 1 {
                match queue.0.send(wakers) {
                    Ok(()) => continue,
                    // Its thread is about to end.
                    Err(unsent) => wakers = unsent.0,
                }
            }
            wakers.into_iter().for_each(Waker::wake);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};
    use std::task::{Context, Wake};
    use std::time::Duration;

    use domain::RoomId;
    use tokio::task::LocalSet;
    use uuid::Uuid;

    use super::*;
    use crate::outbox::{Delivery, Outbox};

    fn block_on_local<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        LocalSet::new().block_on(&runtime, future)
    }

    /// Starts a worker thread with that many readers; each reports when it was woken.
    fn worker(readers: usize) -> (Vec<Arc<Outbox>>, mpsc::Receiver<()>) {
        let (send_outbox, outboxes) = mpsc::channel();
        let (report, woken) = mpsc::channel();
        std::thread::spawn(move || {
            block_on_local(async move {
                WakeQueue::start();
                let reading = (0..readers).map(|_| {
                    let outbox = Outbox::new();
                    send_outbox.send(outbox.clone()).unwrap();
                    let report = report.clone();
                    tokio::task::spawn_local(async move {
                        while outbox.next().await.is_ok() {
                            report.send(()).unwrap();
                        }
                    })
                });
                futures_util::future::join_all(reading.collect::<Vec<_>>()).await;
            });
        });
        (outboxes.iter().take(readers).collect(), woken)
    }

    #[test]
    fn readers_of_several_threads_are_all_woken() {
        let workers = [worker(3), worker(1), worker(2)];
        for _ in 0..100 {
            let mut wakes = WakeBatch::default();
            for outbox in workers.iter().flat_map(|(outboxes, _)| outboxes) {
                outbox.push_batched(Delivery::RoomClosed(RoomId(Uuid::nil())), &mut wakes);
            }
            drop(wakes);
            for (outboxes, woken) in &workers {
                for _ in outboxes {
                    woken.recv_timeout(Duration::from_secs(20)).expect("every reader is woken");
                }
            }
        }
    }

    struct Reports(mpsc::Sender<()>);

    impl Wake for Reports {
        fn wake(self: Arc<Self>) {
            self.0.send(()).unwrap();
        }
    }

    #[test]
    fn readers_whose_thread_has_ended_are_woken_directly() {
        let (report, woken) = mpsc::channel();
        let worker = std::thread::spawn(move || {
            block_on_local(async {
                WakeQueue::start();
                [report.clone(), report].map(|report| {
                    let (outbox, reader) = (Outbox::new(), Waker::from(Arc::new(Reports(report))));
                    assert!(outbox.poll_next(&mut Context::from_waker(&reader)).is_pending());
                    outbox
                })
            })
        });
        let outboxes = worker.join().unwrap();
        let mut wakes = WakeBatch::default();
        for outbox in &outboxes {
            outbox.push_batched(Delivery::RoomClosed(RoomId(Uuid::nil())), &mut wakes);
        }
        assert!(woken.try_recv().is_err(), "the batch wakes them");
        drop(wakes);
        for _ in &outboxes {
            woken.recv_timeout(Duration::from_secs(20)).expect("every reader is woken");
        }
    }
}
