//! Units of work: a transaction on one connection. The `…Writes` ports are implemented in the file of their concept.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::sql_types::Bool;
use domain::audit::AuditEntry;
use domain::store::{Store, UnitOfWork};
use domain::{Refusal, RoomId, SessionId, StoreError, Timestamp, UserId};
use store_common::audit_log;
use store_common::rows::{CountRow, Row};
use store_common::statement::sql;
use store_common::statements;
use store_common::user_locks::{UserLock, UserLocks};

use crate::PostgresStore;
use crate::pool::{Connection, Database, Statement};

/// A unit of work over PostgreSQL. Dropped, its connection rolls back.
pub(crate) struct PostgresUnitOfWork {
    connection: Connection,
    database: Arc<Database>,
    /// `false` until its first statement.
    used: bool,
    user_locks: Arc<UserLocks>,
    /// The lock of a user whose bytes the unit locks.
    user_lock: Option<UserLock>,
    /// The audit events so far, which the log shows after the commit.
    pub(crate) audited: Vec<AuditEntry>,
}

impl PostgresUnitOfWork {
    /// Locks a room and returns its value, `None` where it is not living. A unit that has done nothing yet gives its
    /// connection back while another transaction holds the lock.
    pub(crate) async fn lock_room<R>(&mut self, room: RoomId) -> Result<Option<R::Value>, StoreError>
    where
        R: Row + QueryableByName<Pg>,
    {
        let unused = !std::mem::replace(&mut self.used, true);
        let found = self.connection.one::<R>(try_lock_room(room)).await?;
        if found.is_some() || self.connection.number(statements::room_count(room)).await? == 0 {
            return Ok(found);
        }
        if unused {
            self.connection.roll_back().await?;
        }
        let database = self.database.clone();
        let locking = async {
            if unused {
                self.connection = begun(&database).await?;
            }
            self.connection.one::<R>(statements::lock_room(room)).await
        };
        database.room_locks.wait(room, locking).await
    }

    /// Waits until no other unit of this replica locks the bytes of the same user, and keeps the lock to its end. A unit that
    /// has done nothing yet waits without a connection.
    pub(crate) async fn lock_bytes(&mut self, user: UserId) -> Result<(), StoreError> {
        self.user_lock = self.user_locks.try_lock(user);
        if self.user_lock.is_some() {
            return Ok(());
        }
        let unused = !self.used;
        if unused {
            self.connection.roll_back().await?;
        }
        self.user_lock = Some(self.user_locks.lock(user).await?);
        if unused {
            self.connection = begun(&self.database).await?;
        }
        Ok(())
    }

    /// Returns the connection of the transaction.
    pub(crate) fn connection(&mut self) -> &mut Connection {
        self.used = true;
        &mut self.connection
    }

    /// Returns the value of the first row, if there is one.
    pub(crate) async fn one<R>(&mut self, statement: Statement) -> Result<Option<R::Value>, StoreError>
    where
        R: Row + QueryableByName<Pg>,
    {
        self.used = true;
        self.connection.one::<R>(statement).await
    }

    /// Returns the values of all rows.
    pub(crate) async fn all<R>(&mut self, statement: Statement) -> Result<Vec<R::Value>, StoreError>
    where
        R: Row + QueryableByName<Pg>,
    {
        self.used = true;
        self.connection.all::<R>(statement).await
    }

    /// Returns the count `n` of the one row.
    pub(crate) async fn number(&mut self, statement: Statement) -> Result<i64, StoreError> {
        self.used = true;
        self.connection.number(statement).await
    }

    /// Runs a statement; returns the number of rows that it changed.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<usize, StoreError> {
        self.used = true;
        self.connection.execute(statement).await
    }
}

async fn begun(database: &Database) -> Result<Connection, StoreError> {
    let mut connection = database.connection().await?;
    connection.begin().await?;
    Ok(connection)
}

/// Selects and locks a living room, unless another transaction has locked it.
fn try_lock_room(room: RoomId) -> Statement {
    statements::lock_room(room).followed_by(" SKIP LOCKED")
}

impl PostgresStore {
    fn unit_of_work(&self, connection: Connection) -> PostgresUnitOfWork {
        PostgresUnitOfWork {
            connection,
            database: self.database.clone(),
            used: false,
            user_locks: self.user_locks.clone(),
            user_lock: None,
            audited: vec![],
        }
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        Ok(Box::new(self.unit_of_work(begun(&self.database).await?)))
    }

    /// The session is looked up without a lock, as for messages: who holds one could delay the end of the session, and two who
    /// change a password of the same user could wait for each other.
    async fn begin_in(&self, session: SessionId, now: Timestamp) -> domain::Result<Box<dyn UnitOfWork>> {
        let mut connection = self.database.connection().await?;
        let standing = connection.begin_with::<CountRow>(statements::session_count(session, now)).await?;
        if standing != Some(1) {
            return Err(Refusal::Unauthenticated.into());
        }
        Ok(Box::new(self.unit_of_work(connection)))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let mut connection = self.database.connection().await?;
        if connection.one::<OnlyReadsRow>(sql(ONLY_READS)).await? == Some(true) {
            // New connections will tell when it writes again.
            connection.close();
            self.database.close_idle();
            return Err(StoreError::Unavailable(
                "the database only reads: it is a standby, or default_transaction_read_only is on".into(),
            ));
        }
        Ok(())
    }
}

/// Asks if this session only reads, or one that began now would: where the same is set for the server, the database and the
/// role, that of the role counts first. Asks for a table too, which is there once the migrations have run.
const ONLY_READS: &str = "SELECT current_setting('transaction_read_only')::bool OR coalesce((
        SELECT split_part(setting, '=', 2)::bool FROM pg_db_role_setting, unnest(setconfig) AS setting
        WHERE setting LIKE 'default\\_transaction\\_read\\_only=%' AND setrole IN (0, quote_ident(session_user)::regrole)
            AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
        ORDER BY setrole = 0, setdatabase = 0 LIMIT 1), false) AS only_reads,
    (SELECT 1 FROM rooms LIMIT 1) AS room";

#[derive(QueryableByName)]
struct OnlyReadsRow {
    #[diesel(sql_type = Bool)]
    only_reads: bool,
}

impl Row for OnlyReadsRow {
    type Value = bool;

    fn value(self) -> Result<bool, StoreError> {
        Ok(self.only_reads)
    }
}

#[async_trait]
impl UnitOfWork for PostgresUnitOfWork {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { connection, audited, .. } = *self;
        connection.commit().await?;
        audit_log::log(&audited);
        Ok(())
    }
}
