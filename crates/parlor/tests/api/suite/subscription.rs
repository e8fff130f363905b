//! Section 10 of the contract: all rooms of a user on one connection.

use serde_json::{Value, json};

use crate::receivers::Events;
use crate::socket::{Socket, id};
use crate::support::{Parlor, Session};

/// Subscribes and returns the first part, up to `synced`.
async fn subscribe(socket: &mut Socket, since: Option<&str>) -> Vec<Value> {
    socket.send(json!({"action": "subscribe", "since": since, "ref": "s"})).await;
    assert_eq!(socket.next().await, json!({"action": "ack", "ref": "s"}));
    let mut first = vec![];
    loop {
        first.push(socket.next().await);
        if first.last().unwrap()["action"] == "synced" {
            return first;
        }
    }
}

fn actions(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["action"].as_str().unwrap()).collect()
}

fn cursor(first: &[Value]) -> String {
    first.last().unwrap()["cursor"].as_str().unwrap().to_owned()
}

async fn invite(by: &Session, room: &str, user: &Session) -> Value {
    by.post(&format!("{room}/invitations"), json!({"userId": user.id})).await.0.body["data"].take()
}

#[tokio::test]
async fn the_first_part_is_that_of_a_sync_and_events_of_every_room_follow() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let [first, second] = [alice.room("First", "public").await, alice.room("Second", "public").await];
    let secret = alice.room("Secret", "private").await;
    for room in [&first, &second] {
        bob.join(room).await;
    }
    alice.send(&first, "Hello").await;
    let invitation = invite(&alice, &secret, &bob).await;
    let mut socket = Socket::of(&parlor, &bob).await;
    let part = subscribe(&mut socket, None).await;
    assert_eq!(actions(&part), ["room", "room", "invitations", "synced"]);
    let synced = bob.get("/api/sync").await.expect(200);
    assert_eq!(json!([part[0]["room"], part[1]["room"]]), synced["data"]["rooms"]);
    assert_eq!(part[2]["invitations"], json!([invitation]));
    for (room, seq) in [(&first, 2), (&second, 1)] {
        alice.send(room, "Again").await;
        let event = socket.next().await;
        assert_eq!((&event["action"], &event["roomId"]), (&json!("new-message"), &json!(id(room))));
        assert_eq!(event["seq"], seq);
    }
}

#[tokio::test]
async fn a_cursor_resumes_with_what_changed_and_what_was_lost() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let mut rooms = vec![];
    for name in ["kept", "changed", "lost"] {
        rooms.push(alice.room(name, "public").await);
        bob.join(rooms.last().unwrap()).await;
    }
    let mut socket = Socket::of(&parlor, &bob).await;
    let since = cursor(&subscribe(&mut socket, None).await);
    drop(socket);
    alice.send(&rooms[1], "Hello").await;
    alice.delete(&format!("{}/members/{}", rooms[2], bob.id)).await.expect(204);
    let mut socket = Socket::of(&parlor, &bob).await;
    let part = subscribe(&mut socket, Some(&since)).await;
    assert_eq!(actions(&part), ["room", "room-left", "invitations", "synced"]);
    assert_eq!(part[0]["room"]["id"], id(&rooms[1]));
    assert_eq!(part[0]["room"]["lastMessage"]["content"], "Hello");
    assert_eq!(part[1], json!({"action": "room-left", "roomId": id(&rooms[2])}));
    // A room that did not change delivers, too.
    alice.send(&rooms[0], "Hello").await;
    assert_eq!(socket.until("new-message").await["roomId"], id(&rooms[0]));
}

#[tokio::test]
async fn a_room_that_the_user_enters_comes_with_its_state_and_its_events_follow() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let mut socket = Socket::of(&parlor, &bob).await;
    subscribe(&mut socket, None).await;
    let secret = alice.room("Secret", "private").await;
    alice.send(&secret, "Before").await;
    let invitation = invite(&alice, &secret, &bob).await;
    assert_eq!(socket.next().await, json!({"action": "invited", "invitation": invitation}));
    assert_eq!(invite(&alice, &secret, &bob).await, invitation, "inviting twice is one invitation");
    bob.join(&secret).await;
    assert_eq!(socket.next().await, json!({"action": "uninvited", "roomId": id(&secret)}));
    let entered = socket.next().await;
    assert_eq!((&entered["action"], &entered["room"]["id"]), (&json!("room"), &json!(id(&secret))));
    assert_eq!(entered["room"]["lastMessage"]["content"], "Before");
    alice.send(&secret, "After").await;
    let event = socket.next().await;
    assert_eq!((&event["action"], &event["message"]), (&json!("new-message"), &json!("After")));
    assert_eq!(event["revision"], entered["room"]["revision"].as_i64().unwrap() + 1);
    // A room of their own, made elsewhere.
    let own = bob.room("Own", "public").await;
    let made = socket.next().await;
    assert_eq!((&made["action"], &made["room"]["id"]), (&json!("room"), &json!(id(&own))));
    bob.send(&own, "Hello").await;
    assert_eq!(socket.next().await["action"], "new-message");
}

