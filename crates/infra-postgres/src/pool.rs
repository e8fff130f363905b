//! Connections, and how statements run on them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use deadpool::Runtime;
use deadpool::managed::{Object, Pool, Timeouts};
use diesel::deserialize::FromSqlRow;
use diesel::expression::QueryMetadata;
use diesel::pg::Pg;
use diesel::query_dsl::CompatibleType;
use diesel::{ConnectionError, OptionalExtension, QueryableByName};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use domain::{Page, StoreError};
use store_common::rows::{CountRow, Row, count};
use store_common::statement::Typed;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_postgres::Client;

use crate::Options;
use crate::errors::{store_error, unavailable};
use crate::server::Server;

/// The time a caller waits for a connection, and then for an answer: together less than the two seconds in which every
/// port answers.
const CONNECTION_TIMEOUT: Duration = Duration::from_millis(600);
const ANSWER_TIMEOUT: Duration = Duration::from_millis(1_200);

/// The settings of a session. The server times out a little before the caller does, so that no abandoned statement keeps
/// running; an abandoned transaction releases its locks; a statement sees what was committed while those before it
/// waited for locks, and an answer means "on disk", whatever the server's defaults are. Unless the server is configured
/// otherwise, a random read costs little more than a sequential one, as in memory and on SSDs (the default suits spinning
/// disks; with it, small joins read whole tables); and a statement is planned once, not at every run, which takes longer
/// than most of them (PostgreSQL would replan: it takes an unknown `LIMIT $3` for a large one). `tests/plans` shows that
/// these plans read no more than others.
const SESSION: &str = "SET statement_timeout = 1100; SET lock_timeout = 1000;
    SET idle_in_transaction_session_timeout = 10000; SET TIME ZONE 'UTC';
    SET default_transaction_isolation = 'read committed';
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
    SELECT set_config('random_page_cost', '1.1', false) WHERE current_setting('random_page_cost') = '4';
    SELECT set_config('plan_cache_mode', 'force_generic_plan', false) WHERE current_setting('plan_cache_mode') = 'auto'";

type Connections = AsyncDieselConnectionManager<AsyncPgConnection>;

/// The pool, and the runtime that drives its connections: they outlive the request, and the worker thread, that first
/// acquired them.
pub(crate) struct Database {
    pool: Pool<Connections>,
    server: Arc<Server>,
    runtime: Handle,
}

impl Database {
    pub(crate) fn open(options: &Options) -> anyhow::Result<Self> {
        let server = Arc::new(Server::new(options)?);
        let runtime = Handle::current();
        let (to, on) = (server.clone(), runtime.clone());
        let mut manager = ManagerConfig::default();
        manager.recycling_method = RecyclingMethod::Fast;
        manager.custom_setup = Box::new(move |_| {
            let (to, on) = (to.clone(), on.clone());
            Box::pin(async move {
                let connecting = on.spawn(async move {
                    let mut connection = to.connect().await?;
                    let configured = connection.batch_execute(SESSION).await;
                    configured.map_err(ConnectionError::CouldntSetupConfiguration)?;
                    Ok(connection)
                });
                connecting.await.map_err(|error| ConnectionError::BadConnection(error.to_string()))?
            })
        });
        let timeouts =
            Timeouts { wait: Some(CONNECTION_TIMEOUT), create: Some(CONNECTION_TIMEOUT), recycle: None };
        let pool = Pool::builder(AsyncDieselConnectionManager::new_with_config("", manager))
            .max_size(options.pool_size)
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(Self { pool, server, runtime })
    }

    /// A connection of the pool.
    pub(crate) async fn connection(&self) -> Result<Connection, StoreError> {
        let inner = timeout(CONNECTION_TIMEOUT, self.pool.get()).await;
        let inner = inner.map_err(|_| unavailable("none in time"))?.map_err(unavailable)?;
        Ok(Connection { inner: Some(inner), in_transaction: false, runtime: self.runtime.clone() })
    }

    /// A connection of its own, without the pool's time limits: for migrations.
    pub(crate) async fn connect(&self) -> anyhow::Result<AsyncPgConnection> {
        let server = self.server.clone();
        let connecting = self.runtime.spawn(async move { server.connect().await });
        connecting.await?.context("can't reach the PostgreSQL database")
    }

    /// The client below Diesel, without the pool's time limits: for copies.
    pub(crate) async fn client(&self) -> anyhow::Result<Client> {
        self.server.client().await.context("can't reach the PostgreSQL database")
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
    runtime: Handle,
}

impl Connection {
    /// Returns the values of all rows.
    pub(crate) async fn all<R>(&mut self, statement: Statement) -> Result<Vec<R::Value>, StoreError>
    where
        R: Row + QueryableByName<Pg>,
    {
        let answer = timeout(ANSWER_TIMEOUT, statement.load(self.inner()?)).await;
        let rows: Vec<R> = self.answered(answer)?;
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
        let answer = timeout(ANSWER_TIMEOUT, statement.load(self.inner()?)).await;
        self.answered(answer)
    }

    /// Returns the value of the first row, if there is one.
    pub(crate) async fn one<R>(&mut self, statement: Statement) -> Result<Option<R::Value>, StoreError>
    where
        R: Row + QueryableByName<Pg>,
    {
        let inner = self.inner()?;
        let answer = timeout(ANSWER_TIMEOUT, async { statement.get_result(inner).await.optional() }).await;
        let row: Option<R> = self.answered(answer)?;
        row.map(R::value).transpose()
    }

    /// Returns the count `n` of the one row.
    pub(crate) async fn number(&mut self, statement: Statement) -> Result<i64, StoreError> {
        Ok(self.one::<CountRow>(statement).await?.unwrap_or_default())
    }

    /// Runs a statement; returns the number of rows that it changed.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<usize, StoreError> {
        let answer = timeout(ANSWER_TIMEOUT, statement.execute(self.inner()?)).await;
        self.answered(answer)
    }

    pub(crate) async fn begin(&mut self) -> Result<(), StoreError> {
        self.in_transaction = true;
        let answer = timeout(ANSWER_TIMEOUT, self.inner()?.batch_execute("BEGIN")).await;
        self.answered(answer)
    }

    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        let answer = timeout(ANSWER_TIMEOUT, self.inner()?.batch_execute("COMMIT")).await;
        self.answered(answer)?;
        self.in_transaction = false;
        Ok(())
    }

    fn inner(&mut self) -> Result<&mut Object<Connections>, StoreError> {
        self.inner.as_mut().ok_or_else(|| unavailable("it was closed"))
    }

    fn answered<T>(
        &mut self,
        answer: Result<diesel::QueryResult<T>, tokio::time::error::Elapsed>,
    ) -> Result<T, StoreError> {
        if let Ok(result) = answer {
            return result.map_err(store_error);
        }
        // Its late answer would be taken for that to the next statement.
        if let Some(connection) = self.inner.take() {
            drop(Object::take(connection));
        }
        Err(StoreError::Unavailable("the database does not answer in time".into()))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(mut connection) = self.inner.take().filter(|_| self.in_transaction) else { return };
        self.runtime.spawn(async move {
            let rolled_back = timeout(ANSWER_TIMEOUT, connection.batch_execute("ROLLBACK")).await;
            if !matches!(rolled_back, Ok(Ok(()))) {
                // The server rolls back when the connection is gone.
                drop(Object::take(connection));
            }
        });
    }
}
