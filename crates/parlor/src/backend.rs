//! The store that the settings name, SQLite or PostgreSQL, as one type.

use std::sync::Arc;

use anyhow::Context;
use domain::account::{AccountReader, SessionReader};
use domain::audit::AuditReader;
use domain::compat::ryos::RosterReader;
use domain::event::ChangeReader;
use domain::file::FileReader;
use domain::invitation::InvitationReader;
use domain::membership::MemberReader;
use domain::message::{MessageLog, MessageReader, ReadMarks};
use domain::room::RoomReader;
use domain::store::{Housekeeping, Store};
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

/// The ports that a store implements.
pub(crate) struct StorePorts {
    pub store: Arc<dyn Store>,
    pub accounts: Arc<dyn AccountReader>,
    pub sessions: Arc<dyn SessionReader>,
    pub rooms: Arc<dyn RoomReader>,
    pub rosters: Arc<dyn RosterReader>,
    pub members: Arc<dyn MemberReader>,
    pub invitations: Arc<dyn InvitationReader>,
    pub log: Arc<dyn MessageLog>,
    pub messages: Arc<dyn MessageReader>,
    pub marks: Arc<dyn ReadMarks>,
    pub changes: Arc<dyn ChangeReader>,
    pub files: Arc<dyn FileReader>,
    pub housekeeping: Arc<dyn Housekeeping>,
    pub audit: Arc<dyn AuditReader>,
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
        Ok(match self {
            Self::Sqlite(store) => {
                store.migrations().await?.into_iter().map(|known| (known.name, known.applied)).collect()
            }
            Self::Postgres(store) => {
                store.migrations().await?.into_iter().map(|known| (known.name, known.applied)).collect()
            }
        })
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

    /// Returns the store's ports.
    pub(crate) fn ports(&self) -> StorePorts {
        fn all<S>(store: &S) -> StorePorts
        where
            S: Store
                + AccountReader
                + SessionReader
                + RoomReader
                + RosterReader
                + MemberReader
                + InvitationReader
                + MessageLog,
            S: MessageReader + ReadMarks + ChangeReader + Housekeeping + AuditReader + FileReader,
            S: Clone + 'static,
        {
            let store = Arc::new(store.clone());
            StorePorts {
                store: store.clone(),
                accounts: store.clone(),
                sessions: store.clone(),
                rooms: store.clone(),
                rosters: store.clone(),
                members: store.clone(),
                invitations: store.clone(),
                log: store.clone(),
                messages: store.clone(),
                marks: store.clone(),
                changes: store.clone(),
                files: store.clone(),
                housekeeping: store.clone(),
                audit: store,
            }
        }
        match self {
            Self::Sqlite(store) => all(store),
            Self::Postgres(store) => all(store),
        }
    }
}
