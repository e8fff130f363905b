//! Waking many readers at once. Who sends to a large room does so from another thread than those that write to its sockets,
//! and to wake a task across threads costs a system call; so each worker thread has a bell, which is rung once for all of
//! its readers, and they are woken on their own thread.

use std::cell::RefCell;
use std::task::Waker;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

thread_local! {
    static HERE: RefCell<Option<Bell>> = const { RefCell::new(None) };
}

/// The bell of a worker thread.
#[derive(Clone)]
pub(crate) struct Bell(UnboundedSender<Vec<Waker>>);

impl Bell {
    /// Hangs up the bell of this worker thread.
    pub(crate) fn hang() {
        let (bell, mut rung) = unbounded_channel::<Vec<Waker>>();
        actix_web::rt::spawn(async move {
            while let Some(readers) = rung.recv().await {
                readers.into_iter().for_each(Waker::wake);
            }
        });
        HERE.set(Some(Self(bell)));
    }

    /// That of this thread, if it has one.
    pub(super) fn here() -> Option<Self> {
        HERE.with_borrow(Clone::clone)
    }
}

/// Readers who are to be woken, by their threads. They are as soon as this is dropped.
#[derive(Default)]
pub(super) struct Readers(Vec<(Bell, Vec<Waker>)>);

impl Readers {
    pub(super) fn add(&mut self, bell: &Bell, reader: Waker) {
        // There are no more threads than cores.
        match self.0.iter_mut().find(|(known, _)| known.0.same_channel(&bell.0)) {
            Some((_, readers)) => readers.push(reader),
            None => self.0.push((bell.clone(), vec![reader])),
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        for (bell, mut readers) in self.0.drain(..) {
            if readers.len() > 1 {
                match bell.0.send(readers) {
                    Ok(()) => continue,
                    // Its thread is about to end.
                    Err(unheard) => readers = unheard.0,
                }
            }
            readers.into_iter().for_each(Waker::wake);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::connection::{Item, Outbox};
    use domain::RoomId;
    use std::sync::{Arc, mpsc};
    use std::time::Duration;
    use uuid::Uuid;

    /// A worker thread with readers, each of whom says when it was woken.
    fn worker(readers: usize) -> (Vec<Arc<Outbox>>, mpsc::Receiver<()>) {
        let (give, outboxes) = mpsc::channel();
        let (say, heard) = mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                Bell::hang();
                let reading = (0..readers).map(|_| {
                    let outbox = Outbox::new();
                    give.send(outbox.clone()).unwrap();
                    let say = say.clone();
                    actix_web::rt::spawn(async move {
                        while outbox.next().await.is_ok() {
                            say.send(()).unwrap();
                        }
                    })
                });
                futures_util::future::join_all(reading.collect::<Vec<_>>()).await;
            });
        });
        (outboxes.iter().take(readers).collect(), heard)
    }

    #[test]
    fn readers_of_several_threads_are_all_woken() {
        let workers = [worker(3), worker(1), worker(2)];
        for _ in 0..100 {
            let mut readers = Readers::default();
            for outbox in workers.iter().flat_map(|(outboxes, _)| outboxes) {
                outbox.push_for(Item::Over(RoomId(Uuid::nil())), &mut readers);
            }
            drop(readers);
            for (outboxes, heard) in &workers {
                for _ in outboxes {
                    heard.recv_timeout(Duration::from_secs(20)).expect("everybody is woken");
                }
            }
        }
    }

    #[test]
    fn a_thread_that_is_gone_leaves_nobody_unwoken() {
        let outbox = std::thread::spawn(|| {
            actix_web::rt::System::new().block_on(async {
                Bell::hang();
                [Outbox::new(), Outbox::new()]
            })
        });
        let outboxes = outbox.join().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let heard = futures_util::future::join_all(outboxes.iter().map(|outbox| outbox.next()));
            let say = async {
                let mut readers = Readers::default();
                for outbox in &outboxes {
                    outbox.push_for(Item::Over(RoomId(Uuid::nil())), &mut readers);
                }
            };
            assert_eq!(tokio::join!(heard, say).0.len(), 2);
        });
    }
}
