//! Sends while another transaction holds the lock of a room.

use contract::store::shared_fate::Scene;
use domain::message::{Appended, MessageLog, NewMessage};
use domain::room::Seq;
use domain::store::Store;
use domain::{Error, Refusal, RoomId, StoreError};
use infra_postgres::PostgresStore;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{Database, store, within_a_minute};

const LOCK: &str = "BEGIN; SELECT 1 FROM rooms WHERE name = 'Room 1' FOR UPDATE";

fn is_unavailable(outcome: &domain::Result<Appended>) -> bool {
    matches!(outcome, Err(Error::Store(StoreError::Unavailable(_))))
}

/// Six senders send four messages each, one after the other, into rooms of their own.
async fn six_send(store: &PostgresStore, scene: &Scene, from: u32) {
    let mut sending = JoinSet::new();
    for room in 1..=6_u32 {
        let news: Vec<_> =
            (0..4).map(|n| scene.message(from + 10 * room + n, usize::try_from(room).unwrap())).collect();
        let store = store.clone();
        sending.spawn(async move {
            for new in news {
                store.append(new).await.unwrap();
            }
        });
    }
    within_a_minute(sending.join_all()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_room_delays_no_other() {
    let database = Database::fresh().await;
    let scene = Scene::set(&database.store, 7).await;
    database.run(LOCK).await;
    let mut blocked = JoinSet::new();
    for n in 1..=2 {
        let (store, new) = (database.store.clone(), scene.message(n, 0));
        blocked.spawn(async move { store.append(new).await });
    }
    database.waiting(1).await;
    for round in 1..=3 {
        six_send(&database.store, &scene, 1_000 * round).await;
    }
    // All that while the lock was held.
    database.run("COMMIT").await;
    for outcome in within_a_minute(blocked.join_all()).await {
        assert!(outcome.is_ok() || is_unavailable(&outcome), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_to_a_locked_room_are_stored_in_their_order_once_the_lock_ends() {
    let database = Database::fresh().await;
    let scene = Scene::set(&database.store, 1).await;
    database.run(LOCK).await;
    let sends = (1..=5).map(|n| database.store.append(scene.message(n, 0)));
    let release = async {
        database.waiting(1).await;
        database.run("COMMIT").await;
    };
    let (outcomes, ()) = tokio::join!(futures_util::future::join_all(sends), release);
    for (n, outcome) in (1..).zip(outcomes) {
        assert!(matches!(&outcome, Ok(Appended::New(message)) if message.seq == Seq(n)), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_stays_locked_fails_its_senders_alone_and_stores_nothing_of_theirs() {
    let database = Database::fresh().await;
    let scene = Scene::set(&database.store, 7).await;
    database.run(LOCK).await;
    for n in 1..=2 {
        let refused = database.store.append(scene.message(n, 0)).await;
        assert!(is_unavailable(&refused), "{refused:?}");
        six_send(&database.store, &scene, 1_000 * n).await;
    }
    database.run("COMMIT").await;
    let sent = database.store.append(scene.message(3, 0)).await;
    assert!(matches!(&sent, Ok(Appended::New(message)) if message.seq == Seq(1)), "{sent:?}");
}

/// A room that does not exist is not taken for a locked one.
#[tokio::test(flavor = "multi_thread")]
async fn a_send_to_no_room_is_refused_at_once() {
    let database = Database::fresh().await;
    let scene = Scene::set(&database.store, 1).await;
    database.run(LOCK).await;
    let new = NewMessage { room: RoomId(Uuid::from_u128(99)), ..scene.message(1, 0) };
    let refused = database.store.append(new).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::RoomNotFound))), "{refused:?}");
}

/// A sender's read mark, which a send moves too.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_membership_fails_no_message_to_other_rooms() {
    let database = Database::fresh().await;
    let scene = Scene::set(&database.store, 7).await;
    let lock = "BEGIN; SELECT 1 FROM memberships m JOIN rooms r ON r.id = m.room_id
        WHERE r.name = 'Room 1' FOR UPDATE OF m";
    database.run(lock).await;
    let blocked = {
        let (store, new) = (database.store.clone(), scene.message(1, 0));
        tokio::spawn(async move { store.append(new).await })
    };
    database.waiting(1).await;
    six_send(&database.store, &scene, 1_000).await;
    database.run("COMMIT").await;
    let outcome = within_a_minute(blocked).await.unwrap();
    assert!(outcome.is_ok() || is_unavailable(&outcome), "{outcome:?}");
}

/// A replica that is stopped between two statements leaves its transaction behind, idle.
#[tokio::test(flavor = "multi_thread")]
async fn the_lock_of_a_stopped_replica_ends_soon() {
    let database = Database::fresh().await;
    let scene = Scene::set(&database.store, 7).await;
    let stopped = store(&database.url);
    let mut work = stopped.begin().await.unwrap();
    work.lock_room(scene.rooms[0]).await.unwrap().unwrap();
    six_send(&database.store, &scene, 1_000).await;
    // Waits, without a limit of its own, until the server has ended the idle transaction.
    within_a_minute(database.run(LOCK)).await;
    database.run("COMMIT").await;
    let sent = database.store.append(scene.message(1, 0)).await;
    assert!(matches!(sent, Ok(Appended::New(_))), "{sent:?}");
    assert!(matches!(work.commit().await, Err(StoreError::Unavailable(_))), "its transaction is gone");
}

/// Two rooms are locked, one is unreadable, and two replicas send.
#[tokio::test(flavor = "multi_thread")]
async fn locked_and_unreadable_rooms_together_delay_no_other() {
    let database = Database::fresh().await;
    let scene = Scene::set(&database.store, 10).await;
    let replicas = [database.store.clone(), store(&database.url)];
    database.run("UPDATE rooms SET visibility = 7 WHERE name = 'Room 10'").await;
    database.run("BEGIN; SELECT 1 FROM rooms WHERE name IN ('Room 1', 'Room 9') FOR UPDATE").await;
    let mut failing = JoinSet::new();
    for (which, store) in (0_u32..).zip(&replicas) {
        for (n, room) in [0, 8, 9, 0, 8, 9].into_iter().enumerate() {
            let n = 1 + 10 * which + u32::try_from(n).unwrap();
            let (store, new) = (store.clone(), scene.message(n, room));
            failing.spawn(async move { store.append(new).await });
        }
    }
    database.waiting(1).await;
    tokio::join!(six_send(&replicas[0], &scene, 1_000), six_send(&replicas[1], &scene, 2_000));
    database.run("COMMIT").await;
    for outcome in within_a_minute(failing.join_all()).await {
        assert!(matches!(outcome, Ok(Appended::New(_)) | Err(Error::Store(_))), "{outcome:?}");
    }
}
