//! A queue whose waiting items share a commit.
//!
//! A commit costs a write to the disk, whether it carries one row or a hundred. So the items that callers [`submit`]
//! while a commit runs wait, and share the next one. An idle queue adds no wait: its first item is committed at once,
//! alone. The pattern is the group commit of database logs. Where callers come back as soon as they are answered, a commit
//! waits a moment for them (`linger.rs`).
//!
//! Items share a commit, but no failure. Each has a key, such as the room of a message. An item whose key is locked, or whose
//! commit failed, is committed again with fewer others ([`Stage`]), while the items of other keys go on. Items of one key
//! are always committed in the order in which they came.
//!
//! [`submit`]: GroupCommit::submit

mod dispatcher;
mod items;
mod linger;

use std::fmt::Debug;
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use dispatcher::Dispatcher;
use items::Waiting;
use linger::Threshold;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tracing::{Instrument, field};

/// The limits of a queue.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most items that share a commit.
    pub batch: usize,
    /// The most items without a result; more are rejected at once.
    pub queue: usize,
    /// The most items that wait under one key that has left [`Stage::Shared`]; more are rejected at once.
    pub blocked: usize,
    /// The most commits that run at a time at [`Stage::Alone`], each of another key.
    pub alone: usize,
    /// The longest that a caller waits. An item whose caller gave up before its commit began is left out.
    pub timeout: Duration,
}

/// The stage of a key: its items are committed together with fewer others than at the stage before. One commit runs at
/// a time at the first two stages each, and [`Limits::alone`] at the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// With the items of all keys. The commit waits for no key that is locked.
    Shared,
    /// With the items of the keys that were locked. The commit waits for them a moment, in which most locks end.
    Contended,
    /// With the items of its own key, or one by one where these failed together. The commit waits as long as a caller
    /// would.
    Alone,
}

/// The outcome of a commit for one item.
#[derive(Debug)]
pub enum Outcome<R> {
    /// The commit has this result for the caller.
    Done(R),
    /// The key was locked, or the database too slow with it; nothing was changed for it. The caller receives this
    /// result, where the stage is the last.
    Blocked(R),
    /// The commit failed; nothing was changed. The caller receives this result, where the item was alone.
    Failed(R),
}

/// The reason why an item has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The queue is full; the item was not committed.
    #[error("too many are waiting for a commit")]
    QueueFull,
    /// The result did not arrive in time; whether the item was committed is unknown.
    #[error("no answer from the commit in time")]
    Timeout,
    /// The commit panicked, or the queue was shut down; whether the item was committed is unknown.
    #[error("the commit broke off")]
    Aborted,
}

/// A queue before a commit. Clones share it; when the last is dropped, the items that wait are still committed.
#[derive(Debug)]
pub struct GroupCommit<T, R> {
    queue: mpsc::UnboundedSender<Waiting<T, R>>,
    places: Arc<Semaphore>,
    threshold: Arc<Threshold>,
    limits: Limits,
}

impl<T, R> Clone for GroupCommit<T, R> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            places: self.places.clone(),
            threshold: self.threshold.clone(),
            limits: self.limits,
        }
    }
}

impl<T: Send + Sync + 'static, R: Send + 'static> GroupCommit<T, R> {
    /// Starts a queue on the current tokio runtime. `key` returns the key of an item. `commit` receives the items of a batch,
    /// those of one key next to each other, makes them durable, and returns one outcome per item, in their order. Of one
    /// key never more than one commit runs.
    pub fn start<K, C, F>(limits: Limits, key: fn(&T) -> K, commit: C) -> Self
    where
        K: Copy + Eq + Hash + Debug + Send + 'static,
        C: Fn(Stage, Vec<Arc<T>>) -> F + Send + Sync + 'static,
        F: Future<Output = Vec<Outcome<R>>> + Send + 'static,
    {
        let (queue, waiting) = mpsc::unbounded_channel();
        let threshold = Arc::new(Threshold::default());
        tokio::spawn(Dispatcher::new(limits, threshold.clone(), key, commit).run(waiting));
        Self { queue, places: Arc::new(Semaphore::new(limits.queue)), threshold, limits }
    }

    /// Adds an item to the queue and waits for its result.
    pub async fn submit(&self, item: T) -> Result<R, SubmitError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| SubmitError::QueueFull)?;
        let (answer, result) = oneshot::channel();
        // Covers the wait for the commit before, which a trace should show.
        let span = tracing::info_span!(target: "parlor::traces", "commit", batch.size = field::Empty);
        let waiting = Waiting::new(item, answer, span.clone(), place);
        self.queue.send(waiting).map_err(|_| SubmitError::Aborted)?;
        self.threshold.check(self.limits.queue - self.places.available_permits());
        match tokio::time::timeout(self.limits.timeout, result).instrument(span).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(SubmitError::Aborted),
            Err(_) => Err(SubmitError::Timeout),
        }
    }
}

#[cfg(test)]
mod tests;
