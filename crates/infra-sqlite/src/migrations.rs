//! The schema's history, embedded in the program.

use anyhow::anyhow;
use diesel::SqliteConnection;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::pool::Database;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// A migration, and whether the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// The name of its folder.
    pub name: String,
    /// Whether it was run.
    pub applied: bool,
}

pub(crate) async fn run_pending(database: &Database) -> anyhow::Result<Vec<String>> {
    with_writer(database, run).await
}

/// Runs what is pending; answers the names.
pub(crate) fn run(connection: &mut SqliteConnection) -> anyhow::Result<Vec<String>> {
    let run = connection.run_pending_migrations(MIGRATIONS).map_err(|error| anyhow!(error))?;
    run.iter().map(name_of).collect()
}

pub(crate) async fn revert_last(database: &Database) -> anyhow::Result<Option<String>> {
    with_writer(database, |connection| {
        if connection.applied_migrations().map_err(|error| anyhow!(error))?.is_empty() {
            return Ok(None);
        }
        let reverted = connection.revert_last_migration(MIGRATIONS).map_err(|error| anyhow!(error))?;
        name_of(&reverted).map(Some)
    })
    .await
}

pub(crate) async fn list(database: &Database) -> anyhow::Result<Vec<MigrationStatus>> {
    with_writer(database, status).await
}

/// Every migration that this program knows, oldest first.
pub(crate) fn status(connection: &mut SqliteConnection) -> anyhow::Result<Vec<MigrationStatus>> {
    let applied = connection.applied_migrations().map_err(|error| anyhow!(error))?;
    let mut known: Vec<_> = known()?
        .iter()
        .map(|migration| MigrationStatus {
            applied: applied.contains(&migration.name().version()),
            name: migration.name().to_string(),
        })
        .collect();
    known.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(known)
}

/// The versions of migrations that the database has and this program does not know: a later one's.
pub(crate) fn unknown(connection: &mut SqliteConnection) -> anyhow::Result<Vec<String>> {
    let known = known()?;
    let applied = connection.applied_migrations().map_err(|error| anyhow!(error))?;
    let unknown = applied.iter().filter(|version| !known.iter().any(|one| one.name().version() == **version));
    Ok(unknown.map(ToString::to_string).collect())
}

fn known() -> anyhow::Result<Vec<Box<dyn Migration<Sqlite>>>> {
    MIGRATIONS.migrations().map_err(|error| anyhow!(error))
}

/// The folder's name of a version, which Diesel knows by its number.
fn name_of(version: &MigrationVersion<'_>) -> anyhow::Result<String> {
    let known = known()?;
    let found = known.iter().find(|migration| migration.name().version() == *version);
    Ok(found.map_or_else(|| version.to_string(), |migration| migration.name().to_string()))
}

async fn with_writer<T: Send + 'static>(
    database: &Database,
    work: impl FnOnce(&mut SqliteConnection) -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let mut writer = database.writer().await?;
    tokio::task::spawn_blocking(move || work(&mut writer)).await?
}
