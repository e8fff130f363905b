//! The embedded store: Diesel over bundled SQLite.
//!
//! One connection writes and several read (WAL), others list and search; all work runs on threads for blocking work, never on those that serve
//! requests. `synchronous=FULL`: an answered write is on disk. The files mirror the ports of the domain; what they share
//! with `infra-postgres` stands in `store-common`.

mod accounts;
mod admin;
mod append;
mod audit;
mod backup;
mod changes;
mod database_file;
mod deadline;
mod errors;
mod extras;
mod files;
mod housekeeping;
mod idempotency;
mod invitations;
mod journal;
mod members;
mod mentions;
mod messages;
mod migrations;
mod opening;
mod pool;
mod query;
mod quotas;
mod read_marks;
mod rooms;
mod rosters;
mod scans;
mod search;
mod shared;
mod sync;
mod tables;
mod unit_of_work;
mod words;

use std::path::PathBuf;
use std::sync::Arc;

use append::Appends;
pub use backup::{Restored, back_up, restore};
use pool::Database;
use shared::Shared;
use store_common::migrations::{MigrationStatus, Migrations};
use store_common::user_locks::UserLocks;
pub use tables::{source, target};

/// The database file and the number of its readers.
#[derive(Debug, Clone)]
pub struct Options {
    /// The database file; its folder is created where it is missing.
    pub path: PathBuf,
    /// The number of connections that read.
    pub readers: usize,
}

/// Every store port of the domain, on one SQLite file. Clones share it.
#[derive(Clone)]
pub struct SqliteStore {
    database: Arc<Database>,
    appends: Appends,
    shared: Shared,
    user_locks: Arc<UserLocks>,
}

impl SqliteStore {
    /// Opens the file, or creates it. Does not migrate.
    pub async fn open(options: Options) -> anyhow::Result<Self> {
        let database = Arc::new(Database::open(options).await?);
        let appends = append::start(database.clone());
        let shared = Shared::start(&database);
        Ok(Self { database, appends, shared, user_locks: Arc::default() })
    }

    /// Returns every migration that this program knows, oldest first.
    pub async fn migrations(&self) -> anyhow::Result<Vec<MigrationStatus>> {
        migrations::with_writer(&self.database, Migrations::status).await
    }

    /// Applies the pending migrations; returns their names.
    pub async fn migrate(&self) -> anyhow::Result<Vec<String>> {
        migrations::with_writer(&self.database, Migrations::run_pending).await
    }

    /// Reverts the latest migration; returns its name, or `None` where none is applied.
    pub async fn revert(&self) -> anyhow::Result<Option<String>> {
        migrations::with_writer(&self.database, Migrations::revert_last).await
    }

    /// Copies the journal into the file, so that it alone is the database: after the last write. Returns `false` where another
    /// program reads an earlier state.
    pub async fn finish(&self) -> Result<bool, domain::StoreError> {
        let mut writer = self.database.writer().await?;
        pool::blocking(move || journal::empty(&mut writer)).await
    }

    /// Sets the gauges of the connection pools.
    pub fn report_metrics(&self) {
        self.database.report_metrics();
    }
}
