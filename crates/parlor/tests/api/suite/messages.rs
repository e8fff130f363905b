//! Section 4 of the contract: messages.

use serde_json::{Value, json};

use crate::support::{self, Parlor, Session};

fn contents(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|message| message["content"].as_str().unwrap()).collect()
}

async fn room_with_ten(alice: &Session) -> String {
    let room = alice.room("Chat", "public").await;
    for n in 1..=10 {
        alice.send(&room, &n.to_string()).await;
    }
    room
}

#[tokio::test]
async fn a_retry_answers_the_first_message_as_it_is_now() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let messages = format!("{room}/messages");
    let body = json!({"content": "hello", "clientId": "k1"});
    let first = alice.post(&messages, body.clone()).await.expect(201);
    assert_eq!(alice.post(&messages, body.clone()).await.expect(200), first);
    let by_header = alice.request(reqwest::Method::POST, &messages).header("idempotency-key", "k1");
    assert_eq!(support::send(by_header.json(&json!({"content": "hello"}))).await.expect(200), first);
    let other = json!({"content": "bye", "clientId": "k1"});
    alice.post(&messages, other).await.error(409, "IDEMPOTENCY_CONFLICT");
    let message = format!("{messages}/{}", first["data"]["id"].as_str().unwrap());
    let edited = alice.patch(&message, json!({"content": "hallo"})).await.expect(200);
    assert_eq!(edited["data"]["revision"], 3);
    assert_eq!(alice.post(&messages, body.clone()).await.expect(200), edited);
    alice.delete(&message).await.expect(204);
    alice.delete(&message).await.expect(204);
    let tombstone = alice.post(&messages, body).await.expect(200);
    assert_eq!(tombstone["data"]["content"], Value::Null);
    assert!(tombstone["data"]["deletedAt"].is_string());
    alice.patch(&message, json!({"content": "x"})).await.error(404, "MESSAGE_NOT_FOUND");
}

#[tokio::test]
async fn the_header_and_the_body_name_one_key() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let messages = format!("{}/messages", alice.room("Chat", "public").await);
    let send = async |header: &str, body: Value| {
        let request = alice.request(reqwest::Method::POST, &messages).header("Idempotency-Key", header);
        support::send(request.json(&body)).await
    };
    let first = send("\"k 1\"", json!({"content": "hello"})).await.expect(201);
    assert_eq!(first["data"]["clientId"], "k 1");
    assert_eq!(send("k 1", json!({"content": "hello", "clientId": "k 1"})).await.expect(200), first);
    let differing = send("k 1", json!({"content": "hello", "clientId": "k 2"})).await;
    assert_eq!(differing.error(400, "VALIDATION_FAILED")["details"][0]["field"], "Idempotency-Key");
    send("\"k\\1\"", json!({"content": "hello"})).await.error(400, "VALIDATION_FAILED");
    let half = send("\"k 1", json!({"content": "hello"})).await.expect(201);
    assert_eq!(half["data"]["clientId"], "\"k 1");
}

#[tokio::test]
async fn cursors_walk_the_room_in_both_directions() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let messages = format!("{}/messages", room_with_ten(&alice).await);
    let newest = alice.get(&format!("{messages}?limit=4")).await.expect(200);
    assert_eq!(contents(&newest), ["10", "9", "8", "7"]);
    assert_eq!(newest["pagination"]["hasMore"], true);
    let before = newest["pagination"]["before"].as_str().unwrap();
    let older = alice.get(&format!("{messages}?limit=6&before={before}&order=asc")).await.expect(200);
    assert_eq!(contents(&older), ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(older["pagination"]["hasMore"], false);
    let after = older["pagination"]["after"].as_str().unwrap();
    let newer = alice.get(&format!("{messages}?limit=3&after={after}&order=asc")).await.expect(200);
    assert_eq!(contents(&newer), ["7", "8", "9"]);
    assert_eq!(newer["pagination"]["hasMore"], true);
    let at = newest["data"][0]["createdAt"].as_str().unwrap();
    let earlier = alice.get(&format!("{messages}?limit=2&before={at}")).await.expect(200);
    assert_eq!(contents(&earlier), ["9", "8"]);
    alice.get(&format!("{messages}?before=nonsense")).await.error(400, "INVALID_CURSOR");
}

#[tokio::test]
async fn reading_moves_the_read_mark_and_deleted_messages_are_not_unread() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let mut ids = vec![];
    for n in 1..=5 {
        ids.push(alice.send(&room, &n.to_string()).await["id"].as_str().unwrap().to_owned());
    }
    let unread = || async { bob.get(&room).await.expect(200)["data"]["membership"]["unreadCount"].clone() };
    assert_eq!(unread().await, 5);
    alice.delete(&format!("{room}/messages/{}", ids[4])).await.expect(204);
    assert_eq!(unread().await, 4);
    bob.get(&format!("{room}/messages?markRead=false")).await.expect(200);
    bob.get(&format!("{room}/messages?type=text")).await.expect(200);
    assert_eq!(unread().await, 4);
    bob.post(&format!("{room}/read"), json!({"seq": 2})).await.expect(204);
    assert_eq!(unread().await, 2);
    bob.post(&format!("{room}/read"), json!({"seq": 1})).await.expect(204);
    assert_eq!(unread().await, 2);
    bob.get(&format!("{room}/messages")).await.expect(200);
    assert_eq!(unread().await, 0);
}

#[tokio::test]
async fn tombstones_pass_only_the_sender_filter() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = room_with_ten(&alice).await;
    let all = alice.get(&format!("{room}/messages")).await.expect(200);
    alice.delete(&format!("{room}/messages/{}", all["data"][0]["id"].as_str().unwrap())).await.expect(204);
    let count = |query: String| {
        let (alice, path) = (alice.clone(), format!("{room}/messages?{query}"));
        async move { alice.get(&path).await.expect(200)["data"].as_array().unwrap().len() }
    };
    assert_eq!(count("type=text".into()).await, 9);
    assert_eq!(count("type=image".into()).await, 0);
    assert_eq!(count(format!("senderId={}", alice.id)).await, 10);
    assert_eq!(count("senderId=00000000-0000-4000-8000-000000000000".into()).await, 0);
}

#[tokio::test]
async fn an_invalid_file_reference_is_refused_by_its_field() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let messages = format!("{}/messages", alice.room("Chat", "public").await);
    let file = "00000000-0000-4000-8000-000000000000";
    for (body, field) in [
        (json!({}), "content"),
        (json!({"type": "image"}), "fileId"),
        (json!({"content": "a", "fileId": file}), "fileId"),
    ] {
        let error = alice.post(&messages, body).await.error(400, "VALIDATION_FAILED");
        assert_eq!(error["details"][0]["field"], field);
    }
    alice.post(&messages, json!({"type": "file", "fileId": file})).await.error(404, "FILE_NOT_FOUND");
}
