//! The schema's history, embedded in the program.

use anyhow::anyhow;
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
    with_writer(database, |connection| {
        let run = connection.run_pending_migrations(MIGRATIONS).map_err(|error| anyhow!(error))?;
        run.iter().map(name_of).collect()
    })
    .await
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
    with_writer(database, |connection| {
        let applied = connection.applied_migrations().map_err(|error| anyhow!(error))?;
        let known: Vec<Box<dyn Migration<Sqlite>>> =
            MIGRATIONS.migrations().map_err(|error| anyhow!(error))?;
        let mut known: Vec<_> = known
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

/// The folder's name of a version, which Diesel knows by its number.
fn name_of(version: &MigrationVersion<'_>) -> anyhow::Result<String> {
    let known: Vec<Box<dyn Migration<Sqlite>>> = MIGRATIONS.migrations().map_err(|error| anyhow!(error))?;
    let found = known.iter().find(|migration| migration.name().version() == *version);
    Ok(found.map_or_else(|| version.to_string(), |migration| migration.name().to_string()))
}

async fn with_writer<T: Send + 'static>(
    database: &Database,
    work: impl FnOnce(&mut diesel::SqliteConnection) -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let mut writer = database.writer().await?;
    tokio::task::spawn_blocking(move || work(&mut writer)).await?
}
