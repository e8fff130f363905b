//! The former release writes to the same schema during an upgrade, and what is shown is right all the same.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

use std::io::Write;

use contract::store::former_release::{self, Statements};
use infra_postgres::{Options, PostgresStore};

const FORMER: Statements = Statements {
    rooms: "
    INSERT INTO users (id, username, username_key, email, email_key, password_hash, created_at)
    VALUES (lpad('1', 32, '0')::uuid, 'ada', 'ada', 'a@example.org', 'a@example.org', 'hash', now());
    INSERT INTO rooms (id, name, name_key, search_text, visibility, created_by, created_at, updated_at, member_count,
        revision, changed_revision, slug)
    SELECT lpad(n::text, 32, '0')::uuid, 'Room', 'room', '', 1, lpad('1', 32, '0')::uuid, now(), now(), 1, 0, 0, NULL
    FROM generate_series(1, 6) AS n;
    UPDATE rooms SET name = 'Café ' || id, search_text = 'café ' || id || E'\\n', visibility = 0, slug = 'cafe-' || id,
        revision = 1 WHERE id < lpad('6', 32, '0')::uuid;",
    changes: "
    UPDATE rooms SET last_seq = 1, revision = 2, last_message_at = now() WHERE id = lpad('2', 32, '0')::uuid;
    UPDATE rooms SET name = 'Straße', search_text = E'straße\\n', revision = 2, changed_revision = 2
        WHERE id = lpad('3', 32, '0')::uuid;
    UPDATE rooms SET deleted_at = '2026-01-01T00:00:00Z', revision = 2, changed_revision = 2
        WHERE id = lpad('4', 32, '0')::uuid;
    UPDATE rooms SET visibility = 1, slug = NULL, revision = 2, changed_revision = 2 WHERE id = lpad('5', 32, '0')::uuid;",
    memberships: "
    INSERT INTO memberships (room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision)
    SELECT id, created_by, 0, created_at, 0, 1, 1 FROM rooms;
    UPDATE memberships SET maybe_private = false WHERE room_id IN (SELECT id FROM rooms WHERE visibility = 0);",
    departures: "UPDATE memberships SET left_at = now(), revision = 2",
    returns: "UPDATE memberships SET left_at = NULL, revision = 3",
    sent: "UPDATE rooms SET last_seq = last_seq + 1, revision = revision + 1",
    read: "UPDATE memberships SET last_read_seq = last_read_seq + 1",
    sent_and_edited: "
    INSERT INTO messages (id, room_id, seq, revision, sender_id, kind, content, created_at, sent_revision)
    SELECT lpad(n::text, 32, 'a')::uuid, r.id, r.last_seq + n, r.revision + n, r.created_by, 0, 'by the former ' || n,
        r.last_message_at + n * interval '1 microsecond', r.revision + n
    FROM rooms r, generate_series(1, 1100) AS n WHERE r.last_seq > 3;
    UPDATE rooms SET last_seq = last_seq + 1100, revision = revision + 1100 WHERE last_seq > 3;
    INSERT INTO message_history (message_id, revision, content, changed_by, changed_at)
    SELECT id, 9000, content, sender_id, now() FROM messages WHERE content = 'kept';
    UPDATE messages SET content = 'written anew', revision = 9000, edited_at = now() WHERE content = 'kept';",
};

/// Returns a store that this release has migrated, and what runs statements on its database.
async fn migrated() -> (PostgresStore, impl FnMut(&str)) {
    let url = test_support::fresh_database().unwrap();
    let options = Options { url: url.clone(), pool_size: 2, ca_file: None, prepare: true };
    let store = PostgresStore::open(&options).unwrap();
    store.migrate().await.unwrap();
    let run = move |statements: &str| {
        let mut script = tempfile::NamedTempFile::new().unwrap();
        script.write_all(statements.as_bytes()).unwrap();
        test_support::run_script(&url, script.path()).unwrap();
    };
    (store, run)
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_include_what_the_former_release_writes() {
    let (store, run) = migrated().await;
    former_release::lists_include_it(&store, &FORMER, run).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_see_the_room_that_the_former_release_hides() {
    let (store, run) = migrated().await;
    former_release::members_see_a_hidden_room(&store, &FORMER, run).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_find_what_the_former_release_writes_once_the_index_is_completed() {
    let (store, run) = migrated().await;
    former_release::searches_find_it_once_the_index_is_completed(&store, &FORMER, run).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_before_the_index_is_completed_stops_no_send() {
    let (store, mut run) = migrated().await;
    let empty_index = || run("UPDATE rooms SET words_seq = 0; DELETE FROM word_pages;");
    former_release::an_edit_before_the_index_is_completed_stops_no_send(&store, empty_index).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_includes_what_the_former_release_changes() {
    let (store, run) = migrated().await;
    former_release::a_sync_includes_it(&store, &FORMER, run).await;
}
