//! Section 13 of the contract: metadata of messages and rooms, and the history of edits.

use reqwest::Method;
use serde_json::{Value, json};

use crate::socket::{Socket, id};
use crate::support::{self, Answer, Parlor, Session};

/// Sends a body as it is written.
async fn written(user: &Session, method: Method, path: &str, body: &str) -> Answer {
    let request = user.request(method, path).header("content-type", "application/json");
    support::send(request.body(body.to_owned())).await
}

async fn send_with(user: &Session, room: &str, metadata: &str) -> Answer {
    let body = format!(r#"{{"content": "words", "metadata": {metadata}}}"#);
    written(user, Method::POST, &format!("{room}/messages"), &body).await
}

fn path(room: &str, of: &Value) -> String {
    format!("{room}/messages/{}", of["id"].as_str().unwrap())
}

#[track_caller]
fn assert_bad(answer: Answer, field: &str) {
    let error = answer.error(400, "VALIDATION_FAILED");
    assert_eq!(error["details"].as_array().unwrap().len(), 1, "{error}");
    assert_eq!(error["details"][0]["field"], field, "{error}");
}

#[tokio::test]
async fn metadata_come_back_as_they_were_sent() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let sent = "{\"z\": \" e\\u0301\\r\\n \", \"a\": [1.50, {\"b\": {\"c\": null}}], \"n\": -9007199254740991, \"k\": 1, \"k\": true}";
    let wanted = json!({"z": " e\u{301}\r\n ", "a": [1.5, {"b": {"c": null}}], "n": -9_007_199_254_740_991_i64, "k": true});
    let message = send_with(&alice, &room, sent).await.expect(201)["data"].take();
    assert_eq!(message["metadata"], wanted);
    assert_eq!(alice.get(&path(&room, &message)).await.expect(200)["data"]["metadata"], wanted);
    assert_eq!(alice.get(&format!("{room}/messages")).await.expect(200)["data"][0]["metadata"], wanted);
    assert_eq!(
        alice.get(&format!("{room}/changes?since=0")).await.expect(200)["data"][1]["metadata"],
        wanted
    );
}

