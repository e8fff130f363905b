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
use diesel::{ConnectionError, ConnectionResult, OptionalExtension, QueryableByName};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use domain::StoreError;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Options;
use crate::errors::{store_error, unavailable};
use crate::statement::{Statement, Typed};

/// How long a caller waits for a connection, and then for an answer. Together below the two seconds in which every
/// port answers.
const CONNECTION_PATIENCE: Duration = Duration::from_millis(600);
const ANSWER_PATIENCE: Duration = Duration::from_millis(1_200);

/// The server gives up a little before we do, so that it does not work for nobody; an abandoned transaction does not
/// hold its locks for ever; a statement sees what was committed while those before it waited for locks, and an answer
/// means "on disk", whatever the server's defaults are. And where nobody has said otherwise: a block out of turn costs
/// little more than the next, as in memory and on SSDs (the default is from the time of turning disks; with it, small
/// joins read whole tables); and a statement is planned once, not at every run, which takes longer than most of ours do
/// (PostgreSQL would: it takes a `LIMIT $3` that it does not know for a large one). `tests/plans` shows that those plans
/// read no more than others.
const SESSION: &str = "SET statement_timeout = 1100; SET lock_timeout = 1000;
    SET idle_in_transaction_session_timeout = 10000; SET TIME ZONE 'UTC';
    SET default_transaction_isolation = 'read committed';
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
    SELECT set_config('random_page_cost', '1.1', false) WHERE current_setting('random_page_cost') = '4';
    SELECT set_config('plan_cache_mode', 'force_generic_plan', false) WHERE current_setting('plan_cache_mode') = 'auto'";

type Connections = AsyncDieselConnectionManager<AsyncPgConnection>;

/// How to connect.
struct Server {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Server {
    async fn connect(&self) -> ConnectionResult<AsyncPgConnection> {
        match &self.tls {
            Some(tls) => self.connect_by(tls.clone()).await,
            None => self.connect_by(NoTls).await,
        }
    }

    async fn connect_by<T>(&self, tls: T) -> ConnectionResult<AsyncPgConnection>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let (client, connection) = self.dial(tls).await?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }

    /// The client below Diesel, driven by a task of its own.
    async fn client(&self) -> ConnectionResult<Client> {
        match &self.tls {
            Some(tls) => self.client_by(tls.clone()).await,
            None => self.client_by(NoTls).await,
        }
    }

    async fn client_by<T>(&self, tls: T) -> ConnectionResult<Client>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let (client, connection) = self.dial(tls).await?;
        // The client hears how it ended.
        tokio::spawn(connection);
        Ok(client)
    }

    async fn dial<T>(&self, tls: T) -> ConnectionResult<(Client, Connection<Socket, T::Stream>)>
    where
        T: MakeTlsConnect<Socket>,
    {
        // The error's own words are "error connecting to server"; what it comes from says why.
        let bad = |error: tokio_postgres::Error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            ConnectionError::BadConnection(format!("{error}{}", cause.unwrap_or_default()))
        };
        self.config.connect(tls).await.map_err(bad)
    }
}

/// The pool, and the runtime that drives its connections: they outlive the request, and the worker thread, that asked
/// for them first.
pub(crate) struct Database {
    pool: Pool<Connections>,
    server: Arc<Server>,
    runtime: Handle,
}

impl Database {
    pub(crate) fn open(options: &Options) -> anyhow::Result<Self> {
        let mut config: Config =
            options.url.parse().context("the URL of the PostgreSQL database is wrong")?;
        config.connect_timeout(Duration::from_secs(5)).keepalives_idle(Duration::from_mins(1));
        if config.get_application_name().is_none() {
            config.application_name("parlor");
        }
        let tls = crate::tls::connector(&config, options.ca_file.as_deref())?;
        let server = Arc::new(Server { config, tls });
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
            Timeouts { wait: Some(CONNECTION_PATIENCE), create: Some(CONNECTION_PATIENCE), recycle: None };
        let pool = Pool::builder(AsyncDieselConnectionManager::new_with_config("", manager))
            .max_size(options.pool_size)
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(Self { pool, server, runtime })
    }

