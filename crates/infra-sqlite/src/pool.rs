//! Connections, and how work gets to run on them.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use deadpool::Runtime;
use deadpool::managed::{Object, Pool, Timeouts};
use diesel::sqlite::Sqlite;
use diesel::{QueryableByName, SqliteConnection};
use domain::StoreError;
use store_common::rows::Row;

use crate::Options;
use crate::deadline::{STATEMENT_TIMEOUT, WORK_TIMEOUT, within};
use crate::errors::unavailable;
use crate::journal::{self, Journal};
use crate::opening::{Opener, Purpose};
use crate::query::{self, Statement};
use crate::scans::{Scan, Scans};

/// The time a caller waits for a connection.
const CONNECTION_TIMEOUT: Duration = Duration::from_millis(1_500);

/// The time a caller waits for the only writer: as long as one transaction may take, so that a long one does not fail those
/// behind it, and a hundred short ones that come at once all have their turn.
const WRITER_TIMEOUT: Duration = WORK_TIMEOUT;

/// A pooled connection.
pub(crate) type PooledConnection = Object<Opener>;

/// One writer, several readers, others for lists and searches, and one that copies the journal.
pub(crate) struct Database {
    writer: Pool<Opener>,
    readers: Pool<Opener>,
    scans: Scans,
    journal: Journal,
}

impl Database {
    pub(crate) async fn open(options: Options) -> anyhow::Result<Self> {
        if let Some(folder) = options.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("can't create the folder {}", folder.display()))?;
        }
        make_private(&options.path);
        let writer = pool(&options.path, 1, Purpose::Writing)?;
        let beside = pool(&options.path, 1, Purpose::Reading)?;
        let database = Self {
            journal: Journal::start(beside, writer.clone(), journal::LONG),
            writer,
            readers: pool(&options.path, options.readers, Purpose::Reading)?,
            scans: Scans::new(&options.path)?,
        };
        drop(
            database
                .writer
                .get()
                .await
                .with_context(|| format!("can't open the SQLite database {}", options.path.display()))?,
        );
        Ok(database)
    }

    /// Returns the value of the first row, if there is one.
    pub(crate) async fn one<R>(&self, statement: Statement) -> Result<Option<R::Value>, StoreError>
    where
        R: Row + QueryableByName<Sqlite>,
    {
        self.read(move |c| query::one::<R>(c, statement)).await
    }

    /// Returns the values of all rows.
    pub(crate) async fn all<R>(&self, statement: Statement) -> Result<Vec<R::Value>, StoreError>
    where
        R: Row + QueryableByName<Sqlite>,
    {
        self.read(move |c| query::all::<R>(c, statement)).await
    }

    /// Runs work that only reads, by keys: each statement finds a bounded number of rows by an index.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut connection = self.readers.get().await.map_err(unavailable)?;
        blocking(move || within(WORK_TIMEOUT, || work(&mut connection))).await
    }

    /// Runs work that only reads, and reads more the more there is: its statements end in the middle when their time is over.
    pub(crate) async fn scan<T: Send + 'static>(
        &self,
        scan: Scan,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut connection = self.scans.pool(scan).get().await.map_err(unavailable)?;
        blocking(move || within(STATEMENT_TIMEOUT, || work(&mut connection))).await
    }

    /// Runs work in a transaction of the writer: committed where it succeeds, rolled back where not. Runs to its end even
    /// where the caller is dropped.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.attempt(work).await?
    }

    /// Runs work as [`write`](Self::write) does. The inner error is that of the work, which was rolled back; the outer one
    /// that of the transaction.
    pub(crate) async fn attempt<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Result<T, StoreError>, StoreError> {
        let mut connection = self.writer().await?;
        blocking(move || {
            let mut failure = None;
            let done = connection.immediate_transaction(|connection| {
                within(WORK_TIMEOUT, || work(connection)).map_err(|error| {
                    failure = Some(error);
                    diesel::result::Error::RollbackTransaction
                })
            });
            match (done, failure) {
                (Ok(value), _) => Ok(Ok(value)),
                (Err(_), Some(failure)) => Ok(Err(failure)),
                (Err(error), None) => Err(crate::errors::store_error(error)),
            }
        })
        .await
    }

    /// Acquires the one connection that writes.
    pub(crate) async fn writer(&self) -> Result<PooledConnection, StoreError> {
        self.journal.note_write();
        self.writer.timeout_get(&timeouts(WRITER_TIMEOUT)).await.map_err(unavailable)
    }

    pub(crate) fn report_metrics(&self) {
        let keyed = [("writer", &self.writer), ("reader", &self.readers)];
        for (name, pool) in keyed.into_iter().chain(self.scans.pools()) {
            let status = pool.status();
            let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let idle = status.available.min(status.size);
            metrics::gauge!("parlor_pool_connections", "pool" => name, "state" => "idle").set(count(idle));
            metrics::gauge!("parlor_pool_connections", "pool" => name, "state" => "in_use")
                .set(count(status.size - idle));
        }
    }
}

