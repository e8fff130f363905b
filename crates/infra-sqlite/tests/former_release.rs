//! The former release writes to the same schema, after a downgrade: its statements know no totals, no folded text and no threads,
//! and what is shown is right all the same.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

use contract::store::everything::{Filled, fill};
use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use domain::message::MessageReader;
use domain::room::{RoomQuery, RoomReader, RoomSort, Search, Visibility};
use domain::search::{CandidateQuery, SearchIndexer, SearchQuery, SearchReader, Unindexed};
use domain::store::Housekeeping;
use domain::sync::{Selection, SyncReader};
use domain::{MessageId, PageRequest, Timestamp, UserId};
use infra_sqlite::{Options, SqliteStore};
use tempfile::TempDir;
use uuid::Uuid;

/// Inserts five public rooms and one private, as the former release does.
const INSERTS: &str = "
    INSERT INTO users (id, username, username_key, email, email_key, password_hash, created_at)
    VALUES (x'00000000000000000000000000000001', 'ada', 'ada', 'a@example.org', 'a@example.org', 'hash', 1);
    WITH numbers (n) AS (VALUES (1), (2), (3), (4), (5), (6))
    INSERT INTO rooms (id, name, name_key, search_text, visibility, created_by, created_at, updated_at, member_count,
        revision, changed_revision, slug)
    SELECT CAST('room-number----' || n AS BLOB), 'Room', 'room', '', 1, x'00000000000000000000000000000001', n, n, 1, 0, 0,
        NULL FROM numbers;
    UPDATE rooms SET name = 'Café ' || created_at, search_text = 'café ' || created_at || char(10), visibility = 0,
        slug = 'cafe-' || created_at, revision = 1 WHERE created_at < 6;";
/// Sends into a room, renames one, and deletes and hides one each.
const CHANGES: &str = "
    UPDATE rooms SET last_seq = 1, revision = 2, last_message_at = 9 WHERE created_at = 2;
    UPDATE rooms SET name = 'Straße', search_text = 'straße' || char(10), revision = 2, changed_revision = 2
        WHERE created_at = 3;
    UPDATE rooms SET deleted_at = 9, revision = 2, changed_revision = 2 WHERE created_at = 4;
    UPDATE rooms SET visibility = 1, slug = NULL, revision = 2, changed_revision = 2 WHERE created_at = 5;";

/// Joins the creator to all rooms; what follows as the migration or this release leaves it.
const MEMBERSHIPS: &str = "
    INSERT INTO memberships (room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision)
    SELECT id, created_by, 0, created_at, 0, 1, 1 FROM rooms;
    UPDATE memberships SET maybe_private = false WHERE room_id IN (SELECT id FROM rooms WHERE visibility = 0);";
/// Sends more messages than a search reads without the index, and edits the first of the room, as the former release does.
const SENT_AND_EDITED: &str = "
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1100)
    INSERT INTO messages (id, room_id, seq, revision, sender_id, kind, content, created_at, sent_revision)
    SELECT CAST(printf('message-num-%04d', n) AS BLOB), r.id, r.last_seq + n, r.revision + n, r.created_by, 0, 'by the former ' || n,
        r.last_message_at + n, r.revision + n
    FROM rooms r, numbers WHERE r.last_seq > 3;
    UPDATE rooms SET last_seq = last_seq + 1100, revision = revision + 1100, last_message_at = last_message_at + 1100 WHERE last_seq > 3;
    INSERT INTO message_history (message_id, revision, content, changed_by, changed_at)
    SELECT id, 9000, content, sender_id, 99 FROM messages WHERE content = 'kept';
    UPDATE messages SET content = 'written anew', revision = 9000, edited_at = 99 WHERE content = 'kept';";

/// Returns the folder of a database that this release has migrated, its store, and a connection for the former release.
async fn migrated() -> (TempDir, SqliteStore, SqliteConnection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parlor.db");
    let store = SqliteStore::open(Options { path: path.clone(), readers: 2 }).await.unwrap();
    store.migrate().await.unwrap();
    let former = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    (folder, store, former)
}

