//! Section 9 of the contract: the audit log of rooms, for their admins and for operators.

use reqwest::Method;
use serde_json::{Value, json};

use crate::socket::{Socket, id};
use crate::support::{Parlor, Session, send};

/// The events of a room, oldest first, each as its name, its actor and its target.
async fn events(who: &Session, room: &str) -> Vec<(String, Option<String>, Option<String>)> {
    let page = who.get(&format!("{room}/audit?order=asc&limit=100")).await.expect(200);
    let name = |user: &Value| user["username"].as_str().map(str::to_owned);
    let all = page["data"].as_array().unwrap().iter();
    all.map(|event| {
        (event["event"].as_str().unwrap().to_owned(), name(&event["actor"]), name(&event["target"]))
    })
    .collect()
}

/// The same, as one line for each.
async fn lines(who: &Session, room: &str) -> Vec<String> {
    let all = events(who, room).await.into_iter();
    let text = |user: Option<String>| user.unwrap_or_else(|| "-".to_owned());
    all.map(|(event, actor, target)| format!("{event} {} {}", text(actor), text(target))).collect()
}

#[tokio::test]
async fn what_is_done_in_a_room_is_listed_with_who_did_it_to_whom() {
    let parlor = Parlor::start();
    let (alice, bob, carol) =
        (parlor.user("alice").await, parlor.user("bob").await, parlor.user("carol").await);
    let room = alice.room("Secret", "private").await;
    let invitations = format!("{room}/invitations");
    let invite = async |name: &str| alice.post(&invitations, json!({"username": name})).await.expect(201);
    invite("bob").await;
    bob.join(&room).await;
    invite("carol").await;
    carol.delete(&format!("{invitations}/{}", carol.id)).await.expect(204);
    invite("carol").await;
    alice.delete(&format!("{invitations}/{}", carol.id)).await.expect(204);
    let bobs = format!("{room}/members/{}", bob.id);
    alice.patch(&bobs, json!({"role": "admin"})).await.expect(200);
    bob.patch(&room, json!({"name": "Renamed", "description": "about", "visibility": "public"}))
        .await
        .expect(200);
    carol.join(&room).await;
    let message = carol.send(&room, "words that nobody may read again").await["id"].take();
    let path = format!("{room}/messages/{}", message.as_str().unwrap());
    alice.delete(&path).await.expect(204);
    alice.delete(&format!("{room}/members/{}", carol.id)).await.expect(204);
    bob.post(&format!("{room}/leave"), json!({})).await.expect(204);
    assert_eq!(
        lines(&alice, &room).await,
        [
            "room-created alice -",
            "invitation-made alice bob",
            "invitation-used bob bob",
            "member-joined bob -",
            "invitation-made alice carol",
            "invitation-declined carol carol",
            "invitation-made alice carol",
            "invitation-withdrawn alice carol",
            "role-changed alice bob",
            "room-updated bob -",
            "member-joined carol -",
            "message-deleted alice carol",
            "member-removed alice carol",
            "member-left bob -",
        ]
    );
    let page = alice.get(&format!("{room}/audit")).await.expect(200);
    let data = page["data"].as_array().unwrap();
    assert!(!page.to_string().contains("words that nobody"), "{page}");
    let times: Vec<_> = data.iter().map(|event| event["createdAt"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|newer, older| newer > older), "{times:?}");
    assert!(data.iter().all(|event| event["address"] == "127.0.0.1"));
    assert_eq!(data[2]["messageId"], message);
    assert_eq!(data[4]["details"], json!({"fields": ["name", "description", "visibility"]}));
    assert_eq!(data[5]["details"], json!({"role": "admin"}));
    let mut first = data[13].clone();
    let (id, at) = (first["id"].take(), first["createdAt"].take());
    assert!(id.as_str().unwrap().as_bytes()[14] == b'7' && at.as_str().unwrap().ends_with('Z'), "{id} {at}");
    let alice = json!({"id": alice.id, "username": "alice"});
    assert_eq!(
        first,
        json!({"id": null, "event": "room-created", "actor": alice, "target": null, "address": "127.0.0.1",
            "createdAt": null})
    );
}

#[tokio::test]
async fn what_is_refused_or_changes_nothing_is_not_listed() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let before = lines(&alice, &room).await;
    bob.join(&room).await;
    bob.delete(&room).await.error(403, "ADMIN_REQUIRED");
    bob.patch(&room, json!({"name": "Mine"})).await.error(403, "ADMIN_REQUIRED");
    alice.patch(&room, json!({"name": "Chat"})).await.expect(200);
    alice.post(&format!("{room}/leave"), json!({})).await.error(409, "LAST_ADMIN");
    alice.patch(&format!("{room}/members/{}", bob.id), json!({"role": "member"})).await.expect(200);
    // Neither are sends and reads.
    let message = bob.send(&room, "hello").await["id"].take();
    alice.get(&format!("{room}/messages")).await.expect(200);
    alice.post(&format!("{room}/read"), json!({"seq": 1})).await.expect(204);
    assert_eq!(lines(&alice, &room).await, before);
    let path = format!("{room}/messages/{}", message.as_str().unwrap());
    for _ in 0..2 {
        alice.delete(&path).await.expect(204);
    }
    assert_eq!(lines(&alice, &room).await.len(), before.len() + 1);
}

