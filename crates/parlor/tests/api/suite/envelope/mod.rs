//! The dialect `envelope`: every request of its source document with the answer it documents.

mod files;
mod limits;
mod lists;
mod refusals;

use serde_json::{Value, json};

use crate::socket::id;
use crate::support::{self, Answer, Parlor, Session};

const BASE: &str = "/dialects/envelope/api";
const NOBODY: &str = "0197a5c2-8f00-7000-8000-000000000000";

/// Checks that this is an error of that status in the dialect's shape, and nothing beside it; answers its words and what
/// they are about.
#[track_caller]
fn refused(answer: &Answer, status: u16, words: &str) -> Vec<String> {
    let message = answer.body["message"].as_str();
    assert_eq!((answer.status, message), (status, Some(words)), "{}", answer.body);
    assert_eq!((&answer.body["success"], answer.body.as_object().unwrap().len()), (&json!(false), 3));
    assert!(answer.header("x-request-id").is_some());
    let errors = answer.body["errors"].as_array().unwrap();
    assert!(!errors.is_empty());
    errors.iter().map(|error| error.as_str().unwrap().to_owned()).collect()
}

/// The data of a success with that status and message, and nothing beside it.
#[track_caller]
fn success(answer: Answer, status: u16, message: &str) -> Value {
    let mut body = answer.expect(status);
    assert_eq!((&body["success"], body["message"].as_str()), (&json!(true), Some(message)));
    assert_eq!(body.as_object().unwrap().len(), 3, "{body}");
    body["data"].take()
}

async fn get(who: &Session, path: &str) -> Answer {
    who.get(&format!("{BASE}{path}")).await
}

async fn post(who: &Session, path: &str, body: Value) -> Answer {
    who.post(&format!("{BASE}{path}"), body).await
}

async fn say(who: &Session, room: &str, words: &str) -> Value {
    let sent = post(who, "/messages", json!({"roomId": id(room), "content": words})).await;
    success(sent, 201, "Message sent successfully")
}

/// The words of a list of messages.
fn texts(messages: &Value) -> Vec<&str> {
    messages.as_array().unwrap().iter().map(|message| message["content"].as_str().unwrap()).collect()
}

/// Signs a user up and in by the dialect, as its document shows it.
async fn user(parlor: &Parlor, name: &str) -> Session {
    let mut who = parlor.anonymous();
    let email = format!("{name}@example.com");
    let body = json!({"username": name, "email": email, "password": "securePassword123"});
    let made = success(post(&who, "/auth/signup", body).await, 201, "User registered successfully.");
    who.id = made["userId"].as_str().unwrap().to_owned();
    assert_eq!(made, json!({"userId": who.id}));
    let body = json!({"email": email, "password": "securePassword123"});
    let begun = success(post(&who, "/auth/login", body).await, 200, "Login successful");
    let (token, created) = (begun["accessToken"].as_str().unwrap(), &begun["createdAt"]);
    let expected = json!({"id": who.id, "username": name, "email": email, "accessToken": token,
        "createdAt": created});
    assert_eq!(begun, expected);
    who.with_token(token)
}

/// Takes a time out of an answer, where one is expected.
#[track_caller]
fn time(value: &Value) -> &str {
    let text = value.as_str().unwrap();
    assert!(text.len() == 27 && text.contains('T') && text.ends_with('Z'), "{text}");
    text
}