#[tokio::test]
async fn lists_include_what_the_former_release_writes() {
    let (_folder, store, mut former) = migrated().await;
    let total = async |search: Option<&str>| {
        let search = search.map(|text| Search::parse(text).unwrap());
        let query = RoomQuery { search, sort: RoomSort::LastMessageAt, ..RoomQuery::default() };
        let page = RoomReader::list(&store, query, PageRequest { page: 1, limit: 20 }, None).await.unwrap();
        assert_eq!(u64::try_from(page.items.len()).unwrap(), page.total);
        page
    };
    former.batch_execute(INSERTS).unwrap();
    assert_eq!(total(None).await.total, 5);
    let sweep = async || store.sweep(Timestamp::EPOCH, 3).await.unwrap().folded;
    assert_eq!((sweep().await, sweep().await, sweep().await), (3, 2, 0));
    assert_eq!(total(Some("CAFE")).await.total, 5);

    former.batch_execute(CHANGES).unwrap();
    let listed = total(None).await;
    assert_eq!(listed.total, 3);
    assert!(listed.items[0].room.log.last_message_at.is_some(), "the active room comes first");
    assert_eq!(total(Some("cafe")).await.total, 2);
    assert_eq!(sweep().await, 2, "the renamed room, and the hidden one");
    assert_eq!(total(Some("strasse")).await.total, 1);
}

#[tokio::test]
async fn members_see_the_room_that_the_former_release_hides() {
    let (_folder, store, mut former) = migrated().await;
    let private = async || {
        let query = RoomQuery { visibility: Some(Visibility::Private), ..RoomQuery::default() };
        let ada = UserId(Uuid::from_u128(1));
        let page =
            RoomReader::list(&store, query, PageRequest { page: 1, limit: 20 }, Some(ada)).await.unwrap();
        assert_eq!(u64::try_from(page.items.len()).unwrap(), page.total);
        page.total
    };
    let sweep = async || while store.sweep(Timestamp::EPOCH, 3).await.unwrap().marked > 0 {};
    former.batch_execute(INSERTS).unwrap();
    former.batch_execute(MEMBERSHIPS).unwrap();
    assert_eq!(private().await, 1);
    former.batch_execute(CHANGES).unwrap();
    assert_eq!(private().await, 2);
    former.batch_execute("UPDATE memberships SET left_at = 9, revision = 2").unwrap();
    assert_eq!(private().await, 0);
    sweep().await;
    former.batch_execute("UPDATE memberships SET left_at = NULL, revision = 3").unwrap();
    assert_eq!(private().await, 2);
}

#[tokio::test]
async fn a_thread_counts_what_the_former_release_deletes() {
    let (_folder, store, mut former) = migrated().await;
    let Filled { room, .. } = fill(&store, 0).await;
    let replies = async || {
        let first = store.message(room, MessageId(Uuid::from_u128(1))).await.unwrap().unwrap();
        first.extras().replies.map(|replies| replies.count)
    };
    assert_eq!(replies().await, Some(1));
    let deletion = "UPDATE messages SET revision = revision + 100, deleted_at = 99, deleted_by = sender_id WHERE seq = 3";
    former.batch_execute(deletion).unwrap();
    assert_eq!(replies().await, None);
}

#[tokio::test]
async fn searches_find_what_the_former_release_writes_once_the_index_is_completed() {
    let (_folder, store, mut former) = migrated().await;
    let filled = fill(&store, 3).await;
    let found = async |text: &str| {
        let keys = SearchQuery::parse(text).unwrap().keys();
        let query = CandidateQuery { keys, room: None, sender: None, before: None, limit: 2_000 };
        store.candidates(filled.admin, query).await.unwrap().len()
    };
    assert_eq!((found("message").await, found("kept").await), (3, 1));
    former.batch_execute(SENT_AND_EDITED).unwrap();
    assert_eq!((found("former").await, found("anew").await), (0, 0));
    let lacking = u64::from(filled.messages) + 1_100;
    assert_eq!(store.unindexed().await.unwrap(), Unindexed { messages: lacking, edits: 1 });
    let mut added = vec![];
    let mut from = Some(filled.room);
    while let Some((room, messages)) =
        store.index_room(from, 500).await.unwrap().filter(|(room, _)| *room == filled.room)
    {
        from = Some(room);
        added.push(messages);
    }
    assert_eq!((added, store.index_edits(10).await.unwrap()), (vec![500, 500, lacking - 1_000], 1));
    assert_eq!((found("former").await, found("anew").await), (1_100, 1));
    assert_eq!(store.unindexed().await.unwrap(), Unindexed::default());
}

#[tokio::test]
async fn a_sync_includes_what_the_former_release_changes() {
    let (_folder, store, mut former) = migrated().await;
    let Filled { admin, .. } = fill(&store, 0).await;
    for change in [
        "UPDATE rooms SET last_seq = last_seq + 1, revision = revision + 1",
        "UPDATE memberships SET last_read_seq = last_read_seq + 1",
    ] {
        let since = store.select(admin, Selection::Latest { after: None }, 100).await.unwrap().now;
        let changed = async || {
            let changed = Selection::Changed { since: since.clone(), after: None };
            store.select(admin, changed, 100).await.unwrap().rooms.len()
        };
        assert_eq!(changed().await, 0);
        former.batch_execute(change).unwrap();
        assert!(changed().await > 0, "{change}");
    }
}
