//! The shared store: Diesel over PostgreSQL, one database for any number of replicas.
//!
//! Every answer comes within two seconds, if need be as [`StoreError::Unavailable`](domain::StoreError); the pool
//! reconnects by itself. The files mirror the ports of the domain, and those of `infra-sqlite`.

mod accounts;
mod append;
mod audit;
mod changes;
mod errors;
mod files;
mod housekeeping;
mod invitations;
mod members;
mod messages;
mod migrations;
mod pool;
mod revisions;
mod rooms;
mod rosters;
mod rows;
mod statement;
mod tables;
mod tls;
mod unit_of_work;
mod window;

use std::path::PathBuf;
use std::sync::Arc;

use group_commit::GroupCommit;

use append::{Append, Outcome};
pub use migrations::MigrationStatus;
use pool::Database;
pub use tables::{source, target};

/// Which database, and how to reach it.
#[derive(Debug, Clone)]
pub struct Options {
    /// `postgres://user:password@host:port/database?sslmode=…`.
    pub url: String,
    /// The most connections that are open at a time.
    pub pool_size: usize,
    /// A PEM file of the authorities that may vouch for the server, instead of the system's.
    pub ca_file: Option<PathBuf>,
}

/// Every store port of the domain, on one PostgreSQL database. Clones share its connections.
#[derive(Clone)]
pub struct PostgresStore {
    database: Arc<Database>,
    appends: GroupCommit<Append, Outcome>,
    revisions: revisions::Revisions,
    names: window::Names,
}

impl PostgresStore {
    /// Prepares the pool, on the current multi-threaded runtime, which drives every connection. Does not connect yet
    /// and does not migrate. Fails where the options make no sense.
    pub fn open(options: &Options) -> anyhow::Result<Self> {
        let database = Arc::new(Database::open(options)?);
        let appends = append::start(database.clone());
        let revisions = revisions::Revisions::start(database.clone());
        Ok(Self { database, appends, revisions, names: window::Names::new() })
    }

    /// Every migration this program knows, oldest first.
    pub async fn migrations(&self) -> anyhow::Result<Vec<MigrationStatus>> {
        migrations::list(&self.database).await
    }

    /// Runs what is pending; answers the names. Replicas that start together wait for each other.
    pub async fn migrate(&self) -> anyhow::Result<Vec<String>> {
        migrations::run_pending(&self.database).await
    }

    /// Reverts the latest; answers its name, or nothing where none is applied.
    pub async fn revert(&self) -> anyhow::Result<Option<String>> {
        migrations::revert_last(&self.database).await
    }

    /// What the database server takes for the present moment.
    pub async fn now(&self) -> Result<domain::Timestamp, domain::StoreError> {
        let row: Option<rows::MomentRow> = self.database.row(statement::sql("SELECT now() AS at")).await?;
        row.map_or_else(|| Err(domain::StoreError::Corrupt("no time".into())), |row| rows::moment(row.at))
    }

    /// Sets the gauges of the connection pool.
    pub fn report_metrics(&self) {
        self.database.report_metrics();
    }
}