#[tokio::test]
async fn the_documented_exchange_from_signup_to_logout() {
    let parlor = Parlor::start();
    let (john, jane) = (user(&parlor, "john_doe").await, user(&parlor, "jane_doe").await);

    let body = json!({"name": "General Discussion", "description": "A room for general conversations"});
    let made = success(post(&john, "/rooms", body).await, 201, "Room created successfully");
    let room = made["_id"].as_str().unwrap().to_owned();
    let general = json!({"_id": room, "name": "General Discussion",
        "description": "A room for general conversations", "createdAt": time(&made["createdAt"])});
    let mut expected = general.clone();
    expected["createdBy"] = json!(john.id);
    assert_eq!(made, expected);

    let rooms = success(get(&parlor.anonymous(), "/rooms").await, 200, "Rooms retrieved successfully");
    assert_eq!(rooms, json!([general]));
    let path = format!("/rooms/{room}");
    let shown = success(get(&jane, &path).await, 200, "Room details retrieved successfully");
    let mut expected = general.clone();
    expected["messages"] = json!([]);
    assert_eq!(shown, expected);

    let body = json!({"roomId": room, "content": "Hello everyone!"});
    let sent = success(post(&john, "/messages", body).await, 201, "Message sent successfully");
    let (message, at) = (sent["_id"].as_str().unwrap(), time(&sent["createdAt"]));
    let expected = json!({"_id": message, "content": "Hello everyone!", "sender": john.id, "room": room,
        "createdAt": at});
    assert_eq!(sent, expected);

    let read = get(&john, &format!("/messages/{room}")).await;
    let read = success(read, 200, "Messages retrieved successfully");
    let line = json!({"_id": message, "content": "Hello everyone!",
        "sender": {"_id": john.id, "username": "john_doe"}, "createdAt": at});
    assert_eq!(read, json!([line]));
    let shown = success(get(&john, &path).await, 200, "Room details retrieved successfully");
    assert_eq!(shown["messages"], json!([line]));

    let out = get(&john, "/auth/logout").await.expect(200);
    assert_eq!(out, json!({"success": true, "message": "User logged out successfully."}));
    refused(&get(&john, &format!("/messages/{room}")).await, 401, "Unauthorized");
    john.get("/api/users/me").await.error(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn posting_to_a_public_room_joins_it() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    let read = format!("/messages/{}", id(&room));
    refused(&get(&bob, &read).await, 403, "Forbidden");
    let body = json!({"roomId": id(&room), "fileId": NOBODY});
    refused(&post(&bob, "/messages", body).await, 404, "File not found");
    // An empty message does not join its sender.
    assert_eq!(bob.get(&room).await.expect(200)["data"]["membership"], Value::Null);
    say(&bob, &room, "Here I am").await;
    assert_eq!(bob.get(&room).await.expect(200)["data"]["membership"]["role"], "member");
    let read = success(get(&bob, &read).await, 200, "Messages retrieved successfully");
    assert_eq!(texts(&read), ["Here I am"]);
    say(&bob, &room, "Still").await;
    assert_eq!(alice.get(&room).await.expect(200)["data"]["memberCount"], 2);
}

#[tokio::test]
async fn private_rooms_are_visible_to_their_members_only() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Hidden", "private").await;
    let show = format!("/rooms/{}", id(&room));
    for visitor in [&bob, &parlor.anonymous()] {
        refused(&get(visitor, &show).await, 404, "Room not found");
        assert_eq!(success(get(visitor, "/rooms").await, 200, "Rooms retrieved successfully"), json!([]));
    }
    let body = json!({"roomId": id(&room), "content": "x"});
    refused(&post(&bob, "/messages", body.clone()).await, 404, "Room not found");
    refused(&get(&bob, &format!("/messages/{}", id(&room))).await, 404, "Room not found");
    alice.post(&format!("{room}/invitations"), json!({"username": "bob"})).await.expect(201);
    refused(&post(&bob, "/messages", body).await, 403, "Forbidden");
    success(get(&bob, &show).await, 200, "Room details retrieved successfully");
    bob.join(&room).await;
    say(&bob, &room, "Thanks").await;
    let rooms = success(get(&bob, "/rooms").await, 200, "Rooms retrieved successfully");
    assert_eq!(rooms[0]["_id"], id(&room));
}

#[tokio::test]
async fn a_room_is_shown_with_its_latest_fifty_messages_to_members() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    for n in 1..=60 {
        alice.send(&room, &n.to_string()).await;
    }
    let show = format!("/rooms/{}", id(&room));
    let shown = success(get(&bob, &show).await, 200, "Room details retrieved successfully");
    let texts = texts(&shown["messages"]);
    assert_eq!((texts.len(), texts[0], texts[49]), (50, "11", "60"));
    let anybody = parlor.anonymous();
    let shown = success(get(&anybody, &show).await, 200, "Room details retrieved successfully");
    assert_eq!(shown["messages"], json!([]));
    // To look at a room is not to read it; to read its messages is.
    let unread = async || bob.get(&room).await.expect(200)["data"]["membership"]["unreadCount"].take();
    assert_eq!(unread().await, 60);
    get(&bob, &format!("/messages/{}?page=2", id(&room))).await.expect(200);
    assert_eq!(unread().await, 20);
    get(&bob, &format!("/messages/{}", id(&room))).await.expect(200);
    assert_eq!(unread().await, 0);
}

