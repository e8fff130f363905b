//! Rows that the program cannot read fail only the messages that need them.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

use contract::store::shared_fate;
use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use infra_sqlite::{Options, SqliteStore};
use tempfile::TempDir;

async fn fresh() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { path: folder.path().join("parlor.db"), readers: 2 };
    let store = SqliteStore::open(options).await.unwrap();
    store.migrate().await.unwrap();
    (store, folder)
}

/// Changes rows beneath the store.
fn damage(folder: &TempDir, statement: &str) {
    let path = folder.path().join("parlor.db");
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    connection.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
    connection.batch_execute(statement).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_room_fails_only_the_messages_to_it() {
    let (store, folder) = fresh().await;
    let damage = async || damage(&folder, "UPDATE rooms SET visibility = 7 WHERE name = 'Room 2'");
    shared_fate::an_unreadable_room_fails_only_the_messages_to_it(store, damage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_sender_fails_only_their_own_messages() {
    let (store, folder) = fresh().await;
    let bobs =
        "UPDATE memberships SET role = 9 WHERE user_id = (SELECT id FROM users WHERE username = 'User-2')";
    let damage = async || damage(&folder, bobs);
    shared_fate::an_unreadable_sender_fails_only_their_own_messages(store, damage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_message_fails_only_its_repetition() {
    let (store, folder) = fresh().await;
    let damage = async || damage(&folder, "UPDATE messages SET kind = 9 WHERE client_key = 'key'");
    shared_fate::an_unreadable_message_fails_only_its_repetition(store, damage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_rejects_writes_fails_only_the_messages_to_it() {
    let (store, folder) = fresh().await;
    let damage = async || {
        damage(
            &folder,
            "CREATE TRIGGER reject BEFORE INSERT ON messages
             WHEN new.room_id = (SELECT id FROM rooms WHERE name = 'Room 2')
             BEGIN SELECT RAISE(ABORT, 'rejected'); END",
        );
    };
    shared_fate::an_unreadable_room_fails_only_the_messages_to_it(store, damage).await;
}
