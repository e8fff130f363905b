//! The shared store: Diesel over PostgreSQL, one database for any number of replicas.
//!
//! Every call returns within two seconds, if need be [`StoreError::Unavailable`](domain::StoreError); the pool reconnects
//! by itself. The files mirror the ports of the domain; what they share with `infra-sqlite` stands in `store-common`.

mod accounts;
mod admin;
mod append;
mod audit;
mod changes;
mod errors;
mod extras;
mod files;
mod housekeeping;
mod idempotency;
mod invitations;
mod location;
mod members;
mod mentions;
mod messages;
mod migrations;
mod opening;
mod pool;
mod quotas;
mod read_marks;
mod requirements;
mod revisions;
mod room_locks;
mod rooms;
mod rosters;
mod search;
mod searches;
mod server;
mod shared_lists;
mod shared_windows;
mod standings;
mod sync;
mod tables;
mod tls;
mod unit_of_work;
mod window;
mod words;

use std::path::PathBuf;
use std::sync::Arc;

use append::Appends;
use diesel::QueryableByName;
use domain::{StoreError, Timestamp};
use pool::Database;
pub use requirements::{REQUIREMENTS, Requirement, Verdict};
use store_common::migrations::MigrationStatus;
use store_common::rows::Row;
use store_common::sql_types::Moment;
use store_common::statement::sql;
use store_common::user_locks::UserLocks;
pub use tables::{source, target};

/// The reason why the database can't be used now, though a later attempt may succeed. Every other error of the start is
/// permanent.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(String);

/// The database, and how to reach it.
#[derive(Debug, Clone)]
pub struct Options {
    /// `postgres://user:password@host:port/database?sslmode=…`.
    pub url: String,
    /// The most connections that are open at a time.
    pub pool_size: usize,
    /// A PEM file of CA certificates for the server, instead of the system's. `sslrootcert` in the URL wins.
    pub ca_file: Option<PathBuf>,
    /// `false` for a pooler that gives every transaction another session: nothing is prepared or set for longer.
    pub prepare: bool,
}

/// Every store port of the domain, on one PostgreSQL database. Clones share its connections.
#[derive(Clone)]
pub struct PostgresStore {
    database: Arc<Database>,
    appends: Appends,
    revisions: revisions::Revisions,
    standings: standings::Standings,
    names: window::Names,
    user_locks: Arc<UserLocks>,
    searches: Arc<searches::Searches>,
    lists: shared_lists::SharedLists,
    windows: shared_windows::SharedWindows,
}

impl PostgresStore {
    /// Creates the pool, on the current multi-threaded runtime, which drives every connection. Does not connect yet
    /// and does not migrate. Fails where the options are invalid.
    pub fn open(options: &Options) -> anyhow::Result<Self> {
        let database = Arc::new(Database::open(options)?);
        let names = window::Names::new();
        let appends = append::start(database.clone(), names.clone());
        let revisions = revisions::Revisions::start(database.clone());
        let standings = standings::Standings::start(database.clone());
        let user_locks = Arc::default();
        let searches = Arc::new(searches::Searches::new((options.pool_size / 4).max(1)));
        let lists = shared_lists::Lists {
            database: database.clone(),
            names: names.clone(),
            searches: searches.clone(),
        };
        let lists = shared_lists::SharedLists::start(lists);
        let windows = shared_windows::SharedWindows::start(database.clone());
        Ok(Self { database, appends, revisions, standings, names, user_locks, searches, lists, windows })
    }

    /// Returns every migration that this program knows, oldest first.
    pub async fn migrations(&self) -> anyhow::Result<Vec<MigrationStatus>> {
        migrations::list(&self.database).await
    }

    /// Applies the pending migrations; returns their names. Replicas that start together wait for each other.
    pub async fn migrate(&self) -> anyhow::Result<Vec<String>> {
        migrations::run_pending(&self.database).await
    }

    /// Reverts the latest migration; returns its name, or `None` where none is applied.
    pub async fn revert(&self) -> anyhow::Result<Option<String>> {
        migrations::revert_last(&self.database).await
    }

    /// Returns the time of the database server.
    pub async fn now(&self) -> Result<Timestamp, StoreError> {
        let now = self.database.one::<MomentRow>(sql("SELECT now() AS at")).await?;
        now.ok_or_else(|| StoreError::Corrupt("no time".into()))
    }

    /// Sets the gauges of the connection pool.
    pub fn report_metrics(&self) {
        self.database.report_metrics();
    }
}

#[derive(QueryableByName)]
struct MomentRow {
    #[diesel(sql_type = Moment)]
    at: Timestamp,
}

impl Row for MomentRow {
    type Value = Timestamp;

    fn value(self) -> Result<Timestamp, StoreError> {
        Ok(self.at)
    }
}
