//! A queue whose waiting items share a commit.
//!
//! A commit costs a write to the disk, whether it carries one row or a hundred. So the items that callers [`submit`]
//! while a commit runs wait, and share the next one. An idle queue adds no wait: its first item is committed at once,
//! alone. The pattern is the group commit of database logs.
//!
//! A query costs a round trip, whether it asks for one row or a hundred: concurrent lookups share one in the same way.
//!
//! [`submit`]: GroupCommit::submit

use std::future::Future;
use std::time::Duration;

use metrics::{Gauge, Histogram};
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument, Span, field};

/// The purpose of a queue, which names its metrics and spans.
#[derive(Debug, Clone, Copy)]
pub enum Work {
    /// Messages to commit.
    Sends,
    /// Rows to look up.
    Lookups,
}

impl Work {
    fn queue_length(self) -> Gauge {
        match self {
            Self::Sends => metrics::gauge!("parlor_send_queue_length"),
            Self::Lookups => metrics::gauge!("parlor_look_queue_length"),
        }
    }

    fn batch_size(self) -> Histogram {
        match self {
            Self::Sends => metrics::histogram!("parlor_send_batch_size"),
            Self::Lookups => metrics::histogram!("parlor_look_batch_size"),
        }
    }

    fn span(self) -> Span {
        match self {
            Self::Sends => tracing::info_span!(target: "parlor::traces", "commit", batch.size = field::Empty),
            Self::Lookups => tracing::info_span!(target: "parlor::traces", "look", batch.size = field::Empty),
        }
    }
}

/// The limits of a queue.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most items that share a commit.
    pub batch: usize,
    /// The most items that wait; more are rejected at once.
    pub queue: usize,
    /// The longest that a caller waits. An item whose caller gave up before its commit began is left out.
    pub timeout: Duration,
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

struct Waiting<T, R> {
    item: T,
    answer: oneshot::Sender<R>,
    span: Span,
}

/// A queue before a commit. Clones share it; when the last is dropped, the items that wait are still committed.
#[derive(Debug)]
pub struct GroupCommit<T, R> {
    queue: mpsc::Sender<Waiting<T, R>>,
    timeout: Duration,
    work: Work,
}

impl<T, R> Clone for GroupCommit<T, R> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), timeout: self.timeout, work: self.work }
    }
}

impl<T: Send + 'static, R: Send + 'static> GroupCommit<T, R> {
    /// Starts a queue on the current tokio runtime. `commit` receives a batch, makes it durable, and returns one result
    /// per item, in their order. Batches follow each other; never more than one runs.
    pub fn start<C, F>(work: Work, limits: Limits, commit: C) -> Self
    where
        C: Fn(Vec<T>) -> F + Send + Sync + 'static,
        F: Future<Output = Vec<R>> + Send + 'static,
    {
        let (queue, waiting) = mpsc::channel(limits.queue);
        tokio::spawn(serve(work, waiting, limits.batch, commit));
        Self { queue, timeout: limits.timeout, work }
    }

    /// Adds an item to the queue and waits for its result.
    pub async fn submit(&self, item: T) -> Result<R, SubmitError> {
        let (answer, result) = oneshot::channel();
        // Covers the wait for the commit before, which a trace should show.
        let span = self.work.span();
        self.queue.try_send(Waiting { item, answer, span: span.clone() }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SubmitError::QueueFull,
            mpsc::error::TrySendError::Closed(_) => SubmitError::Aborted,
        })?;
        match tokio::time::timeout(self.timeout, result).instrument(span).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(_)) => Err(SubmitError::Aborted),
            Err(_) => Err(SubmitError::Timeout),
        }
    }
}

async fn serve<T, R, C, F>(work: Work, mut waiting: mpsc::Receiver<Waiting<T, R>>, most: usize, commit: C)
where
    T: Send + 'static,
    R: Send + 'static,
    C: Fn(Vec<T>) -> F,
    F: Future<Output = Vec<R>> + Send + 'static,
{
    let (queue_length, batch_size) = (work.queue_length(), work.batch_size());
    let mut taken = Vec::with_capacity(most);
    while waiting.recv_many(&mut taken, most).await > 0 {
        queue_length.set(count(waiting.len()));
        let (items, answers): (Vec<T>, Vec<_>) = taken
            .drain(..)
            .filter(|waiting| !waiting.answer.is_closed())
            .map(|waiting| (waiting.item, (waiting.answer, waiting.span)))
            .unzip();
        if items.is_empty() {
            continue;
        }
        let size = count(items.len());
        batch_size.record(size);
        for (_, span) in &answers {
            span.record("batch.size", size);
        }
        // In a task of its own: a commit that panics ends its batch, not the queue.
        match tokio::spawn(commit(items)).await {
            Ok(results) => {
                for ((answer, _), result) in answers.into_iter().zip(results) {
                    // The caller may be gone.
                    drop(answer.send(result));
                }
            }
            Err(error) => tracing::error!(%error, "a commit panicked"),
        }
    }
}

/// Returns a length for the metrics.
fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
