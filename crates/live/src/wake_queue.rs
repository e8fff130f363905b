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

    /// The queue of this thread; `None` where none was started.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }
}

/// Wakers of tasks, grouped by their threads. Dropping it wakes them all.
#[derive(Default)]
pub(crate) struct WakeBatch(Vec<(WakeQueue, Vec<Waker>)>);

impl WakeBatch {
    /// Adds the waker of a task on that queue's thread.
    pub(crate) fn add(&mut self, queue: &WakeQueue, waker: Waker) {
        // There are no more threads than cores.
        match self.0.iter_mut().find(|(known, _)| known.0.same_channel(&queue.0)) {
            Some((_, wakers)) => wakers.push(waker),
            None => self.0.push((queue.clone(), vec![waker])),
        }
    }
}

impl Drop for WakeBatch {
    fn drop(&mut self) {
        for (queue, mut wakers) in self.0.drain(..) {
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

    #[test]
    fn readers_whose_thread_has_ended_are_woken_directly() {
        let outbox = std::thread::spawn(|| {
            block_on_local(async {
                WakeQueue::start();
                [Outbox::new(), Outbox::new()]
            })
        });
        let outboxes = outbox.join().unwrap();
        block_on_local(async {
            let received = futures_util::future::join_all(outboxes.iter().map(|outbox| outbox.next()));
            let push = async {
                let mut wakes = WakeBatch::default();
                for outbox in &outboxes {
                    outbox.push_batched(Delivery::RoomClosed(RoomId(Uuid::nil())), &mut wakes);
                }
            };
            assert_eq!(tokio::join!(received, push).0.len(), 2);
        });
    }
}
