//! What the laws of every store don't say of the SQLite store: how it migrates.

use domain::StoreError;
use domain::store::Store;
use infra_sqlite::{Options, SqliteStore};

#[tokio::test]
async fn migrations_run_once_and_can_be_reverted() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { path: folder.path().join("parlor.db"), readers: 2 };
    let store = SqliteStore::open(options).await.unwrap();
    store.migrate().await.unwrap();
    assert!(store.migrate().await.unwrap().is_empty());
    assert!(store.migrations().await.unwrap().iter().all(|migration| migration.applied));
    let reverted = store.revert().await.unwrap().unwrap();
    assert_eq!(
        store.migrations().await.unwrap().last().map(|m| (&m.name, m.applied)),
        Some((&reverted, false))
    );
    while store.revert().await.unwrap().is_some() {}
    assert!(matches!(store.ping().await, Err(StoreError::Corrupt(_) | StoreError::Unavailable(_))));
}
