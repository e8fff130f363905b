//! What only the SQLite store can get wrong: transactions left open, callers that go away, a full disk.
#![expect(clippy::unwrap_used, reason = "a test whose world is not as it set it up has failed")]

use std::sync::Arc;

use domain::account::{Email, NewUser, PasswordHash, User, UserRef, Username};
use domain::membership::{Membership, Role};
use domain::message::{Anchor, Appended, Body, Content, HistoryQuery, MessageLog, MessageReader, NewMessage};
use domain::room::{Access, Revision, Room, RoomLog, RoomName, Seq};
use domain::store::Store;
use domain::{MessageId, RoomId, SortOrder, StoreError, Timestamp, UserId};
use futures_util::future::join_all;
use infra_sqlite::{Options, SqliteStore};
use tempfile::TempDir;
use uuid::Uuid;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_unix_micros(micros).unwrap()
}

async fn fresh() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { path: folder.path().join("parlor.db"), readers: 2 };
    let store = SqliteStore::open(options).await.unwrap();
    store.migrate().await.unwrap();
    (store, folder)
}

fn alice() -> User {
    User {
        id: UserId(Uuid::from_u128(1)),
        username: Username::parse("alice").unwrap(),
        email: Email::parse("a@example.com").unwrap(),
        created_at: at(1),
    }
}

/// A store with alice and her private room.
async fn furnished() -> (SqliteStore, RoomId, TempDir) {
    let (store, folder) = fresh().await;
    let alice = alice();
    let room = Room {
        id: RoomId(Uuid::from_u128(2)),
        name: RoomName::parse("Here").unwrap(),
        description: None,
        access: Access::Private { group: false },
        created_by: UserRef { id: alice.id, username: alice.username.clone() },
        created_at: at(1),
        updated_at: at(1),
        member_count: 1,
        log: RoomLog { revision: Revision(1), ..RoomLog::default() },
        changed_revision: Revision(0),
    };
    let mut work = store.begin().await.unwrap();
    let user = alice.id;
    work.insert_user(NewUser { user: alice, password: PasswordHash("x".into()) }).await.unwrap();
    work.insert_room(room.clone()).await.unwrap();
    work.save_membership(Membership::starting(&room, user, Role::Admin, at(1), Revision(1))).await.unwrap();
    assert_eq!(work.lock_room(room.id).await.unwrap(), Some(room.clone()));
    work.commit().await.unwrap();
    (store, room.id, folder)
}

fn message(n: u128, room: RoomId) -> NewMessage {
    NewMessage {
        id: MessageId(Uuid::from_u128(100 + n)),
        room,
        sender: alice().id,
        body: Body::Text(Content::parse(&format!("message {n}")).unwrap()),
        client_key: None,
        // The clock stands still: times must rise all the same.
        at: at(5),
    }
}

const ALL: HistoryQuery = HistoryQuery {
    anchor: Anchor::Newest,
    limit: 100,
    order: SortOrder::Ascending,
    kind: None,
    sender: None,
};

#[tokio::test]
async fn a_unit_of_work_that_is_dropped_leaves_nothing_and_the_writer_free() {
    let (store, _folder) = fresh().await;
    let mut work = store.begin().await.unwrap();
    work.insert_user(NewUser { user: alice(), password: PasswordHash("x".into()) }).await.unwrap();
    drop(work);
    let mut work = store.begin().await.unwrap();
    work.insert_user(NewUser { user: alice(), password: PasswordHash("x".into()) }).await.unwrap();
    work.commit().await.unwrap();
}

#[tokio::test]
async fn a_caller_that_goes_away_in_the_middle_of_a_verb_leaves_the_writer_free() {
    let (store, room, _folder) = furnished().await;
    let mut work = store.begin().await.unwrap();
    let verb = tokio::time::timeout(std::time::Duration::ZERO, work.lock_room(room)).await;
    drop(verb);
    drop(work);
    store.begin().await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn concurrent_appends_make_one_order_with_rising_times() {
    let (store, room, _folder) = furnished().await;
    let appended = join_all((1..=60).map(|n| store.append(message(n, room)))).await;
    let mut seqs = vec![];
    for appended in appended {
        let Ok(Appended::New(message)) = appended else { panic!("{appended:?}") };
        seqs.push(message.seq);
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=60).map(Seq).collect::<Vec<_>>());
    let stored = store.window(room, ALL).await.unwrap().messages;
    assert_eq!(stored.len(), 60);
    assert!(stored.windows(2).all(|pair| pair[0].created_at < pair[1].created_at));
}

#[tokio::test]
async fn a_caller_that_goes_away_changes_nothing_for_the_others() {
    let (store, room, _folder) = furnished().await;
    let store = Arc::new(store);
    let send = |n| {
        let store = store.clone();
        tokio::spawn(async move { store.append(message(n, room)).await })
    };
    let (one, gone, other) = (send(1), send(2), send(3));
    gone.abort();
    assert!(one.await.unwrap().is_ok());
    assert!(other.await.unwrap().is_ok());
}

#[tokio::test]
async fn migrations_run_once_and_can_be_reverted() {
    let (store, _folder) = fresh().await;
    assert!(store.migrate().await.unwrap().is_empty());
    assert!(store.migrations().await.unwrap().iter().all(|migration| migration.applied));
    let reverted = store.revert().await.unwrap().unwrap();
    assert_eq!(
        store.migrations().await.unwrap().last().map(|m| (&m.name, m.applied)),
        Some((&reverted, false))
    );
    assert!(matches!(store.ping().await, Err(StoreError::Corrupt(_) | StoreError::Unavailable(_))));
}