#[tokio::test]
async fn the_last_event_of_a_room_that_is_lost_is_room_left() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let mut rooms = vec![];
    for name in ["left", "removed", "deleted"] {
        rooms.push(alice.room(name, "public").await);
        bob.join(rooms.last().unwrap()).await;
    }
    let mut socket = Socket::of(&parlor, &bob).await;
    subscribe(&mut socket, None).await;
    bob.post(&format!("{}/leave", rooms[0]), json!({})).await.expect(204);
    alice.delete(&format!("{}/members/{}", rooms[1], bob.id)).await.expect(204);
    alice.delete(&rooms[2]).await.expect(204);
    for (room, last) in rooms.iter().zip(["member-removed", "member-removed", "room-deleted"]) {
        let event = socket.next().await;
        assert_eq!((&event["action"], &event["roomId"]), (&json!(last), &json!(id(room))));
        assert_eq!(socket.next().await, json!({"action": "room-left", "roomId": id(room)}));
    }
    alice.send(&rooms[0], "Unseen").await;
    socket.send(json!({"action": "ping"})).await;
    assert_eq!(socket.next().await["action"], "pong");
}

#[tokio::test]
async fn invitations_that_end_are_taken_back() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let mut rooms = vec![];
    for name in ["withdrawn", "declined", "deleted"] {
        rooms.push(alice.room(name, "private").await);
        invite(&alice, rooms.last().unwrap(), &bob).await;
    }
    let mut socket = Socket::of(&parlor, &bob).await;
    subscribe(&mut socket, None).await;
    alice.delete(&format!("{}/invitations/{}", rooms[0], bob.id)).await.expect(204);
    assert_eq!(socket.next().await, json!({"action": "uninvited", "roomId": id(&rooms[0])}));
    bob.delete(&format!("{}/invitations/{}", rooms[1], bob.id)).await.expect(204);
    assert_eq!(socket.next().await, json!({"action": "uninvited", "roomId": id(&rooms[1])}));
    alice.delete(&rooms[2]).await.expect(204);
    assert_eq!(socket.next().await, json!({"action": "uninvited", "roomId": id(&rooms[2])}));
}

#[tokio::test]
async fn the_users_own_read_comes_with_counts_and_those_of_others_only_where_joined() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    for n in 1..=3 {
        alice.send(&room, &format!("{n}")).await;
    }
    let mut socket = Socket::of(&parlor, &bob).await;
    subscribe(&mut socket, None).await;
    bob.post(&format!("{room}/read"), json!({"seq": 2})).await.expect(204);
    assert_eq!(
        socket.next().await,
        json!({"action": "read", "roomId": id(&room), "username": "bob", "userId": bob.id, "seq": 2, "unreadCount": 1,
            "mentionCount": 0})
    );
    alice.post(&format!("{room}/read"), json!({"seq": 3})).await.expect(204);
    alice.post(&format!("{room}/typing"), json!({})).await.expect(204);
    socket.send(json!({"action": "ping"})).await;
    assert_eq!(socket.next().await["action"], "pong", "the subscription is no presence");
    let presence = bob.get(&format!("{room}/presence")).await.expect(200);
    assert_eq!(presence["data"], json!([]));
}

#[tokio::test]
async fn a_room_that_is_joined_too_delivers_each_event_once_until_it_is_left_and_after() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    alice.send(&room, "1").await;
    let mut socket = Socket::of(&parlor, &bob).await;
    subscribe(&mut socket, None).await;
    socket.join(&room, Some(0)).await;
    let replayed = socket.until("caught-up").await;
    alice.send(&room, "2").await;
    let event = socket.next().await;
    assert_eq!(event["message"], "2");
    assert_eq!(event["revision"], replayed["revision"].as_i64().unwrap() + 1);
    socket.send(json!({"action": "leave", "ref": 1})).await;
    assert_eq!(socket.next().await["action"], "ack");
    alice.send(&room, "3").await;
    assert_eq!(socket.next().await["message"], "3");
    socket.send(json!({"action": "unsubscribe", "ref": 2})).await;
    assert_eq!(socket.next().await, json!({"action": "ack", "ref": 2}));
    alice.send(&room, "4").await;
    socket.send(json!({"action": "unsubscribe", "ref": 3})).await;
    assert_eq!(socket.next().await, json!({"action": "ack", "ref": 3}), "nothing comes after the end");
}

