//! The migrations, embedded in the program.

use diesel::SqliteConnection;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use store_common::migrations::Migrations;

use crate::pool::Database;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// Runs work with the migrations on the writer.
pub(crate) async fn with_writer<T: Send + 'static>(
    database: &Database,
    work: impl FnOnce(&Migrations<Sqlite>, &mut SqliteConnection) -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let mut writer = database.writer().await?;
    tokio::task::spawn_blocking(move || work(&known()?, &mut writer)).await?
}

/// Returns every migration that this program knows.
pub(crate) fn known() -> anyhow::Result<Migrations<Sqlite>> {
    Migrations::new(&MIGRATIONS)
}