    /// A connection of the pool.
    pub(crate) async fn link(&self) -> Result<Link, StoreError> {
        let connection = timeout(CONNECTION_PATIENCE, self.pool.get()).await;
        let connection = connection.map_err(|_| unavailable("none in time"))?.map_err(unavailable)?;
        Ok(Link { connection: Some(connection), in_transaction: false, runtime: self.runtime.clone() })
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

    /// Every row of a statement.
    pub(crate) async fn rows<Row>(&self, statement: Statement) -> Result<Vec<Row>, StoreError>
    where
        Row: QueryableByName<Pg> + Send + 'static,
    {
        self.link().await?.rows(statement).await
    }

    /// The one row of a statement, if there is one.
    pub(crate) async fn row<Row>(&self, statement: Statement) -> Result<Option<Row>, StoreError>
    where
        Row: QueryableByName<Pg> + Send + 'static,
    {
        self.link().await?.row(statement).await
    }

    /// Runs a statement on its own; answers how many rows it touched.
    pub(crate) async fn execute(&self, statement: Statement) -> Result<usize, StoreError> {
        Link::execute(&mut self.link().await?, statement).await
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

/// A connection in use. One that does not answer in time is closed; one that is dropped inside a transaction is rolled
/// back before the pool has it again.
pub(crate) struct Link {
    connection: Option<Object<Connections>>,
    in_transaction: bool,
    runtime: Handle,
}

impl Link {
    pub(crate) async fn rows<Row>(&mut self, statement: Statement) -> Result<Vec<Row>, StoreError>
    where
        Row: QueryableByName<Pg> + Send + 'static,
    {
        let answer = timeout(ANSWER_PATIENCE, statement.load(self.connection()?)).await;
        self.answered(answer)
    }

    pub(crate) async fn typed_rows<Types, Row>(
        &mut self,
        statement: Typed<Types>,
    ) -> Result<Vec<Row>, StoreError>
    where
        Pg: QueryMetadata<Types>,
        Types: CompatibleType<Row, Pg> + Send + Sync + 'static,
        Row: FromSqlRow<<Types as CompatibleType<Row, Pg>>::SqlType, Pg> + Send + 'static,
    {
        let answer = timeout(ANSWER_PATIENCE, statement.load(self.connection()?)).await;
        self.answered(answer)
    }

    pub(crate) async fn row<Row>(&mut self, statement: Statement) -> Result<Option<Row>, StoreError>
    where
        Row: QueryableByName<Pg> + Send + 'static,
    {
        let connection = self.connection()?;
        let answer =
            timeout(ANSWER_PATIENCE, async { statement.get_result(connection).await.optional() }).await;
        self.answered(answer)
    }

    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<usize, StoreError> {
        let answer = timeout(ANSWER_PATIENCE, statement.execute(self.connection()?)).await;
        self.answered(answer)
    }

    pub(crate) async fn begin(&mut self) -> Result<(), StoreError> {
        self.in_transaction = true;
        let answer = timeout(ANSWER_PATIENCE, self.connection()?.batch_execute("BEGIN")).await;
        self.answered(answer)
    }

    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        let answer = timeout(ANSWER_PATIENCE, self.connection()?.batch_execute("COMMIT")).await;
        self.answered(answer)?;
        self.in_transaction = false;
        Ok(())
    }

    fn connection(&mut self) -> Result<&mut Object<Connections>, StoreError> {
        self.connection.as_mut().ok_or_else(|| unavailable("it was closed"))
    }

    fn answered<T>(
        &mut self,
        answer: Result<diesel::QueryResult<T>, tokio::time::error::Elapsed>,
    ) -> Result<T, StoreError> {
        if let Ok(result) = answer {
            return result.map_err(store_error);
        }
        // What it still has to say would be taken for the answer to the next question.
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
        Err(StoreError::Unavailable("the database does not answer in time".into()))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take().filter(|_| self.in_transaction) else { return };
        self.runtime.spawn(async move {
            let rolled_back = timeout(ANSWER_PATIENCE, connection.batch_execute("ROLLBACK")).await;
            if !matches!(rolled_back, Ok(Ok(()))) {
                // The server rolls back when the connection is gone.
                drop(Object::take(connection));
            }
        });
    }
}
