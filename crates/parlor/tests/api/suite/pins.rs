//! Section 13 of the contract: pins.

use serde_json::{Value, json};

use crate::socket::id;
use crate::support::{Parlor, Session};

fn pin(room: &str, message: &str) -> String {
    format!("{room}/pins/{message}")
}

async fn send(user: &Session, room: &str, content: &str) -> String {
    user.send(room, content).await["id"].as_str().unwrap().to_owned()
}

/// The ids of the pinned messages of a page, and its pagination.
async fn pins(user: &Session, room: &str, query: &str) -> (Vec<String>, Value) {
    let page = user.get(&format!("{room}/pins{query}")).await.expect(200);
    let ids =
        page["data"].as_array().unwrap().iter().map(|message| message["id"].as_str().unwrap().to_owned());
    (ids.collect(), page["pagination"].clone())
}

async fn revision(user: &Session, room: &str) -> i64 {
    user.get(room).await.expect(200)["data"]["revision"].as_i64().unwrap()
}

#[tokio::test]
async fn admins_pin_messages_and_the_latest_pin_is_listed_first() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let (first, second) = (send(&bob, &room, "first").await, send(&bob, &room, "second").await);
    for message in [&second, &first] {
        alice.put(&pin(&room, message)).await.expect(204);
    }
    let before = revision(&alice, &room).await;
    alice.put(&pin(&room, &first)).await.expect(204);
    assert_eq!(revision(&alice, &room).await, before, "it is pinned already");
    assert_eq!(pins(&bob, &room, "").await.0, [first.as_str(), &second]);
    let (page, pagination) = pins(&bob, &room, "?page=2&limit=1").await;
    assert_eq!(page, [second.as_str()]);
    assert_eq!(pagination, json!({"page": 2, "limit": 1, "total": 2, "hasMore": false}));
    let shown = bob.get(&format!("{room}/messages/{first}")).await.expect(200);
    assert!(shown["data"]["pinnedAt"].is_string());
    assert_eq!(shown["data"]["revision"], before);
    alice.delete(&pin(&room, &first)).await.expect(204);
    alice.delete(&pin(&room, &first)).await.expect(204);
    assert_eq!(revision(&alice, &room).await, before + 1);
    assert_eq!(pins(&bob, &room, "").await.0, [second.as_str()]);
    bob.put(&pin(&room, &first)).await.error(403, "ADMIN_REQUIRED");
    bob.delete(&pin(&room, &second)).await.error(403, "ADMIN_REQUIRED");
}

#[tokio::test]
async fn deleting_a_pinned_message_is_one_change_and_unpins_it() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let message = send(&bob, &room, "pinned").await;
    alice.put(&pin(&room, &message)).await.expect(204);
    let before = revision(&alice, &room).await;
    bob.delete(&format!("{room}/messages/{message}")).await.expect(204);
    let changes = alice.get(&format!("{room}/changes?since={before}")).await.expect(200);
    let actions: Vec<_> =
        changes["data"].as_array().unwrap().iter().map(|change| &change["action"]).collect();
    assert_eq!(actions, ["message-deleted"]);
    assert_eq!(revision(&alice, &room).await, before + 1);
    assert!(pins(&alice, &room, "").await.0.is_empty());
    // Found missing before anybody asks for an admin.
    for user in [&alice, &bob] {
        user.put(&pin(&room, &message)).await.error(404, "MESSAGE_NOT_FOUND");
        user.delete(&pin(&room, &message)).await.error(404, "MESSAGE_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_room_has_at_most_50_pins_and_deleted_messages_take_none() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let mut messages = vec![];
    for n in 0..51 {
        messages.push(send(&alice, &room, &format!("message {n}")).await);
    }
    for message in &messages[..50] {
        alice.put(&pin(&room, message)).await.expect(204);
    }
    alice.put(&pin(&room, &messages[50])).await.error(409, "TOO_MANY_PINS");
    alice.put(&pin(&room, &messages[7])).await.expect(204);
    alice.delete(&format!("{room}/messages/{}", messages[0])).await.expect(204);
    alice.put(&pin(&room, &messages[50])).await.expect(204);
    let (listed, pagination) = pins(&alice, &room, "?limit=100").await;
    assert_eq!((listed.len(), &listed[0], &pagination["total"]), (50, &messages[50], &json!(50)));
}

#[tokio::test]
async fn everybody_pins_in_a_direct_room() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let direct = alice.post("/api/directs", json!({"usernames": ["bob"]})).await.expect(201);
    let room = format!("/api/rooms/{}", direct["data"]["id"].as_str().unwrap());
    let message = send(&alice, &room, "pinned").await;
    bob.put(&pin(&room, &message)).await.expect(204);
    assert_eq!(pins(&alice, &room, "").await.0, [message.as_str()]);
    alice.delete(&pin(&room, &message)).await.expect(204);
}

#[tokio::test]
async fn pins_of_former_members_stay_and_ids_are_checked() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    alice.patch(&format!("{room}/members/{}", bob.id), json!({"role": "admin"})).await.expect(200);
    let message = send(&bob, &room, "pinned").await;
    bob.put(&pin(&room, &message)).await.expect(204);
    bob.post(&format!("{room}/leave"), json!({})).await.expect(204);
    assert_eq!(pins(&alice, &room, "").await.0, [message.as_str()]);
    bob.get(&format!("{room}/pins")).await.error(403, "NOT_A_MEMBER");
    let error = alice.put(&pin(&room, "x")).await.error(400, "VALIDATION_FAILED");
    assert_eq!(error["details"][0]["field"], "messageId");
    alice.put(&pin(&room, id(&room))).await.error(404, "MESSAGE_NOT_FOUND");
    let error = alice.get(&format!("{room}/pins?page=0&limit=101&x=1")).await.error(400, "VALIDATION_FAILED");
    assert_eq!(error["details"].as_array().unwrap().len(), 3);
}
