//! Units of work: a transaction of the writer, one call at a time. The `…Writes` ports are implemented in the file of
//! their concept.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::connection::SimpleConnection;
use diesel::sqlite::Sqlite;
use diesel::{QueryableByName, SqliteConnection};
use domain::audit::AuditEntry;
use domain::store::{Store, UnitOfWork};
use domain::{Refusal, SessionId, StoreError, Timestamp, UserId};
use store_common::audit_log;
use store_common::rows::Row;
use store_common::statements;
use store_common::user_locks::{UserLock, UserLocks};

use crate::SqliteStore;
use crate::errors::store_error;
use crate::pool::{Database, PooledConnection, blocking};
use crate::query::{self, Statement};

/// The writer inside a transaction. However it ends without a commit, it rolls back before the connection returns to
/// the pool: the work itself owns it while a call runs, so that even a caller that is dropped in the middle of one
/// leaves no transaction behind.
struct Transaction {
    connection: Option<PooledConnection>,
}

impl Transaction {
    fn begin(mut connection: PooledConnection) -> Result<Self, StoreError> {
        connection.batch_execute("BEGIN IMMEDIATE").map_err(store_error)?;
        Ok(Self { connection: Some(connection) })
    }

    fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.connection.as_deref_mut().ok_or_else(ended)
    }

    fn commit(mut self) -> Result<(), StoreError> {
        self.connection()?.batch_execute("COMMIT").map_err(store_error)?;
        self.connection = None;
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(mut connection) = self.connection.take()
            && let Err(error) = connection.batch_execute("ROLLBACK")
        {
            tracing::warn!(%error, "a transaction could not be rolled back; its connection is closed");
            drop(PooledConnection::take(connection));
        }
    }
}

fn ended() -> StoreError {
    StoreError::Corrupt("the unit of work has ended".into())
}

/// A unit of work over SQLite.
pub(crate) struct SqliteUnitOfWork {
    transaction: Option<Transaction>,
    database: Arc<Database>,
    /// `false` until its first call.
    used: bool,
    user_locks: Arc<UserLocks>,
    /// The lock of a user whose bytes the unit locks.
    user_lock: Option<UserLock>,
    /// The audit events so far, which the log shows after the commit.
    pub(crate) audited: Vec<AuditEntry>,
}

impl SqliteUnitOfWork {
    /// Runs work in the transaction, on a thread for blocking work.
    pub(crate) async fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.used = true;
        let mut transaction = self.transaction.take().ok_or_else(ended)?;
        let (transaction, result) = blocking(move || {
            let result = transaction.connection().and_then(work);
            Ok((transaction, result))
        })
        .await?;
        self.transaction = Some(transaction);
        result
    }

    /// Waits, without the only writer, while another unit changes the bytes of the same user, and keeps the lock to its end. A
    /// unit that has done something already keeps the writer, which excludes the others.
    pub(crate) async fn lock_bytes(&mut self, user: UserId) -> Result<(), StoreError> {
        self.user_lock = self.user_locks.try_lock(user);
        if self.user_lock.is_some() || self.used {
            return Ok(());
        }
        let waiting = self.transaction.take();
        blocking(move || {
            drop(waiting);
            Ok(())
        })
        .await?;
        self.user_lock = Some(self.user_locks.lock(user).await?);
        self.transaction = Some(begun(&self.database).await?);
        Ok(())
    }

    /// Returns the value of the first row, if there is one.
    pub(crate) async fn one<R>(&mut self, statement: Statement) -> Result<Option<R::Value>, StoreError>
    where
        R: Row + QueryableByName<Sqlite>,
    {
        self.run(move |c| query::one::<R>(c, statement)).await
    }

    /// Returns the count `n` of the one row.
    pub(crate) async fn number(&mut self, statement: Statement) -> Result<i64, StoreError> {
        self.run(move |c| query::number(c, statement)).await
    }

    /// Runs a statement; returns the number of rows that it changed.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<usize, StoreError> {
        self.run(move |c| query::execute(c, statement)).await
    }
}

async fn begun(database: &Database) -> Result<Transaction, StoreError> {
    let connection = database.writer().await?;
    blocking(move || Transaction::begin(connection)).await
}

impl SqliteStore {
    fn unit_of_work(&self, transaction: Transaction) -> SqliteUnitOfWork {
        SqliteUnitOfWork {
            transaction: Some(transaction),
            database: self.database.clone(),
            used: false,
            user_locks: self.user_locks.clone(),
            user_lock: None,
            audited: vec![],
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        Ok(Box::new(self.unit_of_work(begun(&self.database).await?)))
    }

    async fn begin_in(&self, session: SessionId, now: Timestamp) -> domain::Result<Box<dyn UnitOfWork>> {
        let connection = self.database.writer().await?;
        let begun = blocking(move || {
            let mut transaction = Transaction::begin(connection)?;
            let standing = query::number(transaction.connection()?, statements::session_count(session, now))?;
            Ok((standing > 0).then_some(transaction))
        });
        Ok(Box::new(self.unit_of_work(begun.await?.ok_or(Refusal::Unauthenticated)?)))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.database.read(|c| c.batch_execute("SELECT 1 FROM rooms LIMIT 1").map_err(store_error)).await
    }
}

#[async_trait]
impl UnitOfWork for SqliteUnitOfWork {
    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        let transaction = self.transaction.take().ok_or_else(ended)?;
        let audited = self.audited;
        blocking(move || {
            transaction.commit()?;
            audit_log::log(&audited);
            Ok(())
        })
        .await
    }
}
