//! A room that is locked, slow or damaged fails and delays only those who send into it.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

mod commits;
mod damage;
mod locked;
mod waiting;

use std::time::Duration;

use infra_postgres::{Options, PostgresStore};
use tokio_postgres::{Client, NoTls};

/// A migrated store, and another client of its database.
struct Database {
    store: PostgresStore,
    beside: Client,
    url: String,
}

impl Database {
    async fn fresh() -> Self {
        let url = test_support::fresh_database().unwrap();
        let store = store(&url);
        store.migrate().await.unwrap();
        let beside = client(&url).await;
        Self { store, beside, url }
    }

    async fn run(&self, statements: &str) {
        self.beside.batch_execute(statements).await.unwrap();
    }

    /// Waits until at least that many sessions wait for locks.
    async fn waiting(&self, sessions: i64) {
        const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let observer = client(&self.url).await;
        within_a_minute(async {
            while observer.query_one(WAITING, &[]).await.unwrap().get::<_, i64>(0) < sessions {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

/// A store with four connections, of which one may wait for a lock on behalf of senders and one on behalf of others.
fn store(url: &str) -> PostgresStore {
    PostgresStore::open(&Options { url: url.to_owned(), pool_size: 4, ca_file: None, prepare: true }).unwrap()
}

async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn within_a_minute<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(1), future).await.unwrap()
}
