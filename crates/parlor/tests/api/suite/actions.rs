//! The dialect `actions`: the documented exchanges of its clients, and its refusals.

use reqwest::Method;
use serde_json::{Value, json};

use super::files::upload;
use crate::growth::Growth;
use crate::socket::{Socket, id};
use crate::support::{self, Answer, Parlor, Session};

const BASE: &str = "/dialects/actions";
const NOBODY: &str = "0197a5c2-8f00-7000-8000-000000000000";

/// Checks that this is an error of that status in exactly the dialect's shape, and returns its message.
#[track_caller]
fn error(answer: &Answer, status: u16) -> &str {
    assert_eq!((answer.status, &answer.body["status"]), (status, &json!("error")), "{}", answer.body);
    assert_eq!(answer.body.as_object().unwrap().len(), 2, "{}", answer.body);
    assert!(answer.header("x-request-id").is_some());
    answer.body["message"].as_str().unwrap()
}

async fn call(user: &Session, path: &str, body: Value) -> Answer {
    user.post(&format!("{BASE}/api/{path}"), body).await
}

async fn history(user: &Session, room: &str, query: &str) -> Answer {
    user.get(&format!("{BASE}/api/chat-history/{}{query}", id(room))).await
}

fn texts(history: &Value) -> Vec<&str> {
    history["messages"].as_array().unwrap().iter().map(|line| line["message"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_documented_exchange_from_login_to_history() {
    let parlor = Parlor::start();
    parlor.user("john_doe").await;
    let jane = parlor.user("jane_doe").await;
    let john = parlor.anonymous();
    let login = json!({"username": "john_doe", "password": "correct horse"});
    let logged_in = call(&john, "login", login).await.expect(200);
    let token = logged_in["token"].as_str().unwrap().to_owned();
    assert_eq!(logged_in, json!({"status": "success", "token": token}));
    let john = john.with_token(&token);

    let body = json!({"roomName": "TechTalk", "creator": "john_doe"});
    let made = call(&john, "create-room", body).await.expect(201);
    let room = made["roomId"].as_str().unwrap().to_owned();
    assert_eq!(made, json!({"status": "success", "roomId": room}));
    let body = json!({"roomName": "GamingZone", "creator": "John_Doe", "theme": "dark"});
    let other = call(&john, "create-room", body).await.expect(201);

    let rooms = jane.get(&format!("{BASE}/api/rooms")).await.expect(200);
    let (tech, gaming) = (
        json!({"roomId": room, "roomName": "TechTalk"}),
        json!({"roomId": other["roomId"], "roomName": "GamingZone"}),
    );
    assert_eq!(rooms, json!([gaming, tech]));

    let body = json!({"roomId": room, "username": "jane_doe"});
    let joined = json!({"status": "success", "message": "Joined room TechTalk"});
    assert_eq!(call(&jane, "join-room", body.clone()).await.expect(200), joined);
    assert_eq!(call(&jane, "join-room", body).await.expect(200), joined);

    let bearer = |user: &Session| [("authorization", format!("Bearer {}", user.token()))];
    let chat = format!("{BASE}/chat");
    let (mut johns, _) = Socket::at(&parlor, &chat, &bearer(&john)).await;
    let (mut janes, _) = Socket::at(&parlor, &chat, &bearer(&jane)).await;
    for (socket, name) in [(&mut johns, "john_doe"), (&mut janes, "jane_doe")] {
        socket.send(json!({"action": "join", "username": name, "roomId": room})).await;
        assert_eq!(socket.until("joined").await["message"], "Welcome to TechTalk!");
    }
    johns.send(json!({"action": "send-message", "roomId": room, "message": "Hello!"})).await;
    let hello = janes.until("new-message").await;
    janes.send(json!({"action": "send-message", "roomId": room, "message": "Hi!"})).await;
    let hi = janes.until("new-message").await;
    let expected = json!({"roomId": room, "messages": [
        {"sender": "john_doe", "message": "Hello!", "timestamp": hello["timestamp"]},
        {"sender": "jane_doe", "message": "Hi!", "timestamp": hi["timestamp"]},
    ]});
    assert_eq!(history(&john, &room, "").await.expect(200), expected);
}

#[tokio::test]
async fn rooms_and_messages_are_shared_with_the_canonical_api() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let made = call(&alice, "create-room", json!({"roomName": "Made here"})).await.expect(201);
    let here = format!("/api/rooms/{}", made["roomId"].as_str().unwrap());
    let seen = bob.get(&here).await.expect(200);
    assert_eq!((&seen["data"]["name"], &seen["data"]["visibility"]), (&json!("Made here"), &json!("public")));
    assert_eq!(alice.get(&here).await.expect(200)["data"]["membership"]["role"], "admin");
    let there = alice.room("Made there", "public").await;
    let rooms = bob.get(&format!("{BASE}/api/rooms")).await.expect(200);
    assert_eq!(rooms[0], json!({"roomId": id(&there), "roomName": "Made there"}));

    call(&bob, "join-room", json!({"roomId": id(&here), "username": "bob"})).await.expect(200);
    assert_eq!(bob.get(&here).await.expect(200)["data"]["membership"]["role"], "member");
    alice.send(&here, "from REST").await;
    let doomed = alice.send(&here, "a secret").await;
    let edited = alice.send(&here, "a tpyo").await;
    let path = |message: &Value| format!("{here}/messages/{}", message["id"].as_str().unwrap());
    alice.delete(&path(&doomed)).await.expect(204);
    alice.patch(&path(&edited), json!({"content": "a typo"})).await.expect(200);
    let shown = history(&bob, &here, "").await.expect(200);
    assert_eq!(texts(&shown), ["from REST", "", "a typo"]);
    assert!(shown["messages"][1]["deletedAt"].is_string() && !shown.to_string().contains("secret"));
    // Reading is reading, wherever it is done.
    assert_eq!(bob.get(&here).await.expect(200)["data"]["membership"]["unreadCount"], 0);
}

#[tokio::test]
async fn history_is_the_latest_hundred_and_continues_by_time() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    for n in 1..=120 {
        alice.send(&room, &n.to_string()).await;
    }
    let latest = history(&alice, &room, "").await.expect(200);
    assert_eq!((texts(&latest).len(), texts(&latest)[0], texts(&latest)[99]), (100, "21", "120"));
    let oldest = latest["messages"][0]["timestamp"].as_str().unwrap();
    let older = history(&alice, &room, &format!("?before={oldest}")).await.expect(200);
    assert_eq!((texts(&older).len(), texts(&older)[0], texts(&older)[19]), (20, "1", "20"));
    for bad in ["?before=", "?before=yesterday", "?before=AQAAAAAAAAAB", "?before=%ff"] {
        error(&history(&alice, &room, bad).await, 400);
    }
}

#[tokio::test]
async fn a_file_is_in_the_history_as_in_the_event() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let file = upload(&alice, "notes.txt", b"hello").await;
    let bearer = [("authorization", format!("Bearer {}", alice.token()))];
    let (mut socket, _) = Socket::at(&parlor, &format!("{BASE}/chat"), &bearer).await;
    socket.send(json!({"action": "join", "roomId": id(&room)})).await;
    socket.until("joined").await;
    for content in [None, Some("look")] {
        let frame = json!({"action": "send-message", "roomId": id(&room), "type": "file", "fileId": file["id"],
            "message": content});
        socket.send(frame).await;
        let event = socket.until("new-message").await;
        let shown = history(&alice, &room, "").await.expect(200);
        let line = json!({"sender": "alice", "message": content.unwrap_or_default(),
            "timestamp": event["timestamp"], "type": "file", "file": file});
        assert_eq!(shown["messages"].as_array().unwrap().last(), Some(&line));
        assert_eq!(event["file"], file);
    }
}

