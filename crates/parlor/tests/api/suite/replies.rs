//! Section 13 of the contract: replies.

use serde_json::{Value, json};

use crate::receivers::{Events, StockClient};
use crate::socket::{Socket, id};
use crate::support::{Answer, Parlor, Session};

/// Sends a message with further members; returns it.
pub(super) async fn send(user: &Session, room: &str, content: &str, extras: Value) -> Value {
    try_send(user, room, content, extras).await.expect(201)["data"].take()
}

pub(super) async fn try_send(user: &Session, room: &str, content: &str, mut body: Value) -> Answer {
    body["content"] = json!(content);
    user.post(&format!("{room}/messages"), body).await
}

pub(super) async fn show(user: &Session, room: &str, of: &Value) -> Value {
    user.get(&path(room, of)).await.expect(200)["data"].take()
}

pub(super) fn path(room: &str, of: &Value) -> String {
    format!("{room}/messages/{}", of["id"].as_str().unwrap())
}

/// The fields of a plain message beside its content; those of a tombstone too.
fn plain() -> Value {
    json!({"replyTo": null, "threadId": null, "thread": null, "reactions": [], "mentions": [], "mentionsRoom": false,
        "pinnedAt": null, "metadata": {}})
}

#[track_caller]
pub(super) fn assert_plain(message: &Value) {
    for (field, wanted) in plain().as_object().unwrap() {
        assert_eq!(message.get(field), Some(wanted), "{field} of {message}");
    }
}

#[tokio::test]
async fn a_plain_message_and_a_tombstone_have_every_field_null_or_empty_on_every_surface() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let mut socket = Socket::of(&parlor, &alice).await;
    socket.join(&room, None).await;
    let mut events = Events::open(&alice, &format!("{room}/events"), None).await;
    let mut stock = StockClient::join(&parlor, &alice, &room).await;
    let sent = alice.send(&room, "hello").await;
    assert_plain(&sent);
    assert_plain(&show(&alice, &room, &sent).await);
    assert_plain(&alice.get(&format!("{room}/messages")).await.expect(200)["data"][0]);
    assert_plain(&alice.get(&format!("{room}/changes?since=1")).await.expect(200)["data"][0]);
    assert_plain(&socket.until("new-message").await);
    assert_plain(&events.next().await.unwrap());
    assert_plain(&loop {
        match stock.next().await {
            (name, data) if name == "message" => break data,
            _ => {}
        }
    });
    alice.delete(&path(&room, &sent)).await.expect(204);
    assert_plain(&show(&alice, &room, &sent).await);
    assert_plain(&alice.get(&format!("{room}/messages")).await.expect(200)["data"][0]);
    let deleted = socket.until("message-deleted").await;
    assert!(deleted.get("metadata").is_none() && deleted.get("replyTo").is_none(), "{deleted}");
}

#[tokio::test]
async fn a_reply_shows_the_other_message_as_it_is_now() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let first = alice.send(&room, "Shall we?").await;
    let reply = send(&bob, &room, "We shall", json!({"replyTo": first["id"]})).await;
    let quote = |content: Value, deleted_at: Value| {
        json!({"id": first["id"], "seq": 1, "sender": {"id": alice.id, "username": "alice"}, "content": content,
            "deletedAt": deleted_at})
    };
    assert_eq!(reply["replyTo"], quote(json!("Shall we?"), Value::Null));
    alice.patch(&path(&room, &first), json!({"content": "Will we?"})).await.expect(200);
    assert_eq!(show(&alice, &room, &reply).await["replyTo"], quote(json!("Will we?"), Value::Null));
    // It shows in a reply that is edited, too.
    let edited = bob.patch(&path(&room, &reply), json!({"content": "We will"})).await.expect(200);
    assert_eq!(edited["data"]["replyTo"], quote(json!("Will we?"), Value::Null));
    alice.delete(&path(&room, &first)).await.expect(204);
    let gone = show(&alice, &room, &first).await;
    assert_eq!(show(&alice, &room, &reply).await["replyTo"], quote(Value::Null, gone["deletedAt"].clone()));
}

#[tokio::test]
async fn only_a_living_message_of_the_room_is_replied_to() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let (room, other) = (alice.room("Chat", "public").await, alice.room("Other", "public").await);
    let (gone, elsewhere) = (alice.send(&room, "gone").await, alice.send(&other, "elsewhere").await);
    alice.delete(&path(&room, &gone)).await.expect(204);
    let unknown = json!("0197a5c2-8f00-7000-8000-000000000000");
    for named in [&gone["id"], &elsewhere["id"], &unknown] {
        for field in ["replyTo", "threadId"] {
            try_send(&alice, &room, "a reply", json!({field: named})).await.error(404, "MESSAGE_NOT_FOUND");
        }
    }
    for bad in [json!("nonsense"), json!(7), json!({}), json!("")] {
        for field in ["replyTo", "threadId"] {
            let error = try_send(&alice, &room, "a reply", json!({field: bad})).await;
            assert_eq!(error.error(400, "VALIDATION_FAILED")["details"][0]["field"], field);
        }
    }
    let sent = send(&alice, &room, "plain", json!({"replyTo": null, "threadId": null})).await;
    assert_plain(&sent);
    assert_eq!(sent["seq"], 2, "refused messages take no place");
}

