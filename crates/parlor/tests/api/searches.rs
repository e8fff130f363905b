//! Searches that read much, on SQLite: the server ends them, and others do not wait for them.

use std::time::{Duration, Instant};

use domain::RoomId;
use domain::room::{Access, Room, RoomReader, Slug};
use domain::store::Store;
use infra_sqlite::{Options, SqliteStore};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::growth::Growth;
use crate::support::{Parlor, Session};

/// SQLite compares 99 letters with their descriptions for several seconds.
const ROOMS: u128 = 36_000;
/// The time of a statement and the wait for a connection, on a machine that does other things too.
const LONGEST: Duration = Duration::from_secs(8);

/// Adds public rooms like the one at that path, beneath the server: creating them by requests takes minutes.
async fn fill(parlor: &Parlor, path: &str) {
    let path_of_database = parlor.folder().join("data/parlor.db");
    let store = SqliteStore::open(Options { path: path_of_database, readers: 1 }).await.unwrap();
    let id = RoomId(path.rsplit('/').next().unwrap().parse().unwrap());
    let model = RoomReader::room(&store, id, None).await.unwrap().unwrap().room;
    let mut work = store.begin().await.unwrap();
    for n in 0..ROOMS {
        let access = Access::Public { slug: Slug::stored(format!("filled-{n}")) };
        let room = Room { id: RoomId(Uuid::from_u128(n)), access, ..model.clone() };
        work.insert_room(room).await.unwrap();
    }
    work.commit().await.unwrap();
}

/// Searches and returns the status and the time that it took.
async fn search(stranger: Session, letters: String) -> (u16, Duration) {
    let begun = Instant::now();
    let answer = stranger.get(&format!("/api/rooms?search={letters}")).await;
    (answer.status, begun.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn expensive_searches_of_strangers_end_and_concern_no_one_else() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let body = json!({"name": "Chat", "description": "a".repeat(500)});
    let made = alice.post("/api/rooms", body).await.expect(201);
    let room = format!("/api/rooms/{}", made["data"]["id"].as_str().unwrap());
    fill(&parlor, &room).await;
    let _growth = Growth::of(&parlor);
    let mut searches = JoinSet::new();
    for _ in 0..4 {
        searches.spawn(search(parlor.anonymous(), format!("{}b", "a".repeat(98))));
    }
    let mut ended = vec![];
    while ended.len() < 4 {
        parlor.anonymous().get("/ready").await.expect(200);
        alice.get(&format!("{room}/messages")).await.expect(200);
        alice.get(&format!("{room}/members")).await.expect(200);
        alice.send(&room, "Hello").await;
        while let Some(search) = searches.try_join_next() {
            ended.push(search.unwrap());
        }
    }
    for (status, time) in &ended {
        assert!([200, 503].contains(status) && *time < LONGEST, "{ended:?}");
    }
    // Nothing of it stays.
    assert_eq!(search(parlor.anonymous(), "chat".to_owned()).await.0, 200);
}
