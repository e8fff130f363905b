//! Connections, and how statements run on them.

mod begin;
mod together;

use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Object, Pool, Timeouts};
use diesel::deserialize::FromSqlRow;
use diesel::expression::QueryMetadata;
use diesel::pg::Pg;
use diesel::query_dsl::CompatibleType;
use diesel::{OptionalExtension, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use domain::{Page, StoreError};
use store_common::rows::{CountRow, Row, count};
use store_common::statement::Typed;
use tokio::runtime::Handle;
use tokio::time::{Instant, error::Elapsed, timeout, timeout_at};
use tokio_postgres::Client;

use crate::Options;
use crate::errors::{is_read_only, store_error, unavailable};
use crate::opening::{Connections, State};
use crate::room_locks::RoomLocks;
use crate::server::{ConnectError, Server};

/// The time a caller waits for a connection, and then for an answer: together less than the two seconds in which every
/// port answers.
const CONNECTION_TIMEOUT: Duration = Duration::from_millis(600);
const ANSWER_TIMEOUT: Duration = Duration::from_millis(1_200);

/// The pool, and the runtime that drives its connections: they outlive the request, and the worker thread, that first
/// acquired them.
pub(crate) struct Database {
    pool: Pool<Connections>,
    server: Arc<Server>,
    runtime: Handle,
    state: State,
    /// The locks of rooms that units of work wait for.
    pub(crate) room_locks: RoomLocks,
}

impl Database {
    pub(crate) fn open(options: &Options) -> anyhow::Result<Self> {
        let server = Arc::new(Server::new(options)?);
        let runtime = Handle::current();
        let state = if options.prepare { State::Session } else { State::Transaction };
        let timeouts =
            Timeouts { wait: Some(CONNECTION_TIMEOUT), create: Some(CONNECTION_TIMEOUT), recycle: None };
        let pool = Pool::builder(Connections::new(server.clone(), runtime.clone(), state))
            .max_size(options.pool_size)
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .build()?;
        let room_locks = RoomLocks::new((options.pool_size / 4).max(1));
        Ok(Self { pool, server, runtime, state, room_locks })
    }

    /// Returns the number of rooms that are locked, slow or damaged into which messages are stored at a time, each on a
    /// connection: at least two where the pool allows it, so that one of them does not delay all others.
    pub(crate) fn lone_rooms(&self) -> usize {
        let size = self.pool.status().max_size;
        (size / 4).max(2).min(size / 2).max(1)
    }

    /// A connection of the pool.
    pub(crate) async fn connection(&self) -> Result<Connection, StoreError> {
        let inner = timeout(CONNECTION_TIMEOUT, self.pool.get()).await;
        let inner = inner.map_err(|_| unavailable("none in time"))?.map_err(unavailable)?;
        Ok(Connection {
            inner: Some(inner),
            in_transaction: false,
            state: self.state,
            runtime: self.runtime.clone(),
        })
    }

    /// A connection of its own, without the pool's time limits and settings: for migrations.
    pub(crate) async fn connect(&self) -> Result<AsyncPgConnection, ConnectError> {
        self.pool.manager().open_bare().await
    }

    /// The client below Diesel, without the pool's time limits: for copies and the examination at the start.
    pub(crate) async fn client(&self) -> Result<Client, ConnectError> {
        self.server.connect().await
    }

    /// Returns true where statements are prepared for as long as a connection is open.
    pub(crate) fn prepares(&self) -> bool {
        self.state == State::Session
    }

    /// Closes the idle connections: they may remember a former state of the database.
    pub(crate) fn close_idle(&self) {
        drop(self.pool.retain(|_, _| false));
    }

    /// Returns the value of the first row, if there is one.
    pub(crate) async fn one<R>(&self, statement: Statement) -> Result<Option<R::Value>, StoreError>
    where
        R: Row + QueryableByName<Pg>,
    {
        self.connection().await?.one::<R>(statement).await
    }

    /// Returns the values of all rows.
    pub(crate) async fn all<R>(&self, statement: Statement) -> Result<Vec<R::Value>, StoreError>
    where
        R: Row + QueryableByName<Pg>,
    {
        self.connection().await?.all::<R>(statement).await
    }

    /// Returns a page of a list, and the total of the list.
    pub(crate) async fn page<R>(
        &self,
        total: Statement,
        listed: Statement,
    ) -> Result<Page<R::Value>, StoreError>
    where
        R: Row + QueryableByName<Pg>,
    {
        let mut connection = self.connection().await?;
        let total = count(connection.number(total).await?)?;
        Ok(Page { items: connection.all::<R>(listed).await?, total })
    }

    /// Runs a statement on its own; returns the number of rows that it changed.
    pub(crate) async fn execute(&self, statement: Statement) -> Result<usize, StoreError> {
        Connection::execute(&mut self.connection().await?, statement).await
    }

    pub(crate) fn report_metrics(&self) {
        let status = self.pool.status();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let idle = status.available.min(status.size);
        metrics::gauge!("parlor_pool_connections", "pool" => "postgres", "state" => "idle").set(count(idle));
        metrics::gauge!("parlor_pool_connections", "pool" => "postgres", "state" => "in_use")
            .set(count(status.size - idle));
        metrics::gauge!("parlor_pool_waiting", "pool" => "postgres").set(count(status.waiting));
    }
}

pub(crate) type Statement = store_common::statement::Statement<Pg>;

/// A pooled connection. One that does not answer in time is closed; one that is dropped inside a transaction is rolled
/// back before it returns to the pool.
pub(crate) struct Connection {
    inner: Option<Object<Connections>>,
    in_transaction: bool,
    state: State,
    runtime: Handle,
}

impl Connection {
    /// Returns the values of all rows.
    pub(crate) async fn all<R>(&mut self, statement: Statement) -> Result<Vec<R::Value>, StoreError>
    where
        R: Row + QueryableByName<Pg>,
    {
        let alone = self.enter().await?;
        let answer = timeout_at(alone.deadline, statement.load(self.inner()?)).await;
        let rows: Vec<R> = self.leave(alone, answer).await?;
        rows.into_iter().map(R::value).collect()
    }

    /// Returns all rows of a statement whose columns are read by position.
    pub(crate) async fn typed_rows<Types, Row>(
        &mut self,
        statement: Typed<Pg, Types>,
    ) -> Result<Vec<Row>, StoreError>
    where
        Pg: QueryMetadata<Types>,
        Types: CompatibleType<Row, Pg> + Send + Sync + 'static,
        Row: FromSqlRow<<Types as CompatibleType<Row, Pg>>::SqlType, Pg> + Send + 'static,
    {
        let alone = self.enter().await?;
        let answer = timeout_at(alone.deadline, statement.load(self.inner()?)).await;
        self.leave(alone, answer).await
    }

    /// Returns the value of the first row, if there is one.
    pub(crate) async fn one<R>(&mut self, statement: Statement) -> Result<Option<R::Value>, StoreError>
    where
        R: Row + QueryableByName<Pg>,
    {
        let alone = self.enter().await?;
        let inner = self.inner()?;
        let first = async { statement.get_result(inner).await.optional() };
        let answer = timeout_at(alone.deadline, first).await;
        let row: Option<R> = self.leave(alone, answer).await?;
        row.map(R::value).transpose()
    }

    /// Returns the count `n` of the one row.
    pub(crate) async fn number(&mut self, statement: Statement) -> Result<i64, StoreError> {
        Ok(self.one::<CountRow>(statement).await?.unwrap_or_default())
    }

    /// Runs a statement; returns the number of rows that it changed.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<usize, StoreError> {
        let alone = self.enter().await?;
        let answer = timeout_at(alone.deadline, statement.execute(self.inner()?)).await;
        self.leave(alone, answer).await
    }

    /// Rolls the transaction back, and returns the connection to the pool.
    pub(crate) async fn roll_back(&mut self) -> Result<(), StoreError> {
        self.end("ROLLBACK", Instant::now() + ANSWER_TIMEOUT).await?;
        self.inner = None;
        Ok(())
    }

    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        self.end("COMMIT", Instant::now() + ANSWER_TIMEOUT).await
    }

    /// Closes the connection instead of returning it to the pool.
    pub(crate) fn close(&mut self) {
        if let Some(connection) = self.inner.take() {
            drop(Object::take(connection));
        }
    }

    async fn end(&mut self, statement: &'static str, deadline: Instant) -> Result<(), StoreError> {
        let answer = timeout_at(deadline, self.inner()?.batch_execute(statement)).await;
        self.answered(answer)?;
        self.in_transaction = false;
        Ok(())
    }

    /// Begins a transaction for one statement, where only a transaction has the settings and none is open.
    async fn enter(&mut self) -> Result<Alone, StoreError> {
        let deadline = Instant::now() + ANSWER_TIMEOUT;
        let transaction = self.state == State::Transaction && !self.in_transaction;
        if transaction {
            self.begin_by(self.state.begin(), deadline).await?;
        }
        Ok(Alone { deadline, transaction })
    }

    /// Ends that transaction and returns the answer.
    async fn leave<T>(
        &mut self,
        alone: Alone,
        answer: Result<diesel::QueryResult<T>, Elapsed>,
    ) -> Result<T, StoreError> {
        let answer = self.answered(answer);
        if alone.transaction && self.inner.is_some() {
            let statement = if answer.is_ok() { "COMMIT" } else { "ROLLBACK" };
            let ended = self.end(statement, alone.deadline).await;
            // The statement's own error says more.
            return answer.and_then(|answer| ended.map(|()| answer));
        }
        answer
    }

    fn inner(&mut self) -> Result<&mut AsyncPgConnection, StoreError> {
        let inner = self.inner.as_mut().ok_or_else(|| unavailable("it was closed"))?;
        Ok(&mut inner.connection)
    }

    fn answered<T>(&mut self, answer: Result<diesel::QueryResult<T>, Elapsed>) -> Result<T, StoreError> {
        match answer {
            Ok(Err(error)) => {
                if is_read_only(&error) {
                    // Its session may remember that longer than the database is so.
                    self.close();
                }
                Err(store_error(error))
            }
            Ok(Ok(answer)) => Ok(answer),
            Err(_) => {
                // Its late answer would be taken for that to the next statement.
                self.close();
                Err(StoreError::Unavailable("the database does not answer in time".into()))
            }
        }
    }
}

/// A statement: the time by which it must be answered, and whether it has a transaction of its own.
struct Alone {
    deadline: Instant,
    transaction: bool,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(mut connection) = self.inner.take().filter(|_| self.in_transaction) else { return };
        self.runtime.spawn(async move {
            let rolled_back = timeout(ANSWER_TIMEOUT, connection.connection.batch_execute("ROLLBACK")).await;
            if !matches!(rolled_back, Ok(Ok(()))) {
                // The server rolls back when the connection is gone.
                drop(Object::take(connection));
            }
        });
    }
}