#[tokio::test]
async fn replies_and_metadata_are_part_of_what_a_key_names() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let (one, two) = (alice.send(&room, "one").await, alice.send(&room, "two").await);
    let full = json!({"clientId": "k", "replyTo": one["id"], "threadId": two["id"], "metadata": {"a": 1, "b": [2.50]}});
    let first = try_send(&alice, &room, "words", full.clone()).await.expect(201);
    for of in [&one, &two] {
        alice.delete(&path(&room, of)).await.expect(204);
    }
    let mut reordered = full.clone();
    reordered["metadata"] = serde_json::from_str(r#"{"b": [2.5], "a": 1.0}"#).unwrap();
    let again = try_send(&alice, &room, "words", reordered).await.expect(200);
    assert_eq!(
        (&again["data"]["id"], &again["data"]["replyTo"]["content"]),
        (&first["data"]["id"], &Value::Null)
    );
    for (field, other) in
        [("replyTo", two["id"].clone()), ("threadId", json!(null)), ("metadata", json!({"a": 2}))]
    {
        let mut other_body = full.clone();
        other_body[field] = other;
        try_send(&alice, &room, "words", other_body).await.error(409, "IDEMPOTENCY_CONFLICT");
    }
    // Null, absent and the empty object are the same.
    let plain = try_send(&alice, &room, "plain", json!({"clientId": "p"})).await.expect(201);
    let empty = json!({"clientId": "p", "replyTo": null, "threadId": null, "metadata": {}});
    assert_eq!(try_send(&alice, &room, "plain", empty).await.expect(200), plain);
}

#[tokio::test]
async fn sockets_send_replies_and_every_transport_receives_them() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let root = alice.send(&room, "root").await;
    let mut socket = Socket::of(&parlor, &alice).await;
    socket.join(&room, None).await;
    let mut events = Events::open(&alice, &format!("{room}/events"), None).await;
    let mut stock = StockClient::join(&parlor, &alice, &room).await;
    socket
        .send(json!({"action": "send-message", "roomId": id(&room), "message": "reply", "ref": 1, "replyTo": root["id"],
            "threadId": root["id"], "metadata": {"color": "red"}}))
        .await;
    // The answer and the event come in either order.
    let (mut sent, mut event) = (Value::Null, Value::Null);
    while sent.is_null() || event.is_null() {
        let mut frame = socket.next().await;
        match frame["action"].as_str() {
            Some("ack") => sent = frame["data"].take(),
            Some("new-message") => event = frame,
            _ => {}
        }
    }
    let streamed = events.next().await.unwrap();
    let emitted = loop {
        match stock.next().await {
            (name, data) if name == "message" => break data,
            _ => {}
        }
    };
    for shown in [&sent, &event, &streamed, &emitted] {
        assert_eq!(shown["replyTo"]["content"], "root", "{shown}");
        assert_eq!(shown["threadId"], root["id"]);
        assert_eq!(shown["metadata"], json!({"color": "red"}));
    }
    let frame = |field: &str, value: Value| {
        let mut frame = json!({"action": "send-message", "roomId": id(&room), "message": "bad", "ref": 2});
        frame[field] = value;
        frame
    };
    for (frame, code) in [
        (frame("metadata", Value::Null), "VALIDATION_FAILED"),
        (frame("threadId", sent["id"].clone()), "VALIDATION_FAILED"),
        (frame("replyTo", json!("0197a5c2-8f00-7000-8000-000000000000")), "MESSAGE_NOT_FOUND"),
    ] {
        socket.send(frame).await;
        assert_eq!(socket.until("error").await["code"], code);
    }
}

#[tokio::test]
async fn dialects_ignore_replies_and_show_ordinary_messages() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let root = alice.send(&room, "root").await;
    send(&alice, &room, "reply", json!({"threadId": root["id"], "metadata": {"canary": 1}})).await;
    let body = json!({"roomId": id(&room), "content": "by envelope", "replyTo": "nonsense", "threadId": 7, "metadata": null});
    alice.post("/dialects/envelope/api/messages", body).await.expect(201);
    for list in [
        alice.get(&format!("/dialects/envelope/api/messages/{}", id(&room))).await.expect(200),
        alice.get(&format!("/dialects/actions/api/chat-history/{}", id(&room))).await.expect(200),
    ] {
        let text = list.to_string();
        assert!(["root", "reply", "by envelope"].iter().all(|content| text.contains(content)), "{text}");
        assert!(
            !text.contains("canary") && !text.contains("threadId") && !text.contains("replyTo"),
            "{text}"
        );
    }
}