#[tokio::test]
async fn acting_for_another_user_or_without_a_token_is_refused() {
    let parlor = Parlor::start();
    let (alice, eve) = (parlor.user("alice").await, parlor.user("eve").await);
    let (open, hidden) = (alice.room("Open", "public").await, alice.room("Hidden", "private").await);
    let refused = call(&eve, "create-room", json!({"roomName": "Mine", "creator": "alice"})).await;
    assert_eq!(error(&refused, 403), "creator must be the name of the token's owner");
    let refused = call(&eve, "join-room", json!({"roomId": id(&open), "username": "alice"})).await;
    assert_eq!(error(&refused, 403), "username must be the name of the token's owner");
    assert_eq!(alice.get(&format!("{open}/members")).await.expect(200)["data"].as_array().unwrap().len(), 1);
    error(&history(&eve, &open, "").await, 403);

    // A private room looks like an unknown one.
    for room in [id(&hidden), NOBODY] {
        let join = call(&eve, "join-room", json!({"roomId": room, "username": "eve"})).await;
        assert_eq!(error(&join, 404), error(&history(&eve, room, "").await, 404));
    }
    let rooms = |who: Session| async move { who.get(&format!("{BASE}/api/rooms")).await.expect(200) };
    assert_eq!(rooms(eve.clone()).await.as_array().unwrap().len(), 1);
    assert_eq!(rooms(alice.clone()).await.as_array().unwrap().len(), 2);
    alice.post(&format!("{hidden}/invitations"), json!({"username": "eve"})).await.expect(201);
    call(&eve, "join-room", json!({"roomId": id(&hidden), "username": "eve"})).await.expect(200);

    let anonymous = parlor.anonymous();
    for nobody in [anonymous.clone(), anonymous.with_token("nonsense")] {
        let answers = [
            call(&nobody, "create-room", json!({"roomName": "Mine"})).await,
            call(&nobody, "join-room", json!({"roomId": id(&open)})).await,
            nobody.get(&format!("{BASE}/api/rooms")).await,
            history(&nobody, &open, "").await,
        ];
        for answer in answers {
            error(&answer, 401);
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
    }
    for (name, password) in [("alice", "wrong horse"), ("nobody", "correct horse"), ("a b", "")] {
        let refused = call(&anonymous, "login", json!({"username": name, "password": password})).await;
        error(&refused, 401);
    }
}

#[tokio::test]
async fn every_error_has_the_dialects_shape() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    for path in ["", "/", "/api", "/api/nothing", "/api/rooms/", "/api/chat-history", "/chat/x"] {
        error(&alice.get(&format!("{BASE}{path}")).await, 404);
    }
    for (method, path, allow) in [
        (Method::GET, "/api/login", "POST"),
        (Method::DELETE, "/api/create-room", "POST"),
        (Method::POST, "/api/rooms", "GET, HEAD"),
        (Method::PUT, "/api/chat-history/x", "GET, HEAD"),
        (Method::POST, "/chat", "GET, HEAD"),
    ] {
        let wrong = support::send(alice.request(method, &format!("{BASE}{path}"))).await;
        error(&wrong, 405);
        assert_eq!(wrong.header("allow"), Some(allow));
    }
    error(&alice.get(&format!("{BASE}/chat")).await, 400);
    let raw = |path: &str, body: &str, kind: &str| {
        let request = alice.request(Method::POST, &format!("{BASE}/api/{path}"));
        support::send(request.header("content-type", kind).body(body.to_owned()))
    };
    let (json_type, deep) = ("application/json", "[".repeat(20_000));
    for path in ["login", "create-room", "join-room"] {
        error(&raw(path, "{}", "text/plain").await, 415);
        for body in ["", "{", "[]", "null", "1", "{}", "\u{0}", &deep] {
            error(&raw(path, body, json_type).await, 400);
        }
        error(&raw(path, &"x".repeat(100_000), json_type).await, 413);
    }
    for value in [r#""\ud800abc""#, r#""a\u0000bc""#, "1e999", "null", "[]", "\"\"", "{}"] {
        for (path, field) in [("login", "username"), ("create-room", "roomName"), ("join-room", "roomId")] {
            let body = format!("{{\"{field}\": {value}, \"password\": \"correct horse\"}}");
            let refused = raw(path, &body, json_type).await;
            assert!(error(&refused, 400).starts_with(field), "{body}: {}", refused.body);
        }
    }
    let refused = call(&alice, "create-room", json!({"creator": 7})).await;
    assert_eq!(error(&refused, 400), "roomName is missing; creator must be a string of valid Unicode");
    error(&history(&alice, "room_12345", "").await, 400);
    // The rest of the server keeps its own shape.
    alice.get("/dialects/actionsx/api/rooms").await.error(404, "NOT_FOUND");
    alice.get("/dialects").await.error(404, "NOT_FOUND");
}

