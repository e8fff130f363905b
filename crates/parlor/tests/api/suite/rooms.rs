//! Section 3 of the contract: rooms, members, invitations.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{self, Answer, Parlor, Session};

#[tokio::test]
async fn a_room_is_shown_field_by_field() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let answer = alice.post("/api/rooms", json!({"name": " General Chat ", "description": "a\r\nb"})).await;
    let location = answer.header("location").unwrap().to_owned();
    let mut room = answer.expect(201)["data"].take();
    assert_eq!(location, format!("/api/rooms/{}", room["id"].as_str().unwrap()));
    let joined = room["membership"]["joinedAt"].take();
    assert_eq!(joined, room["createdAt"]);
    let (id, created) = (room["id"].clone(), room["createdAt"].clone());
    assert_eq!(
        room,
        json!({"id": id, "name": "General Chat", "slug": "general-chat", "description": "a\nb", "visibility": "public",
            "createdBy": {"id": alice.id, "username": "alice"}, "createdAt": created, "updatedAt": created,
            "memberCount": 1, "lastMessageAt": null, "revision": 1, "direct": false, "metadata": {},
            "membership": {"role": "admin", "joinedAt": null, "lastReadSeq": 0, "unreadCount": 0,
                "mentionCount": 0}})
    );
    let seen = parlor.anonymous().get(&location).await.expect(200);
    assert_eq!(seen["data"]["membership"], Value::Null);
}

#[tokio::test]
async fn slugs_are_numbered_and_reusable_after_deletion() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let first = alice.room("Chat", "public").await;
    let second = alice.room("Chat", "public").await;
    assert_eq!(alice.get(&second).await.expect(200)["data"]["slug"], "chat-2");
    alice.delete(&first).await.expect(204);
    alice.get(&first).await.error(404, "ROOM_NOT_FOUND");
    let third = alice.room("Chat", "public").await;
    assert_eq!(alice.get(&third).await.expect(200)["data"]["slug"], "chat");
}

#[tokio::test]
async fn a_change_moves_the_revision_and_an_empty_change_does_not() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let changed =
        alice.patch(&room, json!({"description": "about", "visibility": "private"})).await.expect(200);
    assert_eq!((&changed["data"]["revision"], &changed["data"]["slug"]), (&json!(2), &Value::Null));
    let same = alice.patch(&room, json!({"description": "about"})).await.expect(200);
    assert_eq!(same, changed);
    let cleared = alice.patch(&room, json!({"description": null})).await.expect(200);
    assert_eq!(cleared["data"]["description"], Value::Null);
}

#[tokio::test]
async fn lists_are_searched_sorted_and_paged() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    for name in ["Beta", "alpha", "Gamma 100%", "gamma ray"] {
        alice.room(name, "public").await;
    }
    alice.room("hidden", "private").await;
    let names = |list: Value| -> Vec<String> {
        list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|room| room["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let sorted = bob.get("/api/rooms?sort=name&order=asc&limit=3").await.expect(200);
    assert_eq!(sorted["pagination"], json!({"page": 1, "limit": 3, "total": 4, "hasMore": true}));
    assert_eq!(names(sorted), ["alpha", "Beta", "Gamma 100%"]);
    let rest = bob.get("/api/rooms?sort=name&order=asc&limit=3&page=2").await.expect(200);
    assert_eq!(names(rest), ["gamma ray"]);
    assert_eq!(names(bob.get("/api/rooms?search=GAMMA%20100%25").await.expect(200)), ["Gamma 100%"]);
    assert_eq!(names(alice.get("/api/rooms?visibility=private").await.expect(200)), ["hidden"]);
    assert!(names(bob.get("/api/rooms?joined=true").await.expect(200)).is_empty());
    parlor.anonymous().get("/api/rooms?joined=true").await.error(401, "UNAUTHENTICATED");
    // A part of the word, whose last letter is another in lower case.
    alice.room("\u{39f}\u{394}\u{3a5}\u{3a3}\u{3a3}\u{395}\u{3a5}\u{3a3} club", "public").await;
    let found = bob.get("/api/rooms?search=%CE%9F%CE%94%CE%A5%CE%A3").await.expect(200);
    assert_eq!(found["pagination"]["total"], 1);
    for bad in ["limit=0", "limit=101", "page=0", "page=1180591620717411303424", "sort=size", "joined=maybe"]
    {
        let error = bob.get(&format!("/api/rooms?{bad}")).await.error(400, "VALIDATION_FAILED");
        assert_eq!(error["details"][0]["field"], bad.split_once('=').unwrap().0);
    }
}

#[tokio::test]
async fn a_private_room_is_entered_by_invitation_which_is_then_used_up() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Secret", "private").await;
    let invite = json!({"username": "BOB"});
    let first = alice.post(&format!("{room}/invitations"), invite.clone()).await.expect(201);
    let again = alice.post(&format!("{room}/invitations"), invite.clone()).await.expect(200);
    assert_eq!(first, again);
    let mine = bob.get("/api/invitations").await.expect(200);
    assert_eq!(mine["data"][0], first["data"]);
    bob.get(&room).await.expect(200);
    bob.get(&format!("{room}/messages")).await.error(403, "NOT_A_MEMBER");
    bob.join(&room).await;
    bob.join(&room).await;
    alice.post(&format!("{room}/invitations"), invite).await.error(409, "ALREADY_MEMBER");
    bob.post(&format!("{room}/leave"), json!({})).await.expect(204);
    bob.post(&format!("{room}/join"), json!({})).await.error(404, "ROOM_NOT_FOUND");
}

