//! The schema's history, embedded in the program.

use anyhow::anyhow;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel_async::{AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::pool::Database;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Whoever holds this lock moves the schema; "parlor" in ASCII. It ends with the connection.
const LOCK: &str = "SELECT pg_advisory_lock(123563833847666)";

/// A migration, and whether the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// The name of its folder.
    pub name: String,
    /// Whether it was run.
    pub applied: bool,
}

pub(crate) async fn run_pending(database: &Database) -> anyhow::Result<Vec<String>> {
    locked(database, |harness| {
        let run = harness.run_pending_migrations(MIGRATIONS).map_err(|error| anyhow!(error))?;
        run.iter().map(name_of).collect()
    })
    .await
}

pub(crate) async fn revert_last(database: &Database) -> anyhow::Result<Option<String>> {
    locked(database, |harness| {
        if harness.applied_migrations().map_err(|error| anyhow!(error))?.is_empty() {
            return Ok(None);
        }
        let reverted = harness.revert_last_migration(MIGRATIONS).map_err(|error| anyhow!(error))?;
        name_of(&reverted).map(Some)
    })
    .await
}

pub(crate) async fn list(database: &Database) -> anyhow::Result<Vec<MigrationStatus>> {
    locked(database, |harness| {
        let applied = harness.applied_migrations().map_err(|error| anyhow!(error))?;
        let mut known: Vec<_> = known()?
            .iter()
            .map(|migration| MigrationStatus {
                applied: applied.contains(&migration.name().version()),
                name: migration.name().to_string(),
            })
            .collect();
        known.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(known)
    })
    .await
}

fn known() -> anyhow::Result<Vec<Box<dyn Migration<Pg>>>> {
    MIGRATIONS.migrations().map_err(|error| anyhow!(error))
}

/// The folder's name of a version, which Diesel knows by its number.
fn name_of(version: &MigrationVersion<'_>) -> anyhow::Result<String> {
    let known = known()?;
    let found = known.iter().find(|migration| migration.name().version() == *version);
    Ok(found.map_or_else(|| version.to_string(), |migration| migration.name().to_string()))
}

/// Runs work on a connection that holds the lock. The harness blocks its thread, which Diesel's bridge allows on a
/// multi-threaded runtime only.
async fn locked<T: Send + 'static>(
    database: &Database,
    work: impl FnOnce(&mut AsyncMigrationHarness<diesel_async::AsyncPgConnection>) -> anyhow::Result<T>
    + Send
    + 'static,
) -> anyhow::Result<T> {
    let mut connection = database.connect().await?;
    connection.batch_execute(LOCK).await?;
    work(&mut AsyncMigrationHarness::new(connection))
}
