//! Nothing of a deleted message shows anywhere: its words are looked for in every answer and event afterwards.

use serde_json::json;

use crate::receivers::{Events, StockClient};
use crate::socket::{Socket, id};
use crate::support::{Parlor, Session};

const CANARY: &str = "canary-7f3a";

#[track_caller]
fn assert_silent(what: &str, text: &str) {
    assert!(!text.contains(CANARY), "{what}: {text}");
}

/// Looks at everything that a member can read about a room.
async fn assert_forgotten(reader: &Session, room: &str, message: &str, root: &str) {
    let dialect = format!("/dialects/envelope/api/messages/{}", id(room));
    for path in [
        room.to_owned(),
        format!("{room}/messages"),
        format!("{room}/messages?order=asc"),
        format!("{room}/messages?limit=1"),
        format!("{room}/messages?threads=false"),
        format!("{room}/messages?threadId={root}"),
        format!("{room}/messages?threadId={message}"),
        format!("{room}/messages?around={message}"),
        format!("{room}/messages?after={message}"),
        format!("{room}/messages?before={message}"),
        format!("{room}/messages/{message}"),
        format!("{room}/messages/{message}/history"),
        format!("{room}/changes?since=0"),
        format!("{room}/pins"),
        format!("{room}/audit"),
        "/api/mentions".to_owned(),
        "/api/sync".to_owned(),
        format!("/api/search/messages?q={CANARY}"),
        dialect,
        format!("/dialects/actions/api/chat-history/{}", id(room)),
    ] {
        let answer = reader.get(&path).await;
        // Errors may repeat what was asked for.
        if answer.status == 200 {
            assert_silent(&path, &answer.body.to_string());
        }
    }
}

#[tokio::test]
async fn a_deleted_message_is_silent_in_quotes_threads_histories_replays_and_held_pages() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let messages = format!("{room}/messages");
    let root = alice.send(&room, "root").await["id"].as_str().unwrap().to_owned();
    let secret = json!({"content": format!("{CANARY} @bob"), "threadId": root, "clientId": "secret",
        "metadata": {CANARY: {"deep": CANARY}}});
    let said =
        alice.post(&messages, secret.clone()).await.expect(201)["data"]["id"].as_str().unwrap().to_owned();
    let message = format!("{messages}/{said}");
    alice.patch(&message, json!({"content": format!("edited {CANARY} @bob")})).await.expect(200);
    alice.patch(&message, json!({"content": format!("edited again {CANARY} @bob")})).await.expect(200);
    for content in ["quoting", "quoting again"] {
        bob.post(&messages, json!({"content": content, "replyTo": said, "threadId": root})).await.expect(201);
    }
    // Every page is held before the deletion.
    for query in ["", "?order=asc", "?limit=1", "?limit=2"] {
        assert!(bob.get(&format!("{messages}{query}")).await.expect(200).to_string().contains(CANARY));
    }

    alice.delete(&message).await.expect(204);
    for reader in [&alice, &bob] {
        assert_forgotten(reader, &room, &said, &root).await;
    }
    // A retry of the send, an edit of a reply, and another reply.
    let retried = alice.post(&messages, secret).await.expect(200);
    assert_eq!(retried["data"]["metadata"], json!({}));
    assert_silent("a retry", &retried.to_string());
    let replies = bob.get(&format!("{messages}?threadId={root}")).await.expect(200);
    let reply = replies["data"][0]["id"].as_str().unwrap();
    let edited =
        bob.patch(&format!("{messages}/{reply}"), json!({"content": "still quoting"})).await.expect(200);
    assert_eq!(edited["data"]["replyTo"]["content"], json!(null));
    assert_silent("an edit of the reply", &edited.to_string());

    let mut socket = Socket::of(&parlor, &bob).await;
    socket.join(&room, Some(0)).await;
    loop {
        let event = socket.next().await;
        assert_silent("a replay", &event.to_string());
        if event["action"] == "caught-up" {
            break;
        }
    }
    let mut events = Events::open(&bob, &format!("{room}/events?since=0"), None).await;
    loop {
        let event = events.next().await.unwrap();
        assert_silent("a stream", &event.to_string());
        if event["action"] == "caught-up" {
            break;
        }
    }
    let mut stock = StockClient::join_since(&parlor, &bob, &room, Some(0)).await;
    loop {
        let (name, data) = stock.next().await;
        assert_silent("a replay by Socket.IO", &data.to_string());
        if name == "caught-up" {
            break;
        }
    }
}

/// A reply that was answered shows the words only while the message stands, in either order of the two.
#[tokio::test]
async fn a_reply_at_the_moment_of_the_deletion_keeps_no_words() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let messages = format!("{room}/messages");
    for round in 0..10 {
        let said = alice.send(&room, CANARY).await["id"].as_str().unwrap().to_owned();
        let reply = json!({"content": "quoting", "replyTo": said, "threadId": said});
        let deletion_path = format!("{messages}/{said}");
        let (replied, deleted) =
            futures_util::future::join(bob.post(&messages, reply), alice.delete(&deletion_path)).await;
        deleted.expect(204);
        assert!([201, 404].contains(&replied.status), "round {round}: {}", replied.body);
        assert_forgotten(&bob, &room, &said, &said).await;
    }
}
