//! The migrations, embedded in the program.

use diesel::pg::Pg;
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use store_common::migrations::{MigrationStatus, Migrations};

use crate::pool::Database;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The lock under which one replica at a time migrates; "parlor" in ASCII. It ends with the connection.
const LOCK: &str = "SELECT pg_advisory_lock(123563833847666)";

pub(crate) async fn run_pending(database: &Database) -> anyhow::Result<Vec<String>> {
    let mut harness = harness(database).await?;
    Migrations::<Pg>::new(&MIGRATIONS)?.run_pending(&mut harness)
}

pub(crate) async fn revert_last(database: &Database) -> anyhow::Result<Option<String>> {
    let mut harness = harness(database).await?;
    Migrations::<Pg>::new(&MIGRATIONS)?.revert_last(&mut harness)
}

pub(crate) async fn list(database: &Database) -> anyhow::Result<Vec<MigrationStatus>> {
    let mut harness = harness(database).await?;
    Migrations::<Pg>::new(&MIGRATIONS)?.status(&mut harness)
}

/// Returns a connection that holds the lock. The harness blocks its thread, which Diesel's bridge allows on a
/// multi-threaded runtime only.
async fn harness(database: &Database) -> anyhow::Result<AsyncMigrationHarness<AsyncPgConnection>> {
    let mut connection = database.connect().await?;
    connection.batch_execute(LOCK).await?;
    Ok(AsyncMigrationHarness::new(connection))
}
