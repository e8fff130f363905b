//! The items that wait, by key and by stage.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;
use tracing::Span;

use super::{Stage, SubmitError};

/// The time for which a key that failed, or stayed locked, is committed alone: its next item would probably delay the others
/// too.
pub(super) const ALONE: Duration = Duration::from_secs(10);

/// An item that waits for its commit, or for the outcome.
#[derive(Debug)]
pub(super) struct Waiting<T, R> {
    pub(super) item: Arc<T>,
    pub(super) answer: oneshot::Sender<Result<R, SubmitError>>,
    pub(super) span: Span,
    /// Its place in the queue, free again when it is dropped.
    _place: OwnedSemaphorePermit,
}

impl<T, R> Waiting<T, R> {
    pub(super) fn new(
        item: T,
        answer: oneshot::Sender<Result<R, SubmitError>>,
        span: Span,
        place: OwnedSemaphorePermit,
    ) -> Self {
        Self { item: Arc::new(item), answer, span, _place: place }
    }

    pub(super) fn answer(self, result: Result<R, SubmitError>) {
        // The caller may be gone.
        drop(self.answer.send(result));
    }
}

/// The items of a key.
pub(super) struct Items<T, R> {
    pub(super) stage: Stage,
    /// The number of the next items that are committed one by one, because they failed together.
    pub(super) singly: usize,
    pub(super) pending: VecDeque<Waiting<T, R>>,
    /// `true` while a commit of this key runs.
    pub(super) running: bool,
    /// Until when the key stays at the last stage, after a failure.
    pub(super) alone_until: Option<Instant>,
}

impl<T, R> Items<T, R> {
    pub(super) const NONE: Self =
        Self { stage: Stage::Shared, singly: 0, pending: VecDeque::new(), running: false, alone_until: None };

    pub(super) fn is_suspect(&self) -> bool {
        self.alone_until.is_some_and(|until| Instant::now() < until)
    }

    /// Returns whether nothing needs to be known about the key any more.
    pub(super) fn is_over(&self) -> bool {
        self.pending.is_empty() && !self.running && !self.is_suspect()
    }
}

/// The commits of one stage.
pub(super) struct StageQueue<K> {
    /// The most commits that run at a time.
    pub(super) most: usize,
    pub(super) running: usize,
    /// The keys with items that wait, and without a commit that runs; the longest waiting first.
    pub(super) ready: VecDeque<K>,
}

impl<K> StageQueue<K> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, running: 0, ready: VecDeque::new() }
    }
}