#[tokio::test]
async fn the_log_is_walked_by_cursors() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    for _ in 0..3 {
        bob.join(&room).await;
        bob.post(&format!("{room}/leave"), json!({})).await.expect(204);
    }
    let audit = format!("{room}/audit");
    let ids = |page: &Value| {
        let all = page["data"].as_array().unwrap().iter();
        all.map(|event| event["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let whole = ids(&alice.get(&audit).await.expect(200));
    assert_eq!(whole.len(), 7);
    let (mut walked, mut path) = (vec![], format!("{audit}?limit=3"));
    loop {
        let page = alice.get(&path).await.expect(200);
        walked.extend(ids(&page));
        assert_eq!(page["pagination"]["limit"], 3);
        // Walks do not meet what happens meanwhile.
        bob.join(&room).await;
        if page["pagination"]["hasMore"] == false {
            break;
        }
        path = format!("{audit}?limit=3&before={}", page["pagination"]["before"].as_str().unwrap());
    }
    assert_eq!(walked, whole);
    let newest = alice.get(&format!("{audit}?limit=1")).await.expect(200);
    let cursor = newest["pagination"]["after"].as_str().unwrap();
    let nothing = alice.get(&format!("{audit}?after={cursor}")).await.expect(200);
    assert_eq!(
        nothing,
        json!({"data": [], "pagination": {"limit": 50, "hasMore": false, "before": null, "after": null}})
    );
    let oldest =
        alice.get(&format!("{audit}?after=1970-01-01T00:00:00Z&order=asc&limit=2")).await.expect(200);
    assert_eq!(ids(&oldest), whole.iter().rev().take(2).cloned().collect::<Vec<_>>());
    assert_eq!(oldest["pagination"]["hasMore"], true);
    let bad = alice.get(&format!("{audit}?before=nonsense")).await.error(400, "INVALID_CURSOR");
    assert_eq!(bad["details"][0]["field"], "before");
    let both = alice.get(&format!("{audit}?before={cursor}&after={cursor}&limit=0")).await;
    assert_eq!(both.error(400, "VALIDATION_FAILED")["details"].as_array().unwrap().len(), 3);
    // A cursor of messages is none of events.
    alice.send(&room, "hello").await;
    let messages = alice.get(&format!("{room}/messages")).await.expect(200);
    let foreign = messages["pagination"]["before"].as_str().unwrap();
    alice.get(&format!("{audit}?before={foreign}")).await.error(400, "INVALID_CURSOR");
}

#[tokio::test]
async fn every_surface_is_audited_with_the_address_that_a_trusted_proxy_reports() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_TRUSTED_PROXIES", "127.0.0.0/8")]);
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let forwarded = |n: u8| ("x-forwarded-for", format!("203.0.113.{n}"));
    let post = async |who: &Session, n: u8, path: &str, body: Value| {
        let (name, address) = forwarded(n);
        send(who.request(Method::POST, path).header(name, &address).json(&body)).await
    };
    let [rest, socket, socketio, actions, envelope] =
        ["rest", "socket", "socketio", "actions", "envelope"].map(|name| parlor.user(name));
    let (rest, socket) = (rest.await, socket.await);
    let (socketio, actions, envelope) = (socketio.await, actions.await, envelope.await);
    post(&rest, 1, &format!("{room}/join"), json!({})).await.expect(200);

    let bearer = ("authorization", format!("Bearer {}", socket.token()));
    let (mut chat, _) = Socket::open(&parlor, "", &[bearer, forwarded(2)]).await;
    chat.send(json!({"action": "join", "roomId": id(&room)})).await;
    chat.until("joined").await;

    let (mut io, _) = Socket::at(&parlor, "/socket.io/?EIO=4&transport=websocket", &[forwarded(3)]).await;
    io.text(format!("40{}", json!({"token": socketio.token()}))).await;
    io.packet("40").await;
    io.text(format!("420{}", json!(["joinRoom", {"roomId": id(&room)}]))).await;
    io.packet("430").await;

    let body = json!({"roomId": id(&room), "username": "actions"});
    post(&actions, 4, "/dialects/actions/api/join-room", body).await.expect(200);
    let body = json!({"roomId": id(&room), "content": "hello"});
    post(&envelope, 5, "/dialects/envelope/api/messages", body).await.expect(201);

    let page = alice.get(&format!("{room}/audit?order=asc")).await.expect(200);
    let joined: Vec<_> = page["data"].as_array().unwrap()[1..]
        .iter()
        .map(|event| {
            format!("{} {} {}", event["event"], event["actor"]["username"], event["address"]).replace('"', "")
        })
        .collect();
    assert_eq!(
        joined,
        [
            "member-joined rest 203.0.113.1",
            "member-joined socket 203.0.113.2",
            "member-joined socketio 203.0.113.3",
            "member-joined actions 203.0.113.4",
            "member-joined envelope 203.0.113.5",
        ]
    );
}

#[tokio::test]
async fn a_group_of_ryos_is_audited_member_by_member() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let (bob, _carol) = (parlor.user("bob").await, parlor.user("carol").await);
    let body = json!({"type": "private", "members": ["carol", "bob"]});
    let made = alice.post("/dialects/ryos/api/rooms", body).await.expect(201);
    let of_dialect = made["room"]["id"].as_str().unwrap().to_owned();
    let room = format!("/api/rooms/{of_dialect}");
    let expected = ["room-created alice -", "member-added alice bob", "member-added alice carol"];
    assert_eq!(lines(&alice, &room).await, expected);
    alice.delete(&format!("/dialects/ryos/api/rooms/{of_dialect}")).await.expect(200);
    // The one who joined first has become admin.
    let after = lines(&bob, &room).await;
    assert_eq!(after[3..], ["role-changed alice bob", "member-left alice -"]);
}

