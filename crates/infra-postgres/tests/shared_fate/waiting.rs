//! Other writers while a room is locked: those who wait leave connections to the rest.

use contract::store::shared_fate::Scene;
use domain::message::{MarkMove, ReadMarks};
use domain::room::{RoomReader, Seq, Slug};
use domain::store::Store;
use domain::{RoomId, StoreError};
use infra_postgres::PostgresStore;
use tokio::task::JoinSet;

use crate::{Database, within_a_minute};

const LOCK: &str = "BEGIN; SELECT 1 FROM rooms WHERE name = 'Room 1' FOR UPDATE";

/// Changes a room.
async fn change(store: &PostgresStore, room: RoomId) -> Result<(), StoreError> {
    let mut work = store.begin().await?;
    let mut room = work.lock_room(room).await?.unwrap();
    room.log.revision = room.log.revision.next();
    work.save_room(room).await?;
    work.commit().await
}

fn is_answer<T>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Ok(_) | Err(StoreError::Unavailable(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_of_a_locked_room_leave_connections_to_the_others() {
    let database = Database::fresh().await;
    let scene = Scene::set(&database.store, 3).await;
    database.run(LOCK).await;
    let mut blocked = JoinSet::new();
    for _ in 0..40 {
        let (store, room) = (database.store.clone(), scene.rooms[0]);
        blocked.spawn(async move { change(&store, room).await });
    }
    database.waiting(1).await;
    for _ in 0..20 {
        change(&database.store, scene.rooms[1]).await.unwrap();
        database.store.room(scene.rooms[2], None).await.unwrap();
    }
    database.run("COMMIT").await;
    for outcome in within_a_minute(blocked.join_all()).await {
        assert!(is_answer(&outcome), "{outcome:?}");
    }
}

/// Each waits for its turn without a connection.
#[tokio::test(flavor = "multi_thread")]
async fn writers_of_a_locked_room_continue_when_the_lock_ends() {
    let database = Database::fresh().await;
    let scene = Scene::set(&database.store, 1).await;
    let before = revision(&database.store, scene.rooms[0]).await;
    database.run(LOCK).await;
    let mut blocked = JoinSet::new();
    for _ in 0..8 {
        let (store, room) = (database.store.clone(), scene.rooms[0]);
        blocked.spawn(async move { change(&store, room).await });
    }
    database.waiting(1).await;
    database.run("COMMIT").await;
    for outcome in within_a_minute(blocked.join_all()).await {
        outcome.unwrap();
    }
    assert_eq!(revision(&database.store, scene.rooms[0]).await, before + 8);
}

async fn revision(store: &PostgresStore, room: RoomId) -> i64 {
    store.room(room, None).await.unwrap().unwrap().room.log.revision.0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_read_mark_leaves_connections_to_the_others() {
    let database = Database::fresh().await;
    let scene = Scene::set(&database.store, 2).await;
    for (n, room) in [(1, 0), (2, 1)] {
        domain::message::MessageLog::append(&database.store, scene.message(n, room)).await.unwrap();
    }
    let lock = "BEGIN; SELECT 1 FROM memberships m JOIN rooms r ON r.id = m.room_id
        WHERE r.name = 'Room 1' FOR UPDATE OF m";
    database.run(lock).await;
    let mut blocked = JoinSet::new();
    for _ in 0..40 {
        let (store, room, user) = (database.store.clone(), scene.rooms[0], scene.bob.id);
        blocked.spawn(async move { store.move_mark(room, user, MarkMove::Forward(Seq(1))).await });
    }
    database.waiting(1).await;
    for _ in 0..20 {
        database.store.move_mark(scene.rooms[1], scene.bob.id, MarkMove::Forward(Seq(1))).await.unwrap();
        database.store.room(scene.rooms[1], None).await.unwrap();
    }
    database.run("COMMIT").await;
    for outcome in within_a_minute(blocked.join_all()).await {
        assert!(is_answer(&outcome), "{outcome:?}");
    }
    database.store.move_mark(scene.rooms[0], scene.bob.id, MarkMove::Forward(Seq(1))).await.unwrap();
}

/// It may wait for a room that a stopped replica has locked.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_at_once_while_a_unit_of_work_goes_on_in_it() {
    let database = Database::fresh().await;
    let scene = Scene::set(&database.store, 1).await;
    let message = scene.message(1, 0);
    let mut work = database.store.begin_in(message.session, message.at).await.unwrap();
    work.lock_room(message.room).await.unwrap().unwrap();
    let mut ending = database.store.begin_in(message.session, message.at).await.unwrap();
    ending.end_session(message.session, message.at).await.unwrap();
    ending.commit().await.unwrap();
    assert!(database.store.begin_in(message.session, message.at).await.is_err());
    work.commit().await.unwrap();
}

/// A replica that is stopped while it makes a room leaves such a unit.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_another_unit_reserves_delays_no_room_of_that_name() {
    let database = Database::fresh().await;
    let slugs: Vec<Slug> = ["chat", "chat-2", "chat-3"].map(|slug| Slug::stored(slug.into())).into();
    let mut stopped = database.store.begin().await.unwrap();
    assert_eq!(stopped.free_slug(slugs.clone()).await.unwrap(), slugs[0]);
    let mut work = database.store.begin().await.unwrap();
    // The first unit still reserves its slug.
    assert_eq!(work.free_slug(slugs.clone()).await.unwrap(), slugs[1]);
    assert_eq!(stopped.free_slug(slugs.clone()).await.unwrap(), slugs[0]);
}
