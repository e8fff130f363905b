//! The laws of stores, run against the PostgreSQL store, each in a database of its own: over sessions of its own, and over
//! those that a pooler lends for a transaction.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

use std::sync::OnceLock;

use infra_postgres::{Options, PostgresStore};
use test_support::{Durability, PgBouncer, Postgres};

async fn fresh() -> (PostgresStore, ()) {
    let url = test_support::fresh_database().unwrap();
    let store = PostgresStore::open(&Options { url, pool_size: 8, ca_file: None, prepare: true }).unwrap();
    store.migrate().await.unwrap();
    (store, ())
}

mod sessions {
    contract::store_laws!(crate::fresh);
}

/// A store behind a pooler in transaction mode, with fewer sessions than connections.
async fn pooled() -> (PostgresStore, ()) {
    static POOLER: OnceLock<(Postgres, PgBouncer)> = OnceLock::new();
    let (server, pooler) = POOLER.get_or_init(|| {
        let server = Postgres::start(Durability::None).unwrap();
        let pooler = PgBouncer::start(server.socket(), "transaction", 3, "").unwrap();
        (server, pooler)
    });
    let url = pooler.before(&server.database().unwrap());
    let store = PostgresStore::open(&Options { url, pool_size: 8, ca_file: None, prepare: false }).unwrap();
    store.migrate().await.unwrap();
    (store, ())
}

mod pooled {
    contract::store_laws!(crate::pooled);
}