#[tokio::test]
async fn what_is_no_metadata_is_refused_everywhere() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let message = alice.send(&room, "words").await;
    let long = format!(r#"{{"k": "{}"}}"#, "\u{e9}".repeat(2_045));
    let bad = [
        "null",
        "[]",
        "7",
        r#""{}""#,
        r#"{"a": "\u0000"}"#,
        r#"{"\u0000": 1}"#,
        r#"{"a": 9007199254740992}"#,
        r#"{"a": [-9007199254740992]}"#,
        r#"{"a": 1e999}"#,
        r#"{"a": {"b": {"c": {"d": {"e": {}}}}}}"#,
        r#"{"a": [[[[[]]]]]}"#,
        &long,
    ];
    for metadata in bad {
        assert_bad(send_with(&alice, &room, metadata).await, "metadata");
        let body = format!(r#"{{"metadata": {metadata}}}"#);
        assert_bad(written(&alice, Method::PATCH, &path(&room, &message), &body).await, "metadata");
        assert_bad(written(&alice, Method::PATCH, &room, &body).await, "metadata");
        let body = format!(r#"{{"name": "Another", "metadata": {metadata}}}"#);
        assert_bad(written(&alice, Method::POST, "/api/rooms", &body).await, "metadata");
    }
    let most = [
        format!(r#"{{"k": "{}"}}"#, "\\u00e9".repeat(2_044)),
        r#"{"a": {"b": {"c": {"d": {"e": 1}}}}}"#.to_owned(),
        r#"{"a": 9007199254740991, "b": 1e300}"#.to_owned(),
    ];
    for metadata in &most {
        send_with(&alice, &room, metadata).await.expect(201);
    }
}

#[tokio::test]
async fn an_edit_takes_content_or_metadata_or_both() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let message = send_with(&alice, &room, r#"{"a": 1, "b": 2}"#).await.expect(201)["data"].take();
    let edit = async |body: Value| alice.patch(&path(&room, &message), body).await;
    assert_bad(edit(json!({})).await, "content");
    assert_bad(edit(json!({"content": null, "metadata": {}})).await, "content");
    let replaced = edit(json!({"metadata": {"c": 3}})).await.expect(200)["data"].take();
    assert_eq!((&replaced["content"], &replaced["metadata"]), (&json!("words"), &json!({"c": 3})));
    assert_eq!(replaced["revision"], 3);
    assert!(replaced["editedAt"].is_string());
    let kept = edit(json!({"content": "other"})).await.expect(200)["data"].take();
    assert_eq!((&kept["content"], &kept["metadata"]), (&json!("other"), &json!({"c": 3})));
    let both = edit(json!({"content": "both", "metadata": {}})).await.expect(200)["data"].take();
    assert_eq!((&both["content"], &both["metadata"]), (&json!("both"), &json!({})));
    assert_eq!(alice.get(&path(&room, &message)).await.expect(200)["data"], both);
}

#[tokio::test]
async fn the_history_of_a_message_is_what_it_said_from_when_on() {
    let parlor = Parlor::start();
    let (alice, bob, carol) =
        (parlor.user("alice").await, parlor.user("bob").await, parlor.user("carol").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    carol.join(&room).await;
    let sent = bob.send(&room, "one").await;
    let message = path(&room, &sent);
    let history = format!("{message}/history");
    let version = |content: &str, changed_at: &Value| json!({"content": content, "changedAt": changed_at, "changedBy": {"id": bob.id, "username": "bob"}});
    let mut wanted = vec![version("one", &sent["createdAt"])];
    assert_eq!(bob.get(&history).await.expect(200)["data"], json!(wanted));
    for content in ["two", "three"] {
        let edited = bob.patch(&message, json!({"content": content})).await.expect(200);
        wanted.push(version(content, &edited["data"]["editedAt"]));
        // Neither metadata nor the same words are another version.
        bob.patch(&message, json!({"metadata": {"n": content}})).await.expect(200);
        bob.patch(&message, json!({"content": content, "metadata": {}})).await.expect(200);
    }
    for reader in [&bob, &alice] {
        let page = reader.get(&history).await.expect(200);
        assert_eq!(page["data"], json!(wanted));
        assert_eq!(page["pagination"], json!({"page": 1, "limit": 20, "total": 3, "hasMore": false}));
    }
    let second = alice.get(&format!("{history}?page=2&limit=2")).await.expect(200);
    assert_eq!((&second["data"], &second["pagination"]["total"]), (&json!([wanted[2]]), &json!(3)));
    carol.get(&history).await.error(403, "NOT_ALLOWED");
    alice.get(&format!("{history}?limit=101&page=0")).await.error(400, "VALIDATION_FAILED");
    alice.delete(&message).await.expect(204);
    for reader in [&bob, &alice, &carol] {
        reader.get(&history).await.error(404, "MESSAGE_NOT_FOUND");
    }
}

/// It has no admins.
#[tokio::test]
async fn in_a_direct_room_only_the_sender_sees_the_history_of_a_message() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let direct = alice.post("/api/directs", json!({"usernames": ["bob"]})).await.expect(201)["data"].take();
    let room = format!("/api/rooms/{}", direct["id"].as_str().unwrap());
    let sent = bob.send(&room, "one").await;
    let history = format!("{}/history", path(&room, &sent));
    bob.get(&history).await.expect(200);
    alice.get(&history).await.error(403, "NOT_ALLOWED");
}

#[tokio::test]
async fn a_room_shows_its_metadata_to_whoever_sees_it() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let made = json!({"name": "Chat", "metadata": {"topic": "all", "n": 1}});
    let made = alice.post("/api/rooms", made).await.expect(201)["data"].take();
    assert_eq!(made["metadata"], json!({"topic": "all", "n": 1}));
    let room = format!("/api/rooms/{}", made["id"].as_str().unwrap());
    assert_eq!(parlor.anonymous().get(&room).await.expect(200)["data"]["metadata"], made["metadata"]);
    assert_eq!(
        parlor.anonymous().get("/api/rooms").await.expect(200)["data"][0]["metadata"],
        made["metadata"]
    );
    bob.join(&room).await;
    let mut socket = Socket::of(&parlor, &bob).await;
    socket.join(&room, None).await;
    let changed = alice.patch(&room, json!({"metadata": {"topic": "none"}})).await.expect(200)["data"].take();
    assert_eq!((&changed["metadata"], &changed["revision"]), (&json!({"topic": "none"}), &json!(3)));
    let event = socket.until("room-updated").await;
    assert_eq!((&event["room"]["metadata"], &event["revision"]), (&json!({"topic": "none"}), &json!(3)));
    // Others stay, and the same again changes nothing.
    let renamed = alice.patch(&room, json!({"name": "Talk"})).await.expect(200)["data"].take();
    assert_eq!(renamed["metadata"], json!({"topic": "none"}));
    let same = alice.patch(&room, json!({"metadata": {"topic": "none"}})).await.expect(200)["data"].take();
    assert_eq!(same["revision"], renamed["revision"]);
    let cleared = alice.patch(&room, json!({"metadata": {}})).await.expect(200)["data"].take();
    assert_eq!(cleared["metadata"], json!({}));
    bob.patch(&room, json!({"metadata": {}})).await.error(403, "ADMIN_REQUIRED");
    let audit = alice.get(&format!("{room}/audit")).await.expect(200);
    assert_eq!(audit["data"][0]["details"], json!({"fields": ["metadata"]}));
    assert_eq!(socket.until("room-updated").await["room"]["name"], "Talk");
    assert_eq!(id(&room), made["id"]);
}

#[tokio::test]
async fn metadata_are_part_of_what_a_key_of_a_new_room_names() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let make = async |key: &str, body: &str| {
        let request = alice.request(Method::POST, "/api/rooms").header("idempotency-key", key);
        support::send(request.header("content-type", "application/json").body(body.to_owned())).await
    };
    let first = make("k", r#"{"name": "Chat", "metadata": {"a": 1, "b": 2}}"#).await.expect(201);
    assert_eq!(make("k", r#"{"name": "Chat", "metadata": {"b": 2.0, "a": 1}}"#).await.expect(201), first);
    make("k", r#"{"name": "Chat", "metadata": {"a": 2}}"#).await.error(409, "IDEMPOTENCY_CONFLICT");
    make("k", r#"{"name": "Chat"}"#).await.error(409, "IDEMPOTENCY_CONFLICT");
    let plain = make("p", r#"{"name": "Chat"}"#).await.expect(201);
    assert_eq!(make("p", r#"{"name": "Chat", "metadata": {}}"#).await.expect(201), plain);
}
