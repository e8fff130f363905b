//! The SQLite store under the laws that every store obeys.
#![expect(clippy::unwrap_used, reason = "a test whose world is not as it set it up has failed")]

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
