//! The migrations, embedded in the program.

use diesel::pg::Pg;
use diesel_async::{
    AnsiTransactionManager, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection,
    TransactionManager,
};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use store_common::migrations::{MigrationStatus, Migrations};
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::Unreachable;
use crate::errors::is_temporary;
use crate::pool::Database;
use crate::server::ConnectError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The lock under which one replica at a time migrates; "parlor" in ASCII. It ends with the transaction.
const LOCK: &str = "SELECT pg_advisory_xact_lock(123563833847666)";

const EXISTS: &str = "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL";
const APPLIED: &str = "SELECT version FROM __diesel_schema_migrations ORDER BY version";

/// Applies the pending migrations, all in one transaction. Changes nothing, and needs no right to, where none is pending.
pub(crate) async fn run_pending(database: &Database) -> anyhow::Result<Vec<String>> {
    if list(database).await?.iter().all(|migration| migration.applied) {
        return Ok(Vec::new());
    }
    let run = async {
        let mut harness = harness(database).await?;
        let run = Migrations::<Pg>::new(&MIGRATIONS)?.run_pending(&mut harness)?;
        commit(harness).await?;
        Ok(run)
    };
    run.await.map_err(|error: anyhow::Error| {
        let text = format!("{error:#}");
        if is_temporary(&text) { Unreachable(text).into() } else { error }
    })
}

pub(crate) async fn revert_last(database: &Database) -> anyhow::Result<Option<String>> {
    let mut harness = harness(database).await?;
    let reverted = Migrations::<Pg>::new(&MIGRATIONS)?.revert_last(&mut harness)?;
    commit(harness).await?;
    Ok(reverted)
}

pub(crate) async fn list(database: &Database) -> anyhow::Result<Vec<MigrationStatus>> {
    list_by(&database.client().await?).await
}

/// Lists the migrations over that connection, by statements that need no session.
pub(crate) async fn list_by(client: &Client) -> anyhow::Result<Vec<MigrationStatus>> {
    let applied = applied(client).await.map_err(|error| ConnectError::new(&error))?;
    Ok(Migrations::<Pg>::new(&MIGRATIONS)?.status_where(&applied))
}

/// Returns the versions of the applied migrations, none in a database without the table of them.
async fn applied(client: &Client) -> Result<Vec<String>, tokio_postgres::Error> {
    let exists = first_column(client, EXISTS).await?;
    if exists != ["t"] {
        return Ok(Vec::new());
    }
    first_column(client, APPLIED).await
}

async fn first_column(client: &Client, query: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    let answers = client.simple_query(query).await?;
    let values = answers.iter().filter_map(|answer| match answer {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    Ok(values.collect())
}

/// Returns a connection in a transaction that holds the lock. The harness blocks its thread, which Diesel's bridge allows on
/// a multi-threaded runtime only.
async fn harness(database: &Database) -> anyhow::Result<AsyncMigrationHarness<AsyncPgConnection>> {
    let mut connection = database.connect().await?;
    // Once it has waited for the lock, it must see what was committed meanwhile.
    AnsiTransactionManager::begin_transaction_sql(&mut connection, "BEGIN ISOLATION LEVEL READ COMMITTED")
        .await?;
    connection.batch_execute(LOCK).await?;
    Ok(AsyncMigrationHarness::new(connection))
}

async fn commit(harness: AsyncMigrationHarness<AsyncPgConnection>) -> anyhow::Result<()> {
    Ok(AnsiTransactionManager::commit_transaction(&mut harness.into_inner()).await?)
}
