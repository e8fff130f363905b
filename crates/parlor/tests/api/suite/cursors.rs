//! Section 10 of the contract: the cursors that a subscription receives after its first part.

use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};

use crate::receivers::Events;
use crate::socket::{Socket, id};
use crate::support::{self, Parlor, Session};

/// A user with a room, in which another user sends.
async fn chat(parlor: &Parlor) -> (Session, Session, String) {
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    (alice, bob, room)
}

/// Returns the rooms that changed since a cursor, and the next one.
async fn since(user: &Session, cursor: &Value) -> (Vec<Value>, Value) {
    let path = format!("/api/sync?since={}", cursor.as_str().unwrap());
    let mut page = user.get(&path).await.expect(200);
    let rooms = serde_json::from_value(page["data"]["rooms"].take()).unwrap();
    (rooms, page["pagination"]["cursor"].take())
}

#[tokio::test]
async fn a_cursor_comes_again_where_anything_happened_and_covers_it() {
    let parlor = Parlor::start();
    let (alice, bob, room) = chat(&parlor).await;
    let mut events = Events::open(&bob, "/api/events", None).await;
    let mut first = Value::Null;
    while first["action"] != "synced" {
        first = events.next_of_all_rooms().await.unwrap();
    }
    alice.send(&room, "Hello").await;
    assert_eq!(events.next_of_all_rooms().await.unwrap()["message"], "Hello");
    let next = events.next_of_all_rooms().await.unwrap();
    assert_eq!(next["action"], "synced");
    let (changed, _) = since(&bob, &first["cursor"]).await;
    assert_eq!(changed[0]["id"], id(&room));
    assert_eq!(since(&bob, &next["cursor"]).await.0, [Value::Null; 0]);
}

#[tokio::test]
async fn a_cursor_that_cannot_be_opened_is_named_beside_other_bad_fields() {
    let parlor = Parlor::start();
    let (alice, bob, _) = chat(&parlor).await;
    let of_bob = bob.get("/api/sync").await.expect(200)["pagination"]["cursor"].take();
    for cursor in ["zz", "not%20one", of_bob.as_str().unwrap()] {
        for (query, named) in [("sync?wait=99&", "wait"), ("events?foo=1&", "foo")] {
            let path = format!("/api/{query}since={cursor}");
            let refused = alice.get(&path).await.error(400, "VALIDATION_FAILED");
            let mut fields: Vec<&str> = refused["details"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|bad| bad["field"].as_str())
                .collect();
            fields.sort_unstable();
            let mut all = [named, "since"];
            all.sort_unstable();
            assert_eq!(fields, all, "{path}");
        }
        for path in ["sync", "events"] {
            let path = format!("/api/{path}?since={cursor}");
            let refused = alice.get(&path).await.error(400, "INVALID_CURSOR");
            assert_eq!(refused["details"][0]["field"], "since", "{path}");
            let message = refused["details"][0]["message"].as_str().unwrap();
            assert_eq!(message, "must be a cursor from an earlier answer to the same user", "{path}");
        }
    }
    let last = alice.request(Method::GET, "/api/events").header("Last-Event-ID", "zz");
    let refused = support::send(last).await.error(400, "INVALID_CURSOR");
    assert_eq!(refused["details"][0]["field"], "Last-Event-ID");
}

#[tokio::test]
async fn at_a_drain_the_cursor_comes_last_on_every_transport() {
    let parlor = Parlor::start();
    let (alice, bob, room) = chat(&parlor).await;
    let mut socket = Socket::of(&parlor, &bob).await;
    socket.send(json!({"action": "subscribe"})).await;
    socket.until("synced").await;
    let mut events = Events::open(&bob, "/api/events", None).await;
    let mut event = Value::Null;
    while event["action"] != "synced" {
        event = events.next_of_all_rooms().await.unwrap();
    }
    for n in 0..20 {
        alice.send(&room, &n.to_string()).await;
    }
    let pid = parlor.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let mut on_socket = vec![];
    let code = loop {
        match socket.try_next().await {
            Ok(frame) => on_socket.push(frame),
            Err(code) => break code,
        }
    };
    assert_eq!(code, Some(1012));
    let mut on_stream = vec![];
    while let Some(event) = events.next_of_all_rooms().await {
        on_stream.push(event);
    }
    for received in [on_socket, on_stream] {
        assert_eq!(received.iter().filter(|event| event["action"] == "new-message").count(), 20);
        assert_eq!(received.last().unwrap()["action"], "synced");
    }
}

#[tokio::test]
async fn a_waiting_sync_is_answered_when_the_server_stops() {
    let parlor = Parlor::start();
    let (_alice, bob, _room) = chat(&parlor).await;
    let mut cursor = bob.get("/api/sync").await.expect(200)["pagination"]["cursor"].take();
    let mut listed = vec![Value::Null];
    while !listed.is_empty() {
        (listed, cursor) = since(&bob, &cursor).await;
    }
    let path = format!("/api/sync?wait=30&since={}", cursor.as_str().unwrap());
    let stop = async {
        while !parlor.metrics().await.contains("parlor_connections{transport=\"sync\"} 1") {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let pid = parlor.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    };
    let (answer, ()) = tokio::join!(bob.get(&path), stop);
    assert_eq!(answer.expect(200)["data"], json!({"rooms": [], "left": [], "invitations": []}));
}
