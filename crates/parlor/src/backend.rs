//! The store that the settings name, SQLite or PostgreSQL, as one type.

use std::sync::Arc;

use anyhow::Context;
use domain::store::StorePorts;
use infra_postgres::PostgresStore;
use infra_sqlite::SqliteStore;

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
    /// Opens the store that the settings name.
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
                };
                let store =
                    PostgresStore::open(&options).context("can't use DATABASE_URL or PARLOR_DATABASE_CA")?;
                Ok(Self::Postgres(store))
            }
        }
    }

    /// Runs pending migrations and returns their names.
    pub(crate) async fn migrate(&self) -> anyhow::Result<Vec<String>> {
        match self {
            Self::Sqlite(store) => store.migrate().await,
            Self::Postgres(store) => store.migrate().await,
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
