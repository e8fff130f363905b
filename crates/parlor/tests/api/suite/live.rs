//! The WebSocket and server-sent events: authentication, events, presence and the end of a session.

use serde_json::{Value, json};

use crate::receivers::{Events, StockClient};
use crate::socket::{Socket, id};
use crate::support::{self, Parlor};

#[tokio::test]
async fn the_documented_exchange_of_joining_sending_and_leaving() {
    let parlor = Parlor::start();
    let (john, jane) = (parlor.user("john_doe").await, parlor.user("jane_doe").await);
    let room = john.room("TechTalk", "public").await;
    let (mut johns, mut janes) = (Socket::of(&parlor, &john).await, Socket::of(&parlor, &jane).await);
    let joined = johns.join(&room, None).await;
    assert_eq!(joined["message"], "Welcome to TechTalk!");
    assert_eq!((&joined["roomId"], &joined["revision"]), (&json!(id(&room)), &json!(1)));
    janes.send(json!({"action": "join", "username": "jane_doe", "roomId": id(&room)})).await;
    assert_eq!(janes.next().await["action"], "joined");
    // Joining a public room makes a member of it, and the others see it.
    let added = johns.next().await;
    assert_eq!(
        (&added["action"], &added["username"], &added["role"]),
        (&json!("member-added"), &json!("jane_doe"), &json!("member"))
    );
    let joined = johns.next().await;
    assert_eq!((&joined["action"], &joined["username"]), (&json!("user-joined"), &json!("jane_doe")));

    johns.send(json!({"action": "send-message", "roomId": id(&room), "message": "Hello, everyone!"})).await;
    for socket in [&mut johns, &mut janes] {
        let event = socket.next().await;
        assert_eq!(event["action"], "new-message");
        assert_eq!(event["sender"], "john_doe");
        assert_eq!(event["message"], "Hello, everyone!");
        assert_eq!(
            (&event["seq"], &event["revision"], &event["type"]),
            (&json!(1), &json!(3), &json!("text"))
        );
        assert_eq!(event["senderId"], john.id);
        for absent in ["file", "clientId", "editedAt"] {
            assert_eq!(event[absent], Value::Null);
        }
        assert!(event["timestamp"].is_string() && event["id"].is_string());
    }
    janes.send(json!({"action": "leave", "username": "jane_doe", "roomId": id(&room)})).await;
    let left = johns.next().await;
    assert_eq!((&left["action"], &left["username"]), (&json!("user-left"), &json!("jane_doe")));
    // Membership stays, and any member may send, joined on this socket or not.
    janes
        .send(json!({"action": "send-message", "roomId": id(&room), "message": "From outside", "ref": 7}))
        .await;
    let ack = janes.next().await;
    assert_eq!(
        (&ack["action"], &ack["ref"], &ack["data"]["content"]),
        (&json!("ack"), &json!(7), &json!("From outside"))
    );
    assert_eq!(johns.until("new-message").await["message"], "From outside");
}

#[tokio::test]
async fn a_token_is_accepted_in_five_ways_and_required_before_any_answer() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let token = alice.token();
    let ping = json!({"action": "ping", "ref": "p"});

    let bearer = [("authorization", format!("Bearer {token}"))];
    let (mut by_header, _) = Socket::open(&parlor, "", &bearer).await;
    let (mut by_query, _) = Socket::open(&parlor, &format!("?token={token}"), &[]).await;
    let offer = format!("bearer.{token}");
    let (mut by_protocol, response) =
        Socket::open(&parlor, "", &[("sec-websocket-protocol", offer.clone())]).await;
    assert_eq!(response.headers()["sec-websocket-protocol"], offer.as_str());
    let both = format!("{offer}, parlor.v1");
    let (mut by_second_protocol, response) =
        Socket::open(&parlor, "", &[("sec-websocket-protocol", both)]).await;
    assert_eq!(response.headers()["sec-websocket-protocol"], "parlor.v1");
    for socket in [&mut by_header, &mut by_query, &mut by_protocol, &mut by_second_protocol] {
        socket.send(ping.clone()).await;
        assert_eq!(socket.next().await, json!({"action": "pong", "ref": "p"}));
    }
    let (mut later, _) = Socket::open(&parlor, "", &[]).await;
    later.send(ping.clone()).await;
    let refused = later.next().await;
    assert_eq!(
        (&refused["action"], &refused["code"], &refused["ref"]),
        (&json!("error"), &json!("UNAUTHENTICATED"), &json!("p"))
    );
    later.send(json!({"action": "authenticate", "token": token})).await;
    assert_eq!(later.next().await["action"], "ack");
    let (mut by_join, _) = Socket::open(&parlor, "", &[]).await;
    by_join.send(json!({"action": "join", "roomId": id(&room), "token": token})).await;
    assert_eq!(by_join.next().await["action"], "joined");
    let (mut wrong, _) = Socket::open(&parlor, "?token=wrong", &[]).await;
    assert_eq!(wrong.closed().await, Some(1008));
}

