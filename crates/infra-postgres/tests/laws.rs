//! The laws of stores, run against the PostgreSQL store, each in a database of its own.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

use infra_postgres::{Options, PostgresStore};

async fn fresh() -> (PostgresStore, ()) {
    let url = test_support::fresh_database().unwrap();
    let store = PostgresStore::open(&Options { url, pool_size: 8, ca_file: None }).unwrap();
    store.migrate().await.unwrap();
    (store, ())
}

contract::store_laws!(crate::fresh);
