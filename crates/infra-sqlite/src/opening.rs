//! Opens the connections of the pools, with the settings of SQLite.

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::{Connection, SqliteConnection};

use crate::deadline;

/// `busy_timeout` comes first, because the others may have to wait; FULL, because an answer means "on disk".
const PRAGMAS: &str = "PRAGMA busy_timeout = 1500; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;";

/// The purpose of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Writing,
    Reading,
    /// Statements end when their time is over, which costs a call for each row.
    Scanning,
}

impl Purpose {
    /// The pages that a connection keeps, in kibibytes: those that a batch of messages changes, or the upper ones of the indexes.
    /// The operating system caches the file, once for all connections. The writer copies its journal itself only where it is twice
    /// as long as [`journal`](crate::journal) lets it become.
    fn pages(self) -> &'static str {
        match self {
            Self::Writing => "PRAGMA cache_size = -4000; PRAGMA wal_autocheckpoint = 16000",
            Self::Reading | Self::Scanning => "PRAGMA cache_size = -1000",
        }
    }
}

/// Opens the connections of a pool.
pub(crate) struct Opener {
    pub(crate) path: String,
    pub(crate) purpose: Purpose,
}

impl Manager for Opener {
    type Type = SqliteConnection;
    type Error = diesel::ConnectionError;

    async fn create(&self) -> Result<SqliteConnection, Self::Error> {
        let (path, purpose) = (self.path.clone(), self.purpose);
        let opened = tokio::task::spawn_blocking(move || {
            let mut connection = SqliteConnection::establish(&path)?;
            let set_up = |connection: &mut SqliteConnection| {
                connection.batch_execute(PRAGMAS)?;
                connection.batch_execute(purpose.pages())?;
                if purpose == Purpose::Scanning { deadline::guard(connection) } else { Ok(()) }
            };
            set_up(&mut connection).map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
            Ok(connection)
        });
        opened.await.map_err(|error| diesel::ConnectionError::BadConnection(error.to_string()))?
    }

    /// A connection whose transaction was left open is replaced: SQLite rolls back the transaction of a connection that is
    /// closed, and the only writer must not stay blocked.
    async fn recycle(&self, connection: &mut SqliteConnection, _: &Metrics) -> RecycleResult<Self::Error> {
        if AnsiTransactionManager::is_broken_transaction_manager(connection) {
            return Err(RecycleError::message("a transaction was left open"));
        }
        Ok(())
    }
}
