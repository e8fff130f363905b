//! The store that the settings name, SQLite or PostgreSQL, as one type.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use domain::store::StorePorts;
use infra_postgres::{PostgresStore, Unreachable};
use infra_sqlite::SqliteStore;

use crate::requirements::{self, Examined};
use crate::settings::{Database, Settings};
use crate::signing_key;

/// SQLite connections that read. More than two to four cores keep busy gain nothing.
const SQLITE_READERS: usize = 4;

/// A store of either kind. Clones share it.
#[derive(Clone)]
pub(crate) enum Backend {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

impl Backend {
    /// Returns true if one server at a time works on this store.
    pub(crate) fn is_of_one_process(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// Opens the store that the settings name, where a server has used it: in a wrong folder a command would otherwise make a new
    /// database, and act on that.
    pub(crate) async fn open_existing(settings: &Settings) -> anyhow::Result<Self> {
        if let Some(path) = Self::missing_file(settings) {
            bail!(no_database(&path));
        }
        let store = Self::open(settings).await?;
        if store.migrations().await?.iter().any(|(_, applied)| *applied) {
            return Ok(store);
        }
        match settings.database() {
            Database::Sqlite(path) => bail!(no_database(&path)),
            Database::Postgres(_) => bail!(
                "the database of DATABASE_URL has no tables of Parlor: name the server's database, or make the tables by \
                 `parlor migrate run`"
            ),
        }
    }

    /// Returns the file of the SQLite database that the settings name, where it does not exist yet.
    pub(crate) fn missing_file(settings: &Settings) -> Option<PathBuf> {
        match settings.database() {
            Database::Sqlite(path) if !path.exists() => Some(path),
            Database::Sqlite(_) | Database::Postgres(_) => None,
        }
    }

    /// Opens the store that the settings name. A file of SQLite that does not exist is made.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        match settings.database() {
            Database::Sqlite(path) => {
                if path.starts_with(&settings.data_dir) {
                    signing_key::create_data_dir(&settings.data_dir).with_context(|| {
                        format!("can't create the data directory {}", settings.data_dir.display())
                    })?;
                }
                let options = infra_sqlite::Options { path, readers: SQLITE_READERS };
                Ok(Self::Sqlite(SqliteStore::open(options).await?))
            }
            Database::Postgres(url) => {
                let options = infra_postgres::Options {
                    url: url.0,
                    pool_size: settings.database_pool,
                    ca_file: settings.database_ca.clone(),
                    prepare: settings.database_prepare,
                };
                let store =
                    PostgresStore::open(&options).context("can't use DATABASE_URL or PARLOR_DATABASE_CA")?;
                Ok(Self::Postgres(store))
            }
        }
    }

    /// Runs pending migrations, in a database that is as it must be, and returns their names.
    pub(crate) async fn migrate(&self) -> anyhow::Result<Vec<String>> {
        requirements::refuse(self.examine().await?)?;
        match self {
            Self::Sqlite(store) => store.migrate().await,
            Self::Postgres(store) => store.migrate().await,
        }
    }

    /// Completes the file of SQLite after the last write: an operator may copy it.
    pub(crate) async fn finish(&self) {
        let Self::Sqlite(store) = self else { return };
        match store.finish().await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!(
                    "another program reads the database: its journal (-wal) stays, and belongs to it"
                );
            }
            Err(error) => {
                tracing::warn!(%error, "the journal of the database (-wal) stays, and belongs to it");
            }
        }
    }

    /// Checks each requirement of the database. SQLite has none: to open a file is to examine it.
    pub(crate) async fn examine(&self) -> anyhow::Result<Vec<Examined>> {
        match self {
            Self::Sqlite(_) => Ok(Vec::new()),
            Self::Postgres(store) => {
                Ok(store.examine().await?.into_iter().map(requirements::of_database).collect())
            }
        }
    }

    /// Returns the name of every migration and whether it is applied, oldest first.
    pub(crate) async fn migrations(&self) -> anyhow::Result<Vec<(String, bool)>> {
        let known = match self {
            Self::Sqlite(store) => store.migrations().await?,
            Self::Postgres(store) => store.migrations().await?,
        };
        Ok(known.into_iter().map(|migration| (migration.name, migration.applied)).collect())
    }

    /// Reverts the latest migration and returns its name, `None` where no migration is applied.
    pub(crate) async fn revert(&self) -> anyhow::Result<Option<String>> {
        match self {
            Self::Sqlite(store) => store.revert().await,
            Self::Postgres(store) => store.revert().await,
        }
    }

    /// Sets the gauges of the connection pools.
    pub(crate) fn report_metrics(&self) {
        match self {
            Self::Sqlite(store) => store.report_metrics(),
            Self::Postgres(store) => store.report_metrics(),
        }
    }

    /// Returns the ports of the store.
    pub(crate) fn ports(&self) -> Arc<dyn StorePorts> {
        match self {
            Self::Sqlite(store) => Arc::new(store.clone()),
            Self::Postgres(store) => Arc::new(store.clone()),
        }
    }
}

/// Says that no server has used that file, and what to do.
fn no_database(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    format!(
        "there is no database {}: run this in the server's folder, or name its settings by --config, --data-dir or DATABASE_URL; \
         `parlor serve` or `parlor migrate run` makes a new one",
        path.display()
    )
}

/// Attempts to reach a PostgreSQL server at the start, half a second apart.
const ATTEMPTS: u32 = 20;

/// Runs pending migrations. Retries while PostgreSQL is unreachable, because server and database are often started together;
/// every other error is permanent.
pub(crate) async fn migrate_when_reachable(store: &Backend) -> anyhow::Result<()> {
    let mut attempts_left = ATTEMPTS;
    loop {
        match store.migrate().await {
            Ok(run) => {
                for migration in &run {
                    tracing::debug!(migration, "migration applied");
                }
                if let Some(last) = run.last() {
                    tracing::info!(migrations = run.len(), last, "database migrated");
                }
                return Ok(());
            }
            Err(error) if attempts_left > 0 && error.is::<Unreachable>() => {
                attempts_left -= 1;
                tracing::warn!("{error:#}; retrying ({attempts_left} attempts left)");
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            Err(error) => return Err(with_advice(error)),
        }
    }
}

/// Adds the remedy to the error of a database that can't be reached. Every other error has its own.
pub(crate) fn with_advice(error: anyhow::Error) -> anyhow::Error {
    if error.is::<Unreachable>() {
        anyhow!("{error:#}: start PostgreSQL, or correct DATABASE_URL")
    } else {
        error
    }
}