#[tokio::test]
async fn a_second_subscription_starts_over_and_a_bad_cursor_ends_nothing() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let mut socket = Socket::of(&parlor, &alice).await;
    subscribe(&mut socket, None).await;
    let part = subscribe(&mut socket, None).await;
    assert_eq!(actions(&part), ["room", "invitations", "synced"]);
    let nothing = subscribe(&mut socket, Some(&cursor(&part))).await;
    assert_eq!(actions(&nothing), ["invitations", "synced"]);
    socket.send(json!({"action": "subscribe", "since": "nonsense", "ref": 1})).await;
    let refused = socket.next().await;
    assert_eq!((&refused["action"], &refused["code"]), (&json!("error"), &json!("INVALID_CURSOR")));
    alice.send(&room, "Hello").await;
    assert_eq!(socket.next().await["action"], "new-message");
}

#[tokio::test]
async fn a_subscription_misses_nothing_while_others_of_its_user_begin() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let mut socket = Socket::of(&parlor, &alice).await;
    subscribe(&mut socket, None).await;
    let send = async {
        for n in 1..=100 {
            alice.send(&room, &n.to_string()).await;
        }
    };
    let others = async {
        for _ in 0..30 {
            subscribe(&mut Socket::of(&parlor, &alice).await, None).await;
        }
    };
    tokio::join!(send, others);
    for n in 1..=100 {
        let event = socket.until("new-message").await;
        assert_eq!((&event["seq"], &event["message"]), (&json!(n), &json!(n.to_string())));
    }
}

#[tokio::test]
async fn a_stream_of_all_rooms_resumes_by_its_last_id() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let mut events = Events::open(&bob, "/api/events", None).await;
    let mut first = vec![];
    while first.last().is_none_or(|event: &Value| event["action"] != "synced") {
        first.push(events.next_of_all_rooms().await.unwrap());
    }
    assert_eq!(actions(&first), ["room", "invitations", "synced"]);
    alice.send(&room, "Hello").await;
    assert_eq!(events.next_of_all_rooms().await.unwrap()["message"], "Hello");
    drop(events);
    let last = cursor(&first);
    let mut events = Events::open(&bob, "/api/events", Some(&last)).await;
    let again = events.next_of_all_rooms().await.unwrap();
    assert_eq!(
        (&again["action"], &again["room"]["lastMessage"]["content"]),
        (&json!("room"), &json!("Hello"))
    );
    bob.get("/api/events?since=nonsense").await.error(400, "INVALID_CURSOR");
    let bad = bob.request(reqwest::Method::GET, "/api/events").header("last-event-id", "nonsense");
    crate::support::send(bad).await.error(400, "INVALID_CURSOR");
    parlor.anonymous().get("/api/events").await.error(401, "UNAUTHENTICATED");
    // A stream ends with its session, without a last cursor.
    bob.post("/api/auth/logout", json!({})).await.expect(204);
    while let Some(event) = events.next_of_all_rooms().await {
        assert!(["invitations", "synced"].contains(&event["action"].as_str().unwrap()), "{event}");
    }
}

#[tokio::test]
async fn socket_io_subscribes_without_an_argument() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let (mut socket, _) = Socket::at(&parlor, "/socket.io/?EIO=4&transport=websocket", &[]).await;
    socket.text(format!("40{}", json!({"token": bob.token()}))).await;
    socket.packet("40").await;
    socket.text(format!("420{}", json!(["subscribe"]))).await;
    let ack: Value = serde_json::from_str(socket.packet("430").await.trim_start_matches("430")).unwrap();
    assert_eq!(ack, json!([{"success": true, "message": "Subscribed", "data": {}}]));
    for event in ["room", "invitations", "synced"] {
        let packet = socket.packet("42").await;
        assert!(packet.starts_with(&format!("42[\"{event}\",")), "{packet}");
    }
    alice.send(&room, "Hello").await;
    assert!(socket.packet("42").await.starts_with("42[\"message\","));
    socket.text(format!("421{}", json!(["subscribe", {"since": "nonsense"}]))).await;
    assert!(socket.packet("43").await.contains("INVALID_CURSOR"));
    socket.text(format!("422{}", json!(["unsubscribe"]))).await;
    assert!(socket.packet("43").await.starts_with("432[{\"success\":true"));
}