#[tokio::test]
async fn edited_and_deleted_messages_are_marked() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let (doomed, typo) = (say(&alice, &room, "a secret").await, say(&alice, &room, "a tpyo").await);
    let path = |message: &Value| format!("{room}/messages/{}", message["_id"].as_str().unwrap());
    alice.delete(&path(&doomed)).await.expect(204);
    alice.patch(&path(&typo), json!({"content": "a typo"})).await.expect(200);
    let read = get(&alice, &format!("/messages/{}?order=asc", id(&room))).await.expect(200);
    let (gone, mended) = (&read["data"][0], &read["data"][1]);
    assert_eq!((&gone["content"], gone.get("editedAt")), (&Value::Null, None));
    time(&gone["deletedAt"]);
    assert_eq!((mended["content"].as_str(), mended.get("deletedAt")), (Some("a typo"), None));
    time(&mended["editedAt"]);
    assert!(!read.to_string().contains("secret"));
}

#[tokio::test]
async fn accounts_are_the_same_everywhere() {
    let parlor = Parlor::start();
    let alice = user(&parlor, "alice").await;
    assert_eq!(alice.get("/api/users/me").await.expect(200)["data"]["id"], alice.id);
    parlor.user("bob").await;
    let nobody = parlor.anonymous();
    // By name too, and an address wins over a name beside it.
    for login in [
        json!({"username": "bob", "password": "correct horse"}),
        json!({"email": "BOB@example.com", "password": "correct horse", "remember": true}),
        json!({"email": "bob@example.com", "username": "alice", "password": "correct horse"}),
    ] {
        let begun = success(post(&nobody, "/auth/login", login).await, 200, "Login successful");
        assert_eq!(begun["username"], "bob");
    }
    for login in [
        json!({"email": "bob@example.com", "password": "wrong horse"}),
        json!({"email": "nobody@example.com", "password": "correct horse"}),
        json!({"email": "no address", "password": ""}),
    ] {
        refused(&post(&nobody, "/auth/login", login).await, 401, "Invalid credentials");
    }
    let taken = json!({"username": "new", "email": "Bob@Example.com", "password": "correct horse"});
    refused(&post(&nobody, "/auth/signup", taken).await, 400, "Email already exists");
    let taken = json!({"username": "BOB", "email": "new@example.com", "password": "correct horse"});
    refused(&post(&nobody, "/auth/signup", taken).await, 400, "Username already exists");
}

#[tokio::test]
async fn a_repeat_under_a_key_answers_the_first_message_and_joins_again() {
    let parlor = Parlor::start();
    let (ann, bob) = (user(&parlor, "ann").await, user(&parlor, "bob").await);
    let room = ann.room("Chat", "public").await;
    let body = |words: &str| json!({"roomId": id(&room), "content": words, "clientId": "k1"});
    let sent = "Message sent successfully";
    let first = success(post(&bob, "/messages", body("hello")).await, 201, sent);
    assert_eq!(success(post(&bob, "/messages", body("hello")).await, 200, sent), first);
    let request =
        bob.request(reqwest::Method::POST, &format!("{BASE}/messages")).header("Idempotency-Key", "\"k1\"");
    let by_header = json!({"roomId": id(&room), "content": "hello"});
    assert_eq!(success(support::send(request.json(&by_header)).await, 200, sent), first);
    let conflict = post(&bob, "/messages", body("bye")).await;
    refused(&conflict, 409, conflict.body["message"].as_str().unwrap());
    bob.post(&format!("{room}/leave"), json!({})).await.expect(204);
    assert_eq!(success(post(&bob, "/messages", body("hello")).await, 200, sent), first);
    assert_eq!(bob.get(&room).await.expect(200)["data"]["membership"]["role"], "member");
    bob.delete(&format!("{room}/messages/{}", first["_id"].as_str().unwrap())).await.expect(204);
    let tombstone = success(post(&bob, "/messages", body("hello")).await, 200, sent);
    assert_eq!((&tombstone["_id"], &tombstone["content"]), (&first["_id"], &Value::Null));
}
