//! Writes of a connection: they run to their end in a task of their own, whatever becomes of the connection.

use tokio::task::JoinError;
use tracing::Instrument;

use super::Sessions;

/// The target of every span that is traced; `store-common` has it too.
pub const TRACED: &str = "parlor::traces";

/// A write of use cases, which can run in a task of its own.
pub trait Write<T>: Future<Output = domain::Result<T>> + Send + 'static {}

impl<T, W: Future<Output = domain::Result<T>> + Send + 'static> Write<T> for W {}

impl Sessions {
    /// Runs a write to its end, even if the caller stops waiting for it.
    pub async fn finish<T: Send + 'static>(&self, write: impl Write<T>) -> domain::Result<T> {
        ended(self.runtime.spawn(traced(write)).await)
    }

    /// The same on the caller's thread, for a write that does little but wait for a commit that many share: to wake another thread
    /// for it, and then this one again, would cost more than the write.
    pub async fn finish_here<T: Send + 'static>(&self, write: impl Write<T>) -> domain::Result<T> {
        ended(tokio::spawn(traced(write)).await)
    }
}

/// Gives a write its own span, and that of the request, which lines of the log carry.
fn traced<T>(write: impl Future<Output = T>) -> impl Future<Output = T> {
    write.instrument(tracing::info_span!(target: TRACED, "write")).in_current_span()
}

fn ended<T>(write: Result<domain::Result<T>, JoinError>) -> domain::Result<T> {
    write.unwrap_or_else(|error| {
        Err(domain::StoreError::Corrupt(format!("a write broke off: {error}")).into())
    })
}
