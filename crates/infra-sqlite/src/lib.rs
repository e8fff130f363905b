//! The embedded store: Diesel over bundled SQLite.
//!
//! One connection writes and several read (WAL); all work runs on threads for blocking work, never on those that serve
//! requests. `synchronous=FULL`: what is answered is on disk. The files mirror the ports of the domain.

mod accounts;
mod append;
mod audit;
mod backup;
mod changes;
mod errors;
mod files;
mod housekeeping;
mod invitations;
mod members;
mod messages;
mod migrations;
mod plain;
mod pool;
mod rooms;
mod rosters;
mod rows;
mod schema;
mod tables;
mod unit_of_work;

use std::path::PathBuf;
use std::sync::Arc;

use group_commit::GroupCommit;

use append::{Append, Outcome};
pub use backup::{Restored, back_up, restore};
pub use migrations::MigrationStatus;
use pool::Database;
pub use tables::{source, target};

/// Where the database is, and how many may read it at a time.
#[derive(Debug, Clone)]
pub struct Options {
    /// The database file; its folder is made where it is missing.
    pub path: PathBuf,
    /// How many connections read.
    pub readers: usize,
}

/// Every store port of the domain, on one SQLite file. Clones share it.
#[derive(Clone)]
pub struct SqliteStore {
    database: Arc<Database>,
    appends: GroupCommit<Append, Outcome>,
}

impl SqliteStore {
    /// Opens the file, or makes it. Does not migrate.
    pub async fn open(options: Options) -> anyhow::Result<Self> {
        let database = Arc::new(Database::open(options).await?);
        let appends = append::start(database.clone());
        Ok(Self { database, appends })
    }

    /// Every migration this program knows, oldest first.
    pub async fn migrations(&self) -> anyhow::Result<Vec<MigrationStatus>> {
        migrations::list(&self.database).await
    }

    /// Runs what is pending; answers the names.
    pub async fn migrate(&self) -> anyhow::Result<Vec<String>> {
        migrations::run_pending(&self.database).await
    }

    /// Reverts the latest; answers its name, or nothing where none is applied.
    pub async fn revert(&self) -> anyhow::Result<Option<String>> {
        migrations::revert_last(&self.database).await
    }

    /// Sets the gauges of the connection pools.
    pub fn report_metrics(&self) {
        self.database.report_metrics();
    }
}
