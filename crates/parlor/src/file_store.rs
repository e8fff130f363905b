//! The file store and the database that it belongs to, for people: what a start and `parlor doctor` say about them.

use std::sync::Arc;
use std::time::Duration;

use domain::file::{FileStore, Ownership};
use domain::{DatabaseId, Timestamp};

use crate::backend::Backend;
use crate::requirements::Examined;
use crate::requirements::Finding::{Fine, Warning};
use crate::settings::Settings;
use crate::wiring;

/// Time that the file store has to say which database it belongs to.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Says that the store belongs to another database, and what to do about it.
pub(crate) fn foreign(owner: DatabaseId) -> String {
    format!(
        "the file store belongs to another database ({owner}), so nothing in it is removed from here: if this database is \
         a copy, set PARLOR_FILES_URL to a store of its own; if it takes the other one's place, stop the servers on \
         that, and run `parlor files adopt`"
    )
}

/// Says that sweeps wait.
pub(crate) fn waiting(until: Timestamp) -> String {
    format!(
        "the database was restored from a backup, or took the file store over: nothing in the store is removed before \
         {}",
        live::time(until)
    )
}

/// Marks the file store as that of this database, or warns that it belongs to another one. Uploads and downloads work all
/// the same: only sweeps are refused.
pub(crate) async fn check(file_store: &FileStore) {
    match tokio::time::timeout(TIMEOUT, file_store.check()).await {
        Ok(Ok(Ownership::Foreign { owner })) => tracing::warn!("{}", foreign(owner)),
        Ok(Ok(Ownership::Waiting { until })) => tracing::warn!("{}", waiting(until)),
        Ok(Ok(Ownership::Own | Ownership::Unmarked)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "can't find out which database the file store belongs to"),
        Err(_) => tracing::warn!("the file store does not say in time which database it belongs to"),
    }
}

/// Compares the mark of the file store with the database; `None` where one of them is not ready, which other checks say.
pub(crate) async fn examine(settings: &Settings) -> Option<Examined> {
    let found = tokio::time::timeout(TIMEOUT, ownership(settings)).await;
    let finding = match found.ok()?.ok()?? {
        Ownership::Foreign { owner } => Warning(foreign(owner)),
        Ownership::Waiting { until } => Warning(waiting(until)),
        Ownership::Own => Fine("the file store belongs to this database".into()),
        Ownership::Unmarked => Fine("the file store is not marked yet: the first server does it".into()),
    };
    Some(Examined { name: "owner of files".into(), finding })
}

/// Returns the owner of the store; `None` where the database is not migrated.
async fn ownership(settings: &Settings) -> anyhow::Result<Option<Ownership>> {
    let store = Backend::open_existing(settings).await?;
    if store.migrations().await?.iter().any(|(_, applied)| !applied) {
        return Ok(None);
    }
    let (ports, blobs) = (store.ports(), Arc::new(wiring::blobs(settings)?));
    let file_store = FileStore::new(ports.clone(), ports, blobs.clone(), blobs, wiring::clock());
    Ok(Some(file_store.ownership().await?))
}