#[tokio::test]
async fn it_shares_its_limits_with_the_api() {
    let parlor = Parlor::with(&[("PARLOR_LIMIT_API", "3/1m"), ("PARLOR_LIMIT_AUTH", "4/1m")]);
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    alice.get("/api/users/me").await.expect(200);
    let second = alice.get(&format!("{BASE}/api/rooms")).await;
    assert_eq!(
        (second.header("ratelimit-limit"), second.header("ratelimit-remaining")),
        (Some("3"), Some("1"))
    );
    error(&history(&alice, NOBODY, "").await, 404);
    let fourth = alice.get(&format!("{BASE}/api/rooms")).await;
    error(&fourth, 429);
    assert!(fourth.header("retry-after").is_some());
    alice.get("/api/users/me").await.error(429, "RATE_LIMITED");

    // A signup and a login are behind her.
    let login = json!({"username": "ALICE", "password": "correct horse"});
    for left in ["1", "0"] {
        let answer = call(&parlor.anonymous(), "login", login.clone()).await;
        assert_eq!(answer.header("ratelimit-remaining"), Some(left));
        answer.expect(200);
    }
    let fifth = call(&parlor.anonymous(), "login", login).await;
    error(&fifth, 429);
    assert!(fifth.header("retry-after").is_some());
}

#[tokio::test]
async fn a_disabled_dialect_is_not_found() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_DIALECTS", "ryos")]);
    let alice = parlor.user("alice").await;
    alice.get(&format!("{BASE}/api/rooms")).await.error(404, "NOT_FOUND");
    call(&alice, "login", json!({"username": "alice", "password": "correct horse"}))
        .await
        .error(404, "NOT_FOUND");
    alice.get(&format!("{BASE}/chat")).await.error(404, "NOT_FOUND");
}
