//! Many callers, one commit.
//!
//! A commit costs a trip to the disk, whether it carries one row or a hundred. So what callers [`submit`] while a
//! commit is on its way waits, and goes with the next one, together. An idle queue adds no wait: its first item is
//! committed at once, alone. The pattern is the group commit of database logs.
//!
//! A question to the database costs a round trip, whether it is about one row or a hundred: what many ask at a time can
//! share one in the same way.
//!
//! [`submit`]: GroupCommit::submit

use std::future::Future;
use std::time::Duration;

use metrics::{Gauge, Histogram};
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument, Span, field};

/// What a queue is for, where it is measured and traced.
#[derive(Debug, Clone, Copy)]
pub enum Work {
    /// Messages that wait for a commit.
    Sends,
    /// Questions that wait for a look into the database.
    Looks,
}

impl Work {
    fn queue_length(self) -> Gauge {
        match self {
            Self::Sends => metrics::gauge!("parlor_send_queue_length"),
            Self::Looks => metrics::gauge!("parlor_look_queue_length"),
        }
    }

    fn batch_size(self) -> Histogram {
        match self {
            Self::Sends => metrics::histogram!("parlor_send_batch_size"),
            Self::Looks => metrics::histogram!("parlor_look_batch_size"),
        }
    }

    fn span(self) -> Span {
        match self {
            Self::Sends => tracing::info_span!(target: "parlor::traces", "commit", batch.size = field::Empty),
            Self::Looks => tracing::info_span!(target: "parlor::traces", "look", batch.size = field::Empty),
        }
    }
}

/// How large a queue and its batches may grow, and how long an answer may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most items that share a commit.
    pub batch: usize,
    /// The most items that wait; more are turned away at once.
    pub queue: usize,
    /// The longest that a caller waits. An item whose caller gave up before its commit began is left out.
    pub patience: Duration,
}

/// Why an item got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// The queue is full; the item was not committed.
    #[error("too many are waiting for a commit")]
    Full,
    /// No answer in time; whether the item was committed is unknown.
    #[error("no answer from the commit in time")]
    Late,
    /// The commit broke off, or the queue has been shut down; whether the item was committed is unknown.
    #[error("the commit broke off")]
    Gone,
}

struct Waiting<T, R> {
    item: T,
    answer: oneshot::Sender<R>,
    span: Span,
}

/// A queue before a commit. Clones share it; when the last is dropped, what waits is still committed.
#[derive(Debug)]
pub struct GroupCommit<T, R> {
    queue: mpsc::Sender<Waiting<T, R>>,
    patience: Duration,
    work: Work,
}

impl<T, R> Clone for GroupCommit<T, R> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), patience: self.patience, work: self.work }
    }
}

impl<T: Send + 'static, R: Send + 'static> GroupCommit<T, R> {
    /// Starts a queue on the current tokio runtime. `commit` gets a batch, makes it durable, and answers one result
    /// per item, in their order. Batches follow each other; there is never more than one on its way.
    pub fn start<C, F>(work: Work, limits: Limits, commit: C) -> Self
    where
        C: Fn(Vec<T>) -> F + Send + Sync + 'static,
        F: Future<Output = Vec<R>> + Send + 'static,
    {
        let (queue, waiting) = mpsc::channel(limits.queue);
        tokio::spawn(serve(work, waiting, limits.batch, commit));
        Self { queue, patience: limits.patience, work }
    }

    /// Hands in an item and waits for its result.
    pub async fn submit(&self, item: T) -> Result<R, Lost> {
        let (answer, result) = oneshot::channel();
        // From here to the answer: what waits for the commit before is part of what a trace should show.
        let span = self.work.span();
        self.queue.try_send(Waiting { item, answer, span: span.clone() }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Lost::Full,
            mpsc::error::TrySendError::Closed(_) => Lost::Gone,
        })?;
        match tokio::time::timeout(self.patience, result).instrument(span).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(_)) => Err(Lost::Gone),
            Err(_) => Err(Lost::Late),
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
        // In a task of its own: a commit that panics takes its batch with it, not the queue.
        match tokio::spawn(commit(items)).await {
            Ok(results) => {
                for ((answer, _), result) in answers.into_iter().zip(results) {
                    // A caller that went away meanwhile misses only the news.
                    drop(answer.send(result));
                }
            }
            Err(error) => tracing::error!(%error, "a commit broke off"),
        }
    }
}

/// A length as the metrics take it.
fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
