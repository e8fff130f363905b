//! Section 10 of the contract: all rooms of a user by one call.

use std::time::{Duration, Instant};

use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};

use crate::socket::id;
use crate::support::{Parlor, Session};

/// A page of a sync.
struct Page {
    rooms: Vec<Value>,
    left: Vec<Value>,
    invitations: Vec<Value>,
    has_more: bool,
    cursor: String,
}

impl Page {
    fn of(mut body: Value) -> Self {
        let mut list = |name: &str| serde_json::from_value(body["data"][name].take()).unwrap();
        let (rooms, left, invitations) = (list("rooms"), list("left"), list("invitations"));
        let pagination = &body["pagination"];
        let cursor = pagination["cursor"].as_str().unwrap().to_owned();
        let sealed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        assert!((1..=128).contains(&cursor.len()) && cursor.chars().all(sealed), "{cursor}");
        Self { rooms, left, invitations, has_more: pagination["hasMore"].as_bool().unwrap(), cursor }
    }

    fn ids(&self) -> Vec<&str> {
        self.rooms.iter().map(|room| room["id"].as_str().unwrap()).collect()
    }
}

async fn sync(user: &Session, query: &str) -> Page {
    Page::of(user.get(&format!("/api/sync{query}")).await.expect(200))
}

async fn since(user: &Session, cursor: &str) -> Page {
    sync(user, &format!("?since={cursor}")).await
}

/// Returns a cursor after which nothing is listed.
async fn quiet(user: &Session) -> String {
    let mut page = sync(user, "").await;
    while page.has_more || !page.rooms.is_empty() || !page.left.is_empty() {
        page = since(user, &page.cursor).await;
    }
    page.cursor
}

#[tokio::test]
async fn the_first_sync_has_every_room_as_its_member_sees_it_latest_activity_first() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let [quiet, busy] = [alice.room("Quiet", "private").await, alice.room("Busy", "public").await];
    bob.room("Another", "public").await;
    bob.join(&busy).await;
    let newest = bob.send(&busy, "Hello").await;
    let page = sync(&alice, "").await;
    assert_eq!(page.ids(), [id(&busy), id(&quiet)]);
    assert!(page.left.is_empty() && page.invitations.is_empty() && !page.has_more);
    for (room, last) in [(&busy, newest), (&quiet, Value::Null)] {
        let mut expected = alice.get(room).await.expect(200)["data"].take();
        expected["lastMessage"] = last;
        let found = page.rooms.iter().find(|found| found["id"] == expected["id"]).unwrap();
        assert_eq!(found, &expected);
    }
}

#[tokio::test]
async fn what_changed_since_a_cursor_is_listed_once() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    alice.room("Other", "public").await;
    bob.join(&room).await;
    let mut cursor = quiet(&alice).await;
    for step in 0..4 {
        match step {
            0 => {
                bob.send(&room, "Hello").await;
            }
            1 => {
                alice.post(&format!("{room}/read"), json!({"seq": 1})).await.expect(204);
            }
            2 => {
                alice.patch(&room, json!({"description": "about"})).await.expect(200);
            }
            _ => {
                bob.post(&format!("{room}/leave"), json!({})).await.expect(204);
            }
        }
        let page = since(&alice, &cursor).await;
        assert_eq!((page.ids(), &page.left), (vec![id(&room)], &vec![]), "step {step}");
        let again = since(&alice, &cursor).await;
        assert_eq!(again.ids(), [id(&room)], "a cursor can be used again");
        let nothing = since(&alice, &page.cursor).await;
        assert!(nothing.rooms.is_empty() && nothing.left.is_empty(), "step {step}");
        cursor = nothing.cursor;
    }
}

#[tokio::test]
async fn rooms_that_the_user_lost_are_named() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let mut rooms = vec![];
    for name in ["left", "removed", "deleted", "between", "returned"] {
        rooms.push(alice.room(name, "public").await);
    }
    let [left, removed, deleted, between, returned] = &rooms[..] else { panic!("five rooms") };
    for room in [left, removed, deleted, returned] {
        bob.join(room).await;
    }
    let cursor = quiet(&bob).await;
    bob.post(&format!("{left}/leave"), json!({})).await.expect(204);
    alice.delete(&format!("{removed}/members/{}", bob.id)).await.expect(204);
    alice.delete(deleted).await.expect(204);
    bob.join(between).await;
    bob.post(&format!("{between}/leave"), json!({})).await.expect(204);
    bob.post(&format!("{returned}/leave"), json!({})).await.expect(204);
    bob.join(returned).await;
    let page = since(&bob, &cursor).await;
    assert_eq!(page.ids(), [id(returned)]);
    let mut expected = [left, removed, deleted, between].map(|room| json!(id(room)));
    expected.sort_by_key(Value::to_string);
    let mut named = page.left;
    named.sort_by_key(Value::to_string);
    assert_eq!(named, expected);
}

