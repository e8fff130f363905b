//! Cursors of syncs while transactions overlap, which the laws of stores can't have: a store may have one writer only.
#![expect(clippy::unwrap_used, reason = "a test fails where its setup fails")]

use domain::account::{Email, NewUser, PasswordHash, User, Username};
use domain::membership::{Membership, Role};
use domain::room::{Access, PrivateKind, Revision, Room, RoomName};
use domain::store::{Store, UnitOfWork};
use domain::sync::{Cursor, Seen, Selection, SyncReader, Walk};
use domain::{RoomId, Timestamp, UserId};
use infra_postgres::{Options, PostgresStore};
use uuid::Uuid;

const ALICE: UserId = UserId(Uuid::from_u128(1));

fn room(n: u128) -> RoomId {
    RoomId(Uuid::from_u128(n))
}

/// A store with a user who is the only member of so many rooms.
async fn store_with(rooms: u128) -> PostgresStore {
    let url = test_support::fresh_database().unwrap();
    let store = PostgresStore::open(&Options { url, pool_size: 8, ca_file: None, prepare: true }).unwrap();
    store.migrate().await.unwrap();
    let (username, email) = (Username::parse("alice").unwrap(), Email::parse("alice@example.org").unwrap());
    let user = User { id: ALICE, username, email, created_at: Timestamp::EPOCH };
    let alice = user.as_ref();
    let mut work = store.begin().await.unwrap();
    work.insert_user(NewUser { user, password: PasswordHash("hash".into()) }).await.unwrap();
    for n in 1..=rooms {
        let name = RoomName::parse(&format!("Room {n}")).unwrap();
        let access = Access::Private(PrivateKind::ByInvitation);
        let room = Room::starting(room(n), name, access, alice.clone(), Timestamp::EPOCH);
        let membership = Membership::starting(&room, ALICE, Role::Member, Timestamp::EPOCH, Revision(0));
        work.insert_room(room).await.unwrap();
        work.save_membership(membership).await.unwrap();
    }
    work.commit().await.unwrap();
    store
}

/// A unit of work that has changed a room, and is not committed.
async fn changing(store: &PostgresStore, n: u128) -> Box<dyn UnitOfWork> {
    let mut work = store.begin().await.unwrap();
    let mut changed = work.lock_room(room(n)).await.unwrap().unwrap();
    changed.log.revision = changed.log.revision.next();
    work.save_room(changed).await.unwrap();
    work
}

async fn now(store: &PostgresStore) -> Seen {
    store.select(ALICE, Selection::Latest { after: None }, 100).await.unwrap().now
}

async fn changed_since(store: &PostgresStore, since: &Seen) -> Vec<RoomId> {
    let selection = Selection::Changed { since: since.clone(), after: None };
    let page = store.select(ALICE, selection, 100).await.unwrap();
    page.rooms.iter().map(|summary| summary.view.room.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_open_is_listed_later_and_one_that_began_after_it_only_once() {
    let store = store_with(3).await;
    let early = changing(&store, 1).await;
    let before = now(&store).await;
    changing(&store, 2).await.commit().await.unwrap();
    assert_eq!(changed_since(&store, &before).await, [room(2)]);
    let between = now(&store).await;
    assert!(!between.except.is_empty(), "{between:?}");
    assert_eq!(changed_since(&store, &between).await, []);
    early.commit().await.unwrap();
    assert_eq!(changed_since(&store, &between).await, [room(1)]);
    assert_eq!(changed_since(&store, &before).await, [room(1), room(2)]);
    assert_eq!(changed_since(&store, &now(&store).await).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_rolled_back_changed_nothing() {
    let store = store_with(1).await;
    let dropped = changing(&store, 1).await;
    let before = now(&store).await;
    drop(dropped);
    // Its lock is free again once it is rolled back.
    changing(&store, 1).await.commit().await.unwrap();
    let after = now(&store).await;
    assert_eq!(changed_since(&store, &before).await, [room(1)]);
    assert_eq!(changed_since(&store, &after).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_too_short_for_all_open_transactions_misses_none_of_them() {
    let store = store_with(6).await;
    let mut open = vec![];
    for n in 1..=5 {
        open.push(changing(&store, n).await);
    }
    changing(&store, 6).await.commit().await.unwrap();
    let mut seen = now(&store).await;
    // As if there had been hundreds of others, far apart.
    let first = *seen.except.first().unwrap();
    let before = (1..40).rev().map(|n| first.saturating_sub(n)).filter(|n| *n > 0);
    seen.except = before.chain(seen.except.clone()).collect();
    let whole = Cursor { walk: Walk::Changed { since: seen, place: None }, invitations: 0 };
    let Walk::Changed { since, .. } = Cursor::decode(&whole.encode()).unwrap().walk else {
        panic!("no walk")
    };
    for work in open {
        work.commit().await.unwrap();
    }
    let listed = changed_since(&store, &since).await;
    for n in 1..=5 {
        assert!(listed.contains(&room(n)), "room {n} in {listed:?}");
    }
}
