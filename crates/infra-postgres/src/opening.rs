//! Opens the connections of the pool: with the settings of a session or, where a pooler may give every transaction another
//! session, with settings for each transaction.

use std::fmt::Display;
use std::sync::Arc;

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use diesel::connection::CacheSize;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolError, RecyclingMethod,
};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tokio::runtime::Handle;
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use crate::server::{ConnectError, Server};

/// The settings of a session, or of a transaction. The server times out a little before the caller does, so that no
/// abandoned statement keeps running; an abandoned transaction, such as that of a stopped replica, soon releases its locks; a statement sees what was committed
/// while those before it waited for locks, and an answer means "on disk", whatever the server's defaults are. Unless the
/// server is configured otherwise, a random read costs little more than a sequential one, as in memory and on SSDs (the
/// default suits spinning disks; with it, small joins read whole tables); and a statement is planned once, not at every
/// run, which takes longer than most of them (PostgreSQL would replan: it takes an unknown `LIMIT $3` for a large one).
/// `tests/plans` shows that these plans read no more than others.
macro_rules! settings {
    ($scope:literal, $is_local:literal) => {
        concat!(
            "SET ",
            $scope,
            " statement_timeout = 1100; SET ",
            $scope,
            " lock_timeout = 1000; SET ",
            $scope,
            " idle_in_transaction_session_timeout = 2000; SET ",
            $scope,
            " TIME ZONE 'UTC'; SET ",
            $scope,
            " jit = off; SET ",
            $scope,
            " max_parallel_workers_per_gather = 0; SET ",
            $scope,
            " default_transaction_isolation = 'read committed';
            SELECT set_config('synchronous_commit', 'on', ",
            $is_local,
            ")
                WHERE current_setting('synchronous_commit') = 'off';
            SELECT set_config('random_page_cost', '1.1', ",
            $is_local,
            ")
                WHERE current_setting('random_page_cost') = '4';
            SELECT set_config('plan_cache_mode', 'force_generic_plan', ",
            $is_local,
            ")
                WHERE current_setting('plan_cache_mode') = 'auto'"
        )
    };
}

const SESSION: &str = settings!("SESSION", "false");
/// In a session of a pooler another program may have left prepared statements with the names that this one gives to its own.
const TRANSACTION: &str =
    concat!("BEGIN ISOLATION LEVEL READ COMMITTED; DEALLOCATE ALL; ", settings!("LOCAL", "true"));
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
const SNAPSHOT_TRANSACTION: &str =
    concat!("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; DEALLOCATE ALL; ", settings!("LOCAL", "true"));

/// The period for which the server keeps what a client sets and prepares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// As long as the connection.
    Session,
    /// For a transaction, because a pooler gives the next one to another session: every statement runs in one, with the
    /// settings, and no prepared statement outlives it.
    Transaction,
}

impl State {
    /// Returns the statements that begin a transaction.
    pub(crate) fn begin(self) -> &'static str {
        match self {
            Self::Session => "BEGIN",
            Self::Transaction => TRANSACTION,
        }
    }

    /// Returns the statements that begin a transaction which only reads, all as of one moment.
    pub(crate) fn begin_snapshot(self) -> &'static str {
        match self {
            Self::Session => SNAPSHOT,
            Self::Transaction => SNAPSHOT_TRANSACTION,
        }
    }
}

/// Opens connections, on the runtime that drives them, and says which may be used again.
pub(crate) struct Connections {
    server: Arc<Server>,
    runtime: Handle,
    state: State,
    /// Tells which connections are broken.
    reuse: AsyncDieselConnectionManager<AsyncPgConnection>,
}

/// An open connection.
pub(crate) struct Opened {
    pub(crate) connection: AsyncPgConnection,
    /// True where the database only read when it was opened. A session remembers that, though the database may write again.
    only_reads: bool,
}

impl Connections {
    pub(crate) fn new(server: Arc<Server>, runtime: Handle, state: State) -> Self {
        let mut config = ManagerConfig::default();
        config.recycling_method = RecyclingMethod::Fast;
        let reuse = AsyncDieselConnectionManager::new_with_config("", config);
        Self { server, runtime, state, reuse }
    }

    /// Opens a connection without the settings, for migrations.
    pub(crate) async fn open_bare(&self) -> Result<AsyncPgConnection, ConnectError> {
        let (server, state) = (self.server.clone(), self.state);
        self.spawned(async move {
            let client = server.connect().await?;
            begin_setup(&client, state, "").await?;
            set_up(client, state).await
        })
        .await
    }

    async fn spawned<T: Send + 'static>(
        &self,
        opening: impl Future<Output = Result<T, ConnectError>> + Send + 'static,
    ) -> Result<T, ConnectError> {
        self.runtime.spawn(opening).await.map_err(|error| ConnectError::Away(error.to_string()))?
    }
}

/// Begins the transaction in which Diesel sets the connection up, where statements of one session must be in one, or applies
/// the settings to the session. Returns true where the database only reads.
async fn begin_setup(client: &Client, state: State, settings: &str) -> Result<bool, ConnectError> {
    let text = match state {
        State::Session => format!("{settings}; SHOW transaction_read_only"),
        State::Transaction => "BEGIN; DEALLOCATE ALL; SHOW transaction_read_only".to_owned(),
    };
    let answers = client.simple_query(&text).await.map_err(|error| ConnectError::new(&error))?;
    // The settings answer too.
    let only_reads = |row: &SimpleQueryRow| matches!(row.try_get("transaction_read_only"), Ok(Some("on")));
    Ok(answers.iter().any(|answer| matches!(answer, SimpleQueryMessage::Row(row) if only_reads(row))))
}

/// Returns the connection for Diesel, which prepares and runs a few statements before it returns.
async fn set_up(client: Client, state: State) -> Result<AsyncPgConnection, ConnectError> {
    let away = |error: &dyn Display| ConnectError::Away(error.to_string());
    let mut connection = AsyncPgConnection::try_from(client).await.map_err(|error| away(&error))?;
    if state == State::Transaction {
        connection.batch_execute("ROLLBACK").await.map_err(|error| away(&error))?;
        connection.set_prepared_statement_cache_size(CacheSize::Disabled);
    }
    Ok(connection)
}

impl Manager for Connections {
    type Type = Opened;
    type Error = PoolError;

    async fn create(&self) -> Result<Opened, PoolError> {
        let (server, state) = (self.server.clone(), self.state);
        let opening = self.spawned(async move {
            let client = server.connect().await?;
            let only_reads = begin_setup(&client, state, SESSION).await?;
            Ok(Opened { connection: set_up(client, state).await?, only_reads })
        });
        opening.await.map_err(|error| PoolError::ConnectionError(error.into()))
    }

    async fn recycle(&self, opened: &mut Opened, metrics: &Metrics) -> RecycleResult<PoolError> {
        if opened.only_reads {
            return Err(RecycleError::message("the database only read when it was opened"));
        }
        self.reuse.recycle(&mut opened.connection, metrics).await
    }
}