#[tokio::test]
async fn pages_of_rooms_and_left_ones_lead_to_the_next_cursor() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let mut rooms = vec![];
    for n in 0..5 {
        rooms.push(alice.room(&format!("Room {n}"), "public").await);
        bob.join(&rooms[n]).await;
    }
    let first = sync(&bob, "?limit=2").await;
    let second = sync(&bob, &format!("?limit=2&since={}", first.cursor)).await;
    let third = sync(&bob, &format!("?limit=2&since={}", second.cursor)).await;
    let more = [&first, &second, &third].map(|page| (page.rooms.len(), page.has_more));
    assert_eq!(more, [(2, true), (2, true), (1, false)]);
    let cursor = quiet(&bob).await;
    for room in &rooms {
        alice.send(room, "Hello").await;
    }
    bob.post(&format!("{}/leave", rooms[0]), json!({})).await.expect(204);
    let (mut page, mut listed) = (sync(&bob, &format!("?limit=2&since={cursor}")).await, 0);
    loop {
        let here = page.rooms.len() + page.left.len();
        assert!(here <= 2, "{here}");
        listed += here;
        if !page.has_more {
            break;
        }
        page = sync(&bob, &format!("?limit=2&since={}", page.cursor)).await;
    }
    assert_eq!(listed, 5);
    assert!(since(&bob, &page.cursor).await.rooms.is_empty());
}

#[tokio::test]
async fn a_waiting_sync_is_answered_by_the_first_change_of_any_kind() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    let invited = alice.room("Secret", "private").await;
    bob.join(&room).await;
    let mut cursor = quiet(&bob).await;
    for step in 0..5 {
        let path = format!("?since={cursor}&wait=30");
        let change = async {
            // The wait has begun, or is about to: either way it must end.
            tokio::task::yield_now().await;
            match step {
                0 => drop(alice.send(&room, "Hello").await),
                1 => drop(
                    alice
                        .post(&format!("{invited}/invitations"), json!({"userId": bob.id}))
                        .await
                        .expect(201),
                ),
                2 => bob.join(&invited).await,
                3 => drop(bob.post(&format!("{room}/read"), json!({"seq": 1})).await.expect(204)),
                _ => drop(alice.delete(&format!("{room}/members/{}", bob.id)).await.expect(204)),
            }
        };
        let begun = Instant::now();
        let (page, ()) = join(sync(&bob, &path), change).await;
        assert!(begun.elapsed() < Duration::from_secs(15), "step {step} took {:?}", begun.elapsed());
        let expected = [(1, 0, 0), (0, 0, 1), (1, 0, 0), (1, 0, 0), (0, 1, 0)][step];
        assert_eq!((page.rooms.len(), page.left.len(), page.invitations.len()), expected, "step {step}");
        cursor = page.cursor;
    }
}

#[tokio::test]
async fn a_wait_ends_when_the_room_of_an_invitation_is_deleted() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Secret", "private").await;
    alice.post(&format!("{room}/invitations"), json!({"userId": bob.id})).await.expect(201);
    let path = format!("?since={}&wait=30", quiet(&bob).await);
    let delete = async {
        while !parlor.metrics().await.contains("parlor_feeds 1") {
            tokio::task::yield_now().await;
        }
        alice.delete(&room).await.expect(204);
    };
    let begun = Instant::now();
    let (page, ()) = join(sync(&bob, &path), delete).await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert!(page.invitations.is_empty());
}

#[tokio::test]
async fn a_wait_that_runs_out_has_the_invitations_and_nothing_else() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Secret", "private").await;
    alice.post(&format!("{room}/invitations"), json!({"userId": bob.id})).await.expect(201);
    let cursor = quiet(&bob).await;
    let begun = Instant::now();
    let page = sync(&bob, &format!("?since={cursor}&wait=1")).await;
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!((page.rooms.len(), page.left.len(), page.invitations.len()), (0, 0, 1));
    // Without a cursor, and by HEAD, there is no wait.
    let begun = Instant::now();
    sync(&bob, "?wait=30").await;
    let path = format!("/api/sync?since={}&wait=30", page.cursor);
    assert_eq!(crate::support::send(bob.request(Method::HEAD, &path)).await.status, 200);
    assert!(begun.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn a_waiting_sync_ends_with_its_session() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let cursor = quiet(&alice).await;
    let path = format!("/api/sync?since={cursor}&wait=30");
    let log_out = async {
        // Until the wait is counted as a connection.
        while !parlor.metrics().await.contains("parlor_connections{transport=\"sync\"} 1") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        alice.post("/api/auth/logout", json!({})).await.expect(204);
    };
    let (answer, ()) = join(alice.get(&path), log_out).await;
    answer.error(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn bad_cursors_and_parameters_are_refused() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    parlor.anonymous().get("/api/sync").await.error(401, "UNAUTHENTICATED");
    let of_bob = sync(&bob, "").await.cursor;
    let long = "A".repeat(129);
    for bad in ["", "abc", "not+a+cursor", &long, &of_bob] {
        let refused = alice.get(&format!("/api/sync?since={bad}")).await.error(400, "INVALID_CURSOR");
        assert_eq!(refused["details"][0]["field"], "since", "{bad}");
    }
    let refused = alice.get("/api/sync?wait=31&limit=201&typo=1").await.error(400, "VALIDATION_FAILED");
    let named: Vec<_> = refused["details"].as_array().unwrap().iter().map(|each| &each["field"]).collect();
    assert_eq!(named, ["wait", "limit", "typo"]);
    alice.get("/api/sync?wait=1.5").await.error(400, "VALIDATION_FAILED");
}

#[tokio::test]
async fn a_cursor_outlives_the_server() {
    let mut parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let cursor = quiet(&alice).await;
    alice.send(&room, "Hello").await;
    parlor.restart();
    let alice = parlor.session_of(&alice);
    let page = since(&alice, &cursor).await;
    assert_eq!(page.ids(), [id(&room)]);
    assert!(since(&alice, &page.cursor).await.rooms.is_empty());
}