fn listed(parlor: &Parlor, filters: &[&str]) -> Vec<Value> {
    let arguments = [&["audit", "list", "--json"], filters].concat();
    serde_json::from_str(&parlor.run(&arguments)).unwrap()
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn events_outlive_their_room_for_operators_alone() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_ADMINS", "ryo")]);
    let (alice, ryo) = (parlor.user("alice").await, parlor.user("ryo").await);
    let room = alice.room("Chat", "public").await;
    ryo.delete(&room).await.expect(204);
    alice.get(&format!("{room}/audit")).await.error(404, "ROOM_NOT_FOUND");
    let events = listed(&parlor, &["--room", id(&room)]);
    assert_eq!(names(&events), ["room-deleted", "room-created"]);
    let deletion = &events[0];
    assert_eq!((&deletion["actor"]["username"], &deletion["roomId"]), (&json!("ryo"), &json!(id(&room))));
    assert_eq!(deletion["details"], json!({"byServerAdmin": true}));
}

#[tokio::test]
async fn logins_failures_and_acts_of_operators_are_listed_for_operators() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let anonymous = parlor.anonymous();
    let log_in = async |name: &str| {
        let body = json!({"username": name, "password": "wrong horse"});
        anonymous.post("/api/auth/login", body).await.error(401, "INVALID_CREDENTIALS");
    };
    log_in("alice").await;
    log_in("my-secret-password").await;
    let change = async |current: &str| {
        alice.patch("/api/users/me", json!({"currentPassword": current, "password": "another horse"})).await
    };
    change("wrong horse").await.error(401, "INVALID_CREDENTIALS");
    change("correct horse").await.expect(200);
    alice.post("/api/auth/logout", json!({})).await.expect(204);
    parlor.run(&["user", "promote", "alice"]);
    parlor.run(&["user", "demote", "alice"]);

    let events = listed(&parlor, &["--user", "Alice"]);
    assert_eq!(
        names(&events),
        [
            "server-admin-withdrawn",
            "server-admin-granted",
            "logged-out",
            "password-changed",
            "password-change-failed",
            "login-failed",
            "logged-in",
            "account-created",
        ]
    );
    let user = json!({"id": alice.id, "username": "alice"});
    for (event, actor, target, address) in [
        (&events[1], &Value::Null, &user, Value::Null),
        (&events[2], &user, &Value::Null, json!("127.0.0.1")),
        (&events[5], &Value::Null, &user, json!("127.0.0.1")),
        (&events[7], &user, &user, json!("127.0.0.1")),
    ] {
        assert_eq!(
            (&event["actor"], &event["target"], &event["address"]),
            (actor, target, &address),
            "{event}"
        );
        assert_eq!(event["roomId"], Value::Null);
    }
    let failures = listed(&parlor, &["--event", "login-failed", "--since", "1h"]);
    assert_eq!(names(&failures), ["login-failed"; 2]);
    assert_eq!(failures[0]["target"], Value::Null);
    assert!(!parlor.run(&["audit", "list"]).contains("my-secret-password"));
    let newest = parlor.run(&["audit", "list", "--limit", "1"]);
    assert!(newest.ends_with(" server-admin-withdrawn to alice\n"), "{newest}");
}
