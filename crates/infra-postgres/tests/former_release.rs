//! The former release writes to the same schema during an upgrade: its statements know no totals, no activity and no folded
//! text, and lists are right all the same.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

use std::io::Write;

use contract::store::everything::{Filled, fill};
use domain::room::{RoomQuery, RoomReader, RoomSort, Search, Visibility};
use domain::search::{CandidateQuery, SearchIndexer, SearchQuery, SearchReader, Unindexed};
use domain::store::Housekeeping;
use domain::sync::{Selection, SyncReader};
use domain::{PageRequest, Timestamp, UserId};
use infra_postgres::{Options, PostgresStore};
use uuid::Uuid;

/// Inserts five public rooms and one private, as the former release does.
const INSERTS: &str = "
    INSERT INTO users (id, username, username_key, email, email_key, password_hash, created_at)
    VALUES (lpad('1', 32, '0')::uuid, 'ada', 'ada', 'a@example.org', 'a@example.org', 'hash', now());
    INSERT INTO rooms (id, name, name_key, search_text, visibility, created_by, created_at, updated_at, member_count,
        revision, changed_revision, slug)
    SELECT lpad(n::text, 32, '0')::uuid, 'Room', 'room', '', 1, lpad('1', 32, '0')::uuid, now(), now(), 1, 0, 0, NULL
    FROM generate_series(1, 6) AS n;
    UPDATE rooms SET name = 'Café ' || id, search_text = 'café ' || id || E'\\n', visibility = 0, slug = 'cafe-' || id,
        revision = 1 WHERE id < lpad('6', 32, '0')::uuid;";
/// Sends into a room, renames one, and deletes and hides one each.
const CHANGES: &str = "
    UPDATE rooms SET last_seq = 1, revision = 2, last_message_at = now() WHERE id = lpad('2', 32, '0')::uuid;
    UPDATE rooms SET name = 'Straße', search_text = E'straße\\n', revision = 2, changed_revision = 2
        WHERE id = lpad('3', 32, '0')::uuid;
    UPDATE rooms SET deleted_at = '2026-01-01T00:00:00Z', revision = 2, changed_revision = 2
        WHERE id = lpad('4', 32, '0')::uuid;
    UPDATE rooms SET visibility = 1, slug = NULL, revision = 2, changed_revision = 2 WHERE id = lpad('5', 32, '0')::uuid;";

/// Joins the creator to all rooms; what follows as the migration or this release leaves it.
const MEMBERSHIPS: &str = "
    INSERT INTO memberships (room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision)
    SELECT id, created_by, 0, created_at, 0, 1, 1 FROM rooms;
    UPDATE memberships SET maybe_private = false WHERE room_id IN (SELECT id FROM rooms WHERE visibility = 0);";
/// Sends more messages than a search reads without the index, and edits the first of the room, as the former release does.
const SENT_AND_EDITED: &str = "
    INSERT INTO messages (id, room_id, seq, revision, sender_id, kind, content, created_at, sent_revision)
    SELECT lpad(n::text, 32, 'a')::uuid, r.id, r.last_seq + n, r.revision + n, r.created_by, 0, 'by the former ' || n,
        r.last_message_at + n * interval '1 microsecond', r.revision + n
    FROM rooms r, generate_series(1, 1100) AS n WHERE r.last_seq > 3;
    UPDATE rooms SET last_seq = last_seq + 1100, revision = revision + 1100 WHERE last_seq > 3;
    INSERT INTO message_history (message_id, revision, content, changed_by, changed_at)
    SELECT id, 9000, content, sender_id, now() FROM messages WHERE content = 'kept';
    UPDATE messages SET content = 'written anew', revision = 9000, edited_at = now() WHERE content = 'kept';";

/// Returns a database that this release has migrated, and its store.
async fn migrated() -> (String, PostgresStore) {
    let url = test_support::fresh_database().unwrap();
    let options = Options { url: url.clone(), pool_size: 2, ca_file: None, prepare: true };
    let store = PostgresStore::open(&options).unwrap();
    store.migrate().await.unwrap();
    (url, store)
}

fn run(url: &str, statements: &str) {
    let mut script = tempfile::NamedTempFile::new().unwrap();
    script.write_all(statements.as_bytes()).unwrap();
    test_support::run_script(url, script.path()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_include_what_the_former_release_writes() {
    let (url, store) = migrated().await;
    let total = async |search: Option<&str>| {
        let search = search.map(|text| Search::parse(text).unwrap());
        let query = RoomQuery { search, sort: RoomSort::LastMessageAt, ..RoomQuery::default() };
        let page = RoomReader::list(&store, query, PageRequest { page: 1, limit: 20 }, None).await.unwrap();
        assert_eq!(u64::try_from(page.items.len()).unwrap(), page.total);
        page
    };
    run(&url, INSERTS);
    assert_eq!(total(None).await.total, 5);
    let sweep = async || store.sweep(Timestamp::EPOCH, 3).await.unwrap().folded;
    assert_eq!((sweep().await, sweep().await, sweep().await), (3, 2, 0));
    assert_eq!(total(Some("CAFE")).await.total, 5);

    run(&url, CHANGES);
    let listed = total(None).await;
    assert_eq!(listed.total, 3);
    assert!(listed.items[0].room.log.last_message_at.is_some(), "the active room comes first");
    assert_eq!(total(Some("cafe")).await.total, 2);
    assert_eq!(sweep().await, 2, "the renamed room, and the hidden one");
    assert_eq!(total(Some("strasse")).await.total, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_see_the_room_that_the_former_release_hides() {
    let (url, store) = migrated().await;
    let private = async || {
        let query = RoomQuery { visibility: Some(Visibility::Private), ..RoomQuery::default() };
        let ada = UserId(Uuid::from_u128(1));
        let page =
            RoomReader::list(&store, query, PageRequest { page: 1, limit: 20 }, Some(ada)).await.unwrap();
        assert_eq!(u64::try_from(page.items.len()).unwrap(), page.total);
        page.total
    };
    let sweep = async || while store.sweep(Timestamp::EPOCH, 3).await.unwrap().marked > 0 {};
    run(&url, INSERTS);
    run(&url, MEMBERSHIPS);
    assert_eq!(private().await, 1);
    run(&url, CHANGES);
    assert_eq!(private().await, 2);
    run(&url, "UPDATE memberships SET left_at = now(), revision = 2");
    assert_eq!(private().await, 0);
    sweep().await;
    run(&url, "UPDATE memberships SET left_at = NULL, revision = 3");
    assert_eq!(private().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_find_what_the_former_release_writes_once_the_index_is_completed() {
    let (url, store) = migrated().await;
    let filled = fill(&store, 3).await;
    let found = async |text: &str| {
        let keys = SearchQuery::parse(text).unwrap().keys();
        let query = CandidateQuery { keys, room: None, sender: None, before: None, limit: 2_000 };
        store.candidates(filled.admin, query).await.unwrap().len()
    };
    assert_eq!((found("message").await, found("kept").await), (3, 1));
    run(&url, SENT_AND_EDITED);
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

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_includes_what_the_former_release_changes() {
    let (url, store) = migrated().await;
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
        run(&url, change);
        assert!(changed().await > 0, "{change}");
    }
}
