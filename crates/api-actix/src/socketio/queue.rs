//! The queue of a client's events, handled one after the other: socketioxide runs each handler in a task of its own, and tasks
//! overtake each other.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, mpsc};

use super::budgets::{Budget, Held, hold};
use crate::http::ApiError;

/// The most events of a client that may wait.
const CAPACITY: usize = 256;
/// The most bytes of them: more than those of the largest event with its attachments.
const CAPACITY_BYTES: usize = 2 * 1024 * 1024;

/// The handling of an event, and the bytes held meanwhile.
struct Queued {
    handling: BoxFuture<'static, ()>,
    held: Option<[Held; 2]>,
}

/// The queue of one client.
pub(super) struct EventQueue {
    queue: mpsc::Sender<Queued>,
    bytes: Arc<Semaphore>,
}

/// A place in a queue.
pub(super) struct Place<'queue> {
    permit: mpsc::Permit<'queue, Queued>,
    bytes: &'queue Arc<Semaphore>,
    held: Option<[Held; 2]>,
}

impl EventQueue {
    /// Starts a queue on the current runtime; it ends when it is dropped and empty.
    pub(super) fn start() -> Self {
        let (queue, mut queued) = mpsc::channel::<Queued>(CAPACITY);
        tokio::spawn(async move {
            while let Some(Queued { handling, held }) = queued.recv().await {
                // A panic ends its own event alone.
                let _finished = tokio::spawn(handling).await;
                drop(held);
            }
        });
        Self { queue, bytes: Arc::new(Semaphore::new(CAPACITY_BYTES)) }
    }

    /// Reserves a place. `Err` where too many events wait.
    pub(super) fn reserve(&self) -> Result<Place<'_>, ApiError> {
        let permit = self.queue.try_reserve().map_err(|_| ApiError::too_many_events())?;
        Ok(Place { permit, bytes: &self.bytes, held: None })
    }
}

impl Place<'_> {
    /// Makes room for so many bytes until the event is handled. `Err` where those of the queue, or of the user, do not suffice.
    pub(super) fn hold(&mut self, budget: &Budget, bytes: usize) -> Result<(), ApiError> {
        let held = hold(self.bytes, bytes).and_then(|own| Ok([own, budget.hold(bytes)?]));
        self.held = Some(held.map_err(|_| ApiError::too_many_events())?);
        Ok(())
    }

    pub(super) fn send(self, handling: impl Future<Output = ()> + Send + 'static) {
        self.permit.send(Queued { handling: Box::pin(handling), held: self.held });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::ErrorCode;

    #[tokio::test]
    async fn a_queue_is_full_by_the_bytes_and_the_number_of_what_waits() {
        let (queue, budget) = (EventQueue::start(), Budget::of_nobody(CAPACITY_BYTES * 2));
        let (release, released) = tokio::sync::watch::channel(false);
        let wait = |bytes: usize| {
            let (mut place, mut released) = (queue.reserve()?, released.clone());
            place.hold(&budget, bytes)?;
            place.send(async move {
                let _released = released.wait_for(|released| *released).await;
            });
            Ok::<_, ApiError>(())
        };
        wait(CAPACITY_BYTES - 10).unwrap();
        assert_eq!(wait(11).unwrap_err().code(), ErrorCode::RateLimited);
        wait(10).unwrap();
        let fit = (0..=CAPACITY).take_while(|_| wait(0).is_ok()).count();
        assert!((CAPACITY - 2..CAPACITY).contains(&fit), "{fit}");
        release.send(true).unwrap();
        // Events that are handled make room again.
        while wait(CAPACITY_BYTES).is_err() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn the_budget_of_a_user_bounds_their_queues() {
        let (queue, budget) = (EventQueue::start(), Budget::of_nobody(10));
        let mut place = queue.reserve().unwrap();
        assert_eq!(place.hold(&budget, 11).unwrap_err().code(), ErrorCode::RateLimited);
        place.hold(&budget, 10).unwrap();
    }
}