/// Creates the file readable by its owner only, like backups; the journal beside it takes its mode. Where this fails,
/// opening the file reports why.
fn make_private(path: &Path) {
    let _created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).is_ok();
}

pub(crate) fn pool(path: &Path, size: usize, purpose: Purpose) -> anyhow::Result<Pool<Opener>> {
    let path = path.to_str().context("the database path must be valid UTF-8")?.to_owned();
    Ok(Pool::builder(Opener { path, purpose })
        .max_size(size)
        .timeouts(timeouts(CONNECTION_TIMEOUT))
        .runtime(Runtime::Tokio1)
        .build()?)
}

fn timeouts(wait: Duration) -> Timeouts {
    Timeouts { wait: Some(wait), create: Some(CONNECTION_TIMEOUT), recycle: None }
}

/// Runs work on a thread for blocking work.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| StoreError::Corrupt(format!("database work panicked: {error}")))?
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;
    use diesel::prelude::*;
    use diesel::sql_query;
    use diesel::sql_types::{BigInt, Text};
    use store_common::statement::sql;
    use tempfile::TempDir;

    use super::*;
    use crate::errors::store_error;

    async fn database() -> (Database, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { path: folder.path().join("parlor.db"), readers: 2 };
        (Database::open(options).await.unwrap(), folder)
    }

    async fn run(database: &Database, sql: &'static str) -> Result<(), StoreError> {
        database.write(move |c| c.batch_execute(sql).map_err(store_error)).await
    }

    #[derive(QueryableByName)]
    struct SettingRow {
        #[diesel(sql_type = Text)]
        value: String,
    }

    #[tokio::test]
    async fn every_connection_syncs_its_commits_to_the_disk_and_enforces_foreign_keys() {
        let (database, _folder) = database().await;
        for connection in [database.writer().await.unwrap(), database.readers.get().await.unwrap()] {
            let mut connection = connection;
            for (setting, wanted) in [("synchronous", "2"), ("journal_mode", "wal"), ("foreign_keys", "1")] {
                let sql = format!("SELECT CAST({setting} AS TEXT) AS value FROM pragma_{setting}");
                let row: SettingRow = sql_query(sql).get_result(&mut *connection).unwrap();
                assert_eq!(row.value, wanted, "{setting}");
            }
        }
    }

    /// Both happen: a bug that panics, and a disk so full that SQLite itself ends the transaction.
    #[tokio::test]
    async fn a_transaction_that_is_left_open_does_not_block_the_only_writer() {
        let (database, _folder) = database().await;
        run(&database, "CREATE TABLE kept (n INTEGER)").await.unwrap();
        let panicked: Result<(), _> = database
            .write(|c| {
                c.batch_execute("INSERT INTO kept VALUES (1)").map_err(store_error)?;
                panic!("in the middle of a transaction")
            })
            .await;
        assert!(panicked.is_err());
        run(&database, "INSERT INTO kept VALUES (2)").await.unwrap();
        let ended_by_sqlite =
            run(&database, "INSERT INTO kept VALUES (3); ROLLBACK; INSERT INTO nowhere VALUES (4)");
        assert!(ended_by_sqlite.await.is_err());
        run(&database, "INSERT INTO kept VALUES (5)").await.unwrap();
        let kept = database.read(|c| query::number(c, sql("SELECT sum(n) AS n FROM kept")));
        assert_eq!(kept.await.unwrap(), 2 + 5);
    }

    #[tokio::test]
    async fn a_transaction_whose_time_is_over_is_rolled_back_and_the_writer_goes_on() {
        let (database, _folder) = database().await;
        run(&database, "CREATE TABLE kept (n INTEGER)").await.unwrap();
        let insert = |n: i64| -> Statement { sql("INSERT INTO kept VALUES (?1)").bind::<BigInt, _>(n) };
        let late = database.write(move |c| {
            query::execute(c, insert(1))?;
            within(Duration::ZERO, || query::execute(c, insert(2)))
        });
        assert!(matches!(late.await, Err(StoreError::Unavailable(_))));
        database.write(move |c| query::execute(c, insert(4))).await.unwrap();
        let kept = database.read(|c| query::number(c, sql("SELECT sum(n) AS n FROM kept")));
        assert_eq!(kept.await.unwrap(), 4);
    }

    #[tokio::test]
    async fn searches_of_strangers_wait_for_each_other_alone() {
        let (database, _folder) = database().await;
        let held = database.scans.pool(Scan::StrangersSearch).get().await.unwrap();
        assert_eq!(database.scans.pool(Scan::StrangersSearch).status().available, 0);
        let one = |c: &mut SqliteConnection| query::number(c, sql("SELECT 1 AS n"));
        assert_eq!(database.scan(Scan::Search, one).await.unwrap(), 1);
        assert_eq!(database.scan(Scan::List, one).await.unwrap(), 1);
        assert_eq!(database.read(one).await.unwrap(), 1);
        let waits = database.scan(Scan::StrangersSearch, one).await;
        assert!(matches!(waits, Err(StoreError::Unavailable(_))));
        drop(held);
        assert_eq!(database.scan(Scan::StrangersSearch, one).await.unwrap(), 1);
    }
}