#[tokio::test]
async fn the_last_admin_stays() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let (her, him) = (format!("{room}/members/{}", alice.id), format!("{room}/members/{}", bob.id));
    alice.post(&format!("{room}/leave"), json!({})).await.error(409, "LAST_ADMIN");
    alice.patch(&her, json!({"role": "member"})).await.error(409, "LAST_ADMIN");
    alice.delete(&her).await.error(409, "LAST_ADMIN");
    bob.patch(&him, json!({"role": "admin"})).await.error(403, "ADMIN_REQUIRED");
    let promoted = alice.patch(&him, json!({"role": "admin"})).await.expect(200);
    assert_eq!((&promoted["data"]["role"], &promoted["data"]["online"]), (&json!("admin"), &json!(false)));
    alice.post(&format!("{room}/leave"), json!({})).await.expect(204);
}

/// Sends a POST under an idempotency key.
async fn post_once(who: &Session, path: &str, key: &str, body: &Value) -> Answer {
    let request = who.request(Method::POST, path).header("Idempotency-Key", key);
    support::send(request.json(body)).await
}

#[tokio::test]
async fn a_room_is_created_once_under_a_key() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let body = json!({"name": "Chat", "visibility": "public"});
    let first = post_once(&alice, "/api/rooms", "k1", &body).await;
    let location = first.header("location").unwrap().to_owned();
    let first = first.expect(201);
    alice.patch(&location, json!({"name": "Renamed"})).await.expect(200);
    for key in ["k1", "\"k1\""] {
        let again = post_once(&alice, "/api/rooms", key, &body).await;
        assert_eq!(again.header("location"), Some(location.as_str()));
        assert_eq!(again.expect(201), first);
    }
    let other = json!({"name": "Chat", "visibility": "private"});
    post_once(&alice, "/api/rooms", "k1", &other).await.error(409, "IDEMPOTENCY_CONFLICT");
    assert_ne!(
        post_once(&alice, "/api/rooms", "k2", &body).await.expect(201)["data"]["id"],
        first["data"]["id"]
    );
    assert_ne!(
        post_once(&bob, "/api/rooms", "k1", &body).await.expect(201)["data"]["id"],
        first["data"]["id"]
    );
}

#[tokio::test]
async fn a_room_is_created_once_by_many_repeats_at_the_same_time() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let body = json!({"name": "Chat", "visibility": "private"});
    let answers = join_all((0..8).map(|_| post_once(&alice, "/api/rooms", "k1", &body))).await;
    let rooms: Vec<Value> = answers.into_iter().map(|answer| answer.expect(201)).collect();
    assert!(rooms.iter().all(|room| *room == rooms[0]), "{rooms:#?}");
    assert_eq!(alice.get("/api/rooms?joined=true").await.expect(200)["pagination"]["total"], 1);
}

#[tokio::test]
async fn an_invitation_is_made_once_under_a_key_also_after_it_was_used() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "private").await;
    let (path, body) = (format!("{room}/invitations"), json!({"username": "bob"}));
    let first = post_once(&alice, &path, "k1", &body).await.expect(201);
    bob.join(&room).await;
    let again = post_once(&alice, &path, "k1", &body).await;
    assert!(again.header("location").is_some());
    assert_eq!(again.expect(201), first);
    post_once(&alice, &path, "k2", &body).await.error(409, "ALREADY_MEMBER");
    let other = json!({"userId": alice.id});
    post_once(&alice, &path, "k1", &other).await.error(409, "IDEMPOTENCY_CONFLICT");
}

#[tokio::test]
async fn on_every_surface_a_name_is_visible_and_stays_on_its_line() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    for name in
        ["\u{200d}\u{fe0f}\u{2800}", "\u{3164}\u{3164}\u{3164}", "a\u{202e}bc", "a\u{2066}bc", "a\u{2028}bc"]
    {
        let error = alice.post("/api/rooms", json!({"name": name})).await.error(400, "VALIDATION_FAILED");
        assert_eq!(error["details"][0]["field"], "name", "{name:?}");
        alice.patch(&room, json!({"name": name})).await.error(400, "VALIDATION_FAILED");
        alice.post("/dialects/envelope/api/rooms", json!({"name": name})).await.expect(400);
        alice.post("/dialects/actions/api/create-room", json!({"room_name": name})).await.expect(400);
        alice.post("/dialects/ryos/api/rooms", json!({"type": "public", "name": name})).await.expect(400);
    }
    for name in [
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "\u{2764}\u{fe0f}\u{2764}",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
    ] {
        let made = alice.post("/api/rooms", json!({"name": name})).await.expect(201);
        assert_eq!(made["data"]["name"], name);
    }
}
