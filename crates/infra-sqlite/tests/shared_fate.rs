//! Rows that the program cannot read fail only those who need them.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

use contract::store::{annotations, shared_fate};
use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use infra_sqlite::{Options, SqliteStore};
use tempfile::TempDir;

/// Makes the memberships of `User-2` unreadable.
const BOBS_MEMBERSHIPS: &str =
    "UPDATE memberships SET role = 9 WHERE user_id = (SELECT id FROM users WHERE username = 'User-2')";

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
    let damage = async || damage(&folder, BOBS_MEMBERSHIPS);
    shared_fate::an_unreadable_sender_fails_only_their_own_messages(store, damage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_membership_fails_only_the_lists_of_its_user() {
    let (store, folder) = fresh().await;
    let damage = async || damage(&folder, BOBS_MEMBERSHIPS);
    shared_fate::an_unreadable_membership_fails_only_the_lists_of_its_user(store, damage).await;
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

#[derive(QueryableByName)]
struct CommitsRow {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Each commit of the append path changes the row of a room once.
#[tokio::test(flavor = "multi_thread")]
async fn reactions_to_one_message_share_commits() {
    let (store, folder) = fresh().await;
    damage(
        &folder,
        "CREATE TABLE commits (n INTEGER NOT NULL); INSERT INTO commits VALUES (0);
         CREATE TRIGGER counted AFTER UPDATE ON rooms BEGIN UPDATE commits SET n = n + 1; END",
    );
    let path = folder.path().join("parlor.db");
    let commits = async || {
        let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        sql_query("SELECT n FROM commits").get_result::<CommitsRow>(&mut connection).unwrap().n
    };
    annotations::reactions_to_one_message_share_commits(store, commits).await;
}
