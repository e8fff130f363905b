//! The queue of a client's events, handled one after the other: socketioxide runs each handler in a task of its own, and tasks
//! overtake each other.

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use crate::http::ApiError;

/// The most events of a client that may wait.
const CAPACITY: usize = 256;

/// The queue of one client.
pub(super) struct EventQueue(mpsc::Sender<BoxFuture<'static, ()>>);

impl EventQueue {
    /// Starts a queue on the current runtime; it ends when it is dropped and empty.
    pub(super) fn start() -> Self {
        let (queue, mut queued) = mpsc::channel(CAPACITY);
        tokio::spawn(async move {
            while let Some(handling) = queued.recv().await {
                // A panic ends its own event alone.
                let _finished = tokio::spawn(handling).await;
            }
        });
        Self(queue)
    }

    /// Reserves a place. `Err` where the queue is full.
    pub(super) fn reserve(&self) -> Result<mpsc::Permit<'_, BoxFuture<'static, ()>>, ApiError> {
        self.0.try_reserve().map_err(|_| ApiError::too_many_events())
    }
}
