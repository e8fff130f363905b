//! Finds out for how long the server keeps a session: a pooler may give every transaction, or statement, another one.
//!
//! Nothing is left behind in a session, which may be another client's next. Each session has a process of its own, so the
//! numbers of the processes tell: two connections never share one unless a pooler stands between, and a connection keeps
//! its own unless a pooler gave it away. A pooler with one session shows the former, one with many under load the latter.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, SimpleQueryMessage};

use crate::server::ConnectError;

/// The period for which a connection keeps its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sessions {
    /// As long as it is open.
    Kept,
    /// For a transaction.
    PerTransaction,
    /// For a statement: the pooler refuses transactions.
    PerStatement,
}

/// Comparisons: where other clients use the pooler, one alone may find every session where it was.
const ROUNDS: u32 = 8;

/// The time for a statement, which waits where the pooler has no session left.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Compares the sessions of two connections that have just been opened.
pub(super) async fn examine(one: &Client, other: &Client) -> Result<Sessions, ConnectError> {
    for _ in 0..ROUNDS {
        let first = process(one, "").await?;
        // Two statements in a row, for poolers that take turns.
        let second = process(one, "").await?;
        let held = match process(other, "BEGIN; ").await {
            // PostgreSQL has no reason to answer `BEGIN` so.
            Err(Failure::Answer(error)) if error.code() == Some(&SqlState::PROTOCOL_VIOLATION) => {
                return Ok(Sessions::PerStatement);
            }
            held => held?,
        };
        let mut shared = held == first || first != second;
        if !shared {
            shared = process(one, "").await? != first;
        }
        process(other, "ROLLBACK; ").await?;
        if shared {
            return Ok(Sessions::PerTransaction);
        }
    }
    Ok(Sessions::Kept)
}

enum Failure {
    Answer(Error),
    /// No answer in time.
    Silence,
}

impl From<Failure> for ConnectError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Answer(error) => Self::new(&error),
            Failure::Silence => Self::Away(format!(
                "a statement on a second connection had no answer within {} seconds: a pooler needs a session for \
                 each connection (default_pool_size)",
                TIMEOUT.as_secs()
            )),
        }
    }
}

/// Identifies the process that serves the connection, after the statements that precede the question.
async fn process(client: &Client, before: &str) -> Result<String, Failure> {
    // Two servers behind one name may have processes of one number.
    let query = format!("{before}SELECT concat(pg_backend_pid(), ' ', pg_postmaster_start_time())");
    let answers = timeout(TIMEOUT, client.simple_query(&query)).await.map_err(|_| Failure::Silence)?;
    let answers = answers.map_err(Failure::Answer)?;
    let row = answers.iter().find_map(|answer| match answer {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(row.unwrap_or_default().to_owned())
}
