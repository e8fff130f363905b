//! The laws of stores, run against the SQLite store.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

use infra_sqlite::{Options, SqliteStore};
use tempfile::TempDir;

async fn fresh() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { path: folder.path().join("parlor.db"), readers: 2 };
    let store = SqliteStore::open(options).await.unwrap();
    store.migrate().await.unwrap();
    (store, folder)
}

contract::store_laws!(crate::fresh);