#[tokio::test]
async fn a_bad_frame_is_answered_with_an_error_and_the_socket_stays_open() {
    let parlor = Parlor::start();
    let (alice, eve) = (parlor.user("alice").await, parlor.user("eve").await);
    let (open, hidden) = (alice.room("Open", "public").await, alice.room("Hidden", "private").await);
    let mut socket = Socket::of(&parlor, &eve).await;
    let nobody = "0197a5c2-8f00-7000-8000-000000000000";
    for (frame, code) in [
        ("{", "MALFORMED_JSON"),
        ("[]", "VALIDATION_FAILED"),
        (r#"{"action": "dance"}"#, "VALIDATION_FAILED"),
        (r#"{"action": "join"}"#, "VALIDATION_FAILED"),
        (r#"{"action": "join", "roomId": "x"}"#, "VALIDATION_FAILED"),
        (&format!(r#"{{"action": "join", "roomId": "{nobody}"}}"#), "ROOM_NOT_FOUND"),
        (&format!(r#"{{"action": "join", "roomId": "{}"}}"#, id(&hidden)), "ROOM_NOT_FOUND"),
        (&format!(r#"{{"action": "join", "roomId": "{}", "since": 0}}"#, id(&open)), "NOT_A_MEMBER"),
        (
            &format!(r#"{{"action": "send-message", "roomId": "{}", "message": "x"}}"#, id(&open)),
            "NOT_A_MEMBER",
        ),
        (
            &format!(r#"{{"action": "send-message", "roomId": "{}", "message": ""}}"#, id(&open)),
            "VALIDATION_FAILED",
        ),
        (&format!(r#"{{"action": "typing", "roomId": "{}"}}"#, id(&open)), "NOT_A_MEMBER"),
        (
            &format!(r#"{{"action": "join", "roomId": "{}", "username": "alice"}}"#, id(&open)),
            "VALIDATION_FAILED",
        ),
    ] {
        socket.text(frame).await;
        let answer = socket.next().await;
        assert_eq!(
            (&answer["action"], &answer["code"]),
            (&json!("error"), &json!(code)),
            "{frame}: {answer}"
        );
        assert!(answer["error"].is_string());
    }
    socket.send(json!({"action": "ping"})).await;
    assert_eq!(socket.next().await, json!({"action": "pong"}));
    socket.text(format!(r#"{{"action": "ping", "x": "{}"}}"#, "x".repeat(70_000))).await;
    assert_eq!(socket.closed().await, Some(1009));
}

#[tokio::test]
async fn every_lasting_event_is_delivered_in_order_on_every_transport() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    let mut socket = Socket::of(&parlor, &alice).await;
    socket.join(&room, None).await;
    let mut stream = Events::open(&alice, &format!("{room}/events?since=1"), None).await;
    assert_eq!(stream.next().await.unwrap()["action"], "caught-up");
    let mut stock = StockClient::join(&parlor, &alice, &room).await;

    bob.join(&room).await;
    let message = bob.send(&room, "Helo").await;
    let path = format!("{room}/messages/{}", message["id"].as_str().unwrap());
    bob.patch(&path, json!({"content": "Hello"})).await.expect(200);
    bob.delete(&path).await.expect(204);
    let member = format!("{room}/members/{}", bob.id);
    alice.patch(&member, json!({"role": "admin"})).await.expect(200);
    alice.patch(&room, json!({"name": "Talk"})).await.expect(200);
    alice.delete(&member).await.expect(204);
    alice.delete(&room).await.expect(204);

    let actions = [
        "member-added",
        "new-message",
        "message-edited",
        "message-deleted",
        "role-changed",
        "room-updated",
        "member-removed",
        "room-deleted",
    ];
    for (action, revision) in actions.into_iter().zip(2..) {
        let event = socket.next().await;
        assert_eq!((&event["action"], &event["revision"]), (&json!(action), &json!(revision)), "{event}");
        assert_eq!(stream.next().await.unwrap(), event);
        let (name, data) = stock.next().await;
        if action == "new-message" {
            // S4 names its fields otherwise.
            assert_eq!((name.as_str(), &data["_id"]), ("message", &event["id"]));
            assert_eq!(
                (&data["content"], &data["sender"]["username"]),
                (&event["message"], &event["sender"])
            );
            assert_eq!((&data["seq"], &data["revision"]), (&event["seq"], &event["revision"]));
        } else {
            assert_eq!((name.as_str(), &data), (action, &event));
        }
        match action {
            "message-edited" => assert_eq!(event["message"], "Hello"),
            "message-deleted" => assert!(event["deletedAt"].is_string() && event.get("message").is_none()),
            "room-updated" => assert_eq!(
                (&event["room"]["name"], &event["room"]["membership"]),
                (&json!("Talk"), &Value::Null)
            ),
            "member-removed" => assert_eq!(event["username"], "bob"),
            _ => {}
        }
    }
    // The room is gone: the stream ends, the socket goes on without it.
    assert!(stream.next().await.is_none());
    socket.send(json!({"action": "ping"})).await;
    assert_eq!(socket.next().await["action"], "pong");
}

#[tokio::test]
async fn a_removal_is_the_last_event_of_its_user_and_a_logout_ends_every_socket() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    let mut bobs = Socket::of(&parlor, &bob).await;
    bobs.join(&room, None).await;
    alice.delete(&format!("{room}/members/{}", bob.id)).await.expect(204);
    assert_eq!(bobs.next().await["action"], "member-removed");
    alice.send(&room, "without bob").await;
    bobs.send(json!({"action": "ping"})).await;
    assert_eq!(bobs.next().await["action"], "pong");
    bob.post("/api/auth/logout", json!({})).await.expect(204);
    assert_eq!(bobs.closed().await, Some(1008));
}

#[tokio::test]
async fn presence_is_one_per_user_from_the_first_socket_to_the_last() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    let mut watcher = Socket::of(&parlor, &alice).await;
    watcher.join(&room, None).await;
    let mut bobs = vec![];
    for _ in 0..3 {
        let mut socket = Socket::of(&parlor, &bob).await;
        socket.join(&room, None).await;
        bobs.push(socket);
    }
    assert_eq!(watcher.until("user-joined").await["username"], "bob");
    let present = alice.get(&format!("{room}/presence")).await.expect(200);
    let names: Vec<_> =
        present["data"].as_array().unwrap().iter().map(|p| p["username"].as_str().unwrap()).collect();
    assert_eq!(names, ["alice", "bob"]);
    let members = alice.get(&format!("{room}/members")).await.expect(200);
    assert!(members["data"].as_array().unwrap().iter().all(|member| member["online"] == true), "{members}");
    bobs.pop();
    bobs.pop();
    bobs[0].send(json!({"action": "typing", "roomId": id(&room)})).await;
    // No `user-left` in between: the next event is the typing.
    assert_eq!(watcher.next().await["action"], "typing");
    bobs.clear();
    assert_eq!(watcher.next().await["action"], "user-left");
    let present = alice.get(&format!("{room}/presence")).await.expect(200);
    assert_eq!(present["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_stream_resumes_by_the_last_id_and_takes_its_token_from_the_query() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    for n in 1..=3 {
        alice.send(&room, &format!("message {n}")).await;
    }
    let token = alice.token();
    let path = format!("{room}/events?since=0&token={token}");
    let mut stream = Events::open(&parlor.anonymous(), &path, Some("3")).await;
    let missed = stream.next().await.unwrap();
    assert_eq!((&missed["message"], &missed["revision"]), (&json!("message 3"), &json!(4)));
    assert_eq!(
        stream.next().await.unwrap(),
        json!({"action": "caught-up", "roomId": id(&room), "revision": 4})
    );
    alice.send(&room, "live").await;
    assert_eq!(stream.next().await.unwrap()["message"], "live");
    let eve = parlor.user("eve").await;
    eve.get(&format!("{room}/events")).await.error(403, "NOT_A_MEMBER");
    parlor.anonymous().get(&format!("{room}/events")).await.error(401, "UNAUTHENTICATED");
    alice.post("/api/auth/logout", json!({})).await.expect(204);
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn a_page_of_another_origin_may_not_open_a_socket() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_CORS_ORIGINS", "https://chat.example")]);
    let upgrade = |origin: &str| {
        parlor
            .anonymous()
            .request(reqwest::Method::GET, "/chat")
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("origin", origin)
    };
    support::send(upgrade("https://evil.example")).await.error(403, "NOT_ALLOWED");
    assert_eq!(upgrade("https://chat.example").open().await.unwrap().status(), 101);
    assert_eq!(upgrade(&parlor.url).open().await.unwrap().status(), 101);
}
