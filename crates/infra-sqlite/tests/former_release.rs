//! The former release writes to the same schema, after a downgrade, and what is shown is right all the same.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

use contract::store::everything::{Filled, fill};
use contract::store::former_release::{self, Statements};
use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use domain::MessageId;
use domain::message::MessageReader;
use infra_sqlite::{Options, SqliteStore};
use tempfile::TempDir;
use uuid::Uuid;

const FORMER: Statements = Statements {
    rooms: "
    INSERT INTO users (id, username, username_key, email, email_key, password_hash, created_at)
    VALUES (x'00000000000000000000000000000001', 'ada', 'ada', 'a@example.org', 'a@example.org', 'hash', 1);
    WITH numbers (n) AS (VALUES (1), (2), (3), (4), (5), (6))
    INSERT INTO rooms (id, name, name_key, search_text, visibility, created_by, created_at, updated_at, member_count,
        revision, changed_revision, slug)
    SELECT CAST('room-number----' || n AS BLOB), 'Room', 'room', '', 1, x'00000000000000000000000000000001', n, n, 1, 0, 0,
        NULL FROM numbers;
    UPDATE rooms SET name = 'Café ' || created_at, search_text = 'café ' || created_at || char(10), visibility = 0,
        slug = 'cafe-' || created_at, revision = 1 WHERE created_at < 6;",
    changes: "
    UPDATE rooms SET last_seq = 1, revision = 2, last_message_at = 9 WHERE created_at = 2;
    UPDATE rooms SET name = 'Straße', search_text = 'straße' || char(10), revision = 2, changed_revision = 2
        WHERE created_at = 3;
    UPDATE rooms SET deleted_at = 9, revision = 2, changed_revision = 2 WHERE created_at = 4;
    UPDATE rooms SET visibility = 1, slug = NULL, revision = 2, changed_revision = 2 WHERE created_at = 5;",
    memberships: "
    INSERT INTO memberships (room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision)
    SELECT id, created_by, 0, created_at, 0, 1, 1 FROM rooms;
    UPDATE memberships SET maybe_private = false WHERE room_id IN (SELECT id FROM rooms WHERE visibility = 0);",
    departures: "UPDATE memberships SET left_at = 9, revision = 2",
    returns: "UPDATE memberships SET left_at = NULL, revision = 3",
    sent: "UPDATE rooms SET last_seq = last_seq + 1, revision = revision + 1",
    read: "UPDATE memberships SET last_read_seq = last_read_seq + 1",
    sent_and_edited: "
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1100)
    INSERT INTO messages (id, room_id, seq, revision, sender_id, kind, content, created_at, sent_revision)
    SELECT CAST(printf('message-num-%04d', n) AS BLOB), r.id, r.last_seq + n, r.revision + n, r.created_by, 0, 'by the former ' || n,
        r.last_message_at + n, r.revision + n
    FROM rooms r, numbers WHERE r.last_seq > 3;
    UPDATE rooms SET last_seq = last_seq + 1100, revision = revision + 1100, last_message_at = last_message_at + 1100 WHERE last_seq > 3;
    INSERT INTO message_history (message_id, revision, content, changed_by, changed_at)
    SELECT id, 9000, content, sender_id, 99 FROM messages WHERE content = 'kept';
    UPDATE messages SET content = 'written anew', revision = 9000, edited_at = 99 WHERE content = 'kept';",
};

/// Returns the folder of a database, a store that this release has migrated there, and what runs statements on it.
async fn migrated() -> (TempDir, SqliteStore, impl FnMut(&str)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parlor.db");
    let store = SqliteStore::open(Options { path: path.clone(), readers: 2 }).await.unwrap();
    store.migrate().await.unwrap();
    let mut former = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    (folder, store, move |statements: &str| former.batch_execute(statements).unwrap())
}

#[tokio::test]
async fn lists_include_what_the_former_release_writes() {
    let (_folder, store, run) = migrated().await;
    former_release::lists_include_it(&store, &FORMER, run).await;
}

#[tokio::test]
async fn members_see_the_room_that_the_former_release_hides() {
    let (_folder, store, run) = migrated().await;
    former_release::members_see_a_hidden_room(&store, &FORMER, run).await;
}

#[tokio::test]
async fn a_thread_counts_what_the_former_release_deletes() {
    let (_folder, store, mut run) = migrated().await;
    let Filled { room, .. } = fill(&store, 0).await;
    let replies = async || {
        let first = store.message(room, MessageId(Uuid::from_u128(1))).await.unwrap().unwrap();
        first.extras().replies.map(|replies| replies.count)
    };
    assert_eq!(replies().await, Some(1));
    let deletion = "UPDATE messages SET revision = revision + 100, deleted_at = 99, deleted_by = sender_id WHERE seq = 3";
    run(deletion);
    assert_eq!(replies().await, None);
}

#[tokio::test]
async fn searches_find_what_the_former_release_writes_once_the_index_is_completed() {
    let (_folder, store, run) = migrated().await;
    former_release::searches_find_it_once_the_index_is_completed(&store, &FORMER, run).await;
}

#[tokio::test]
async fn an_edit_before_the_index_is_completed_stops_no_send() {
    let (_folder, store, mut run) = migrated().await;
    let empty_index = || run("UPDATE rooms SET words_seq = 0; DELETE FROM word_pages;");
    former_release::an_edit_before_the_index_is_completed_stops_no_send(&store, empty_index).await;
}

#[tokio::test]
async fn a_sync_includes_what_the_former_release_changes() {
    let (_folder, store, run) = migrated().await;
    former_release::a_sync_includes_it(&store, &FORMER, run).await;
}
