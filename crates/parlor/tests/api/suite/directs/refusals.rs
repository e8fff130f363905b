//! Requests that a direct room refuses, on every surface, and those that change nothing.

use reqwest::Method;
use serde_json::{Value, json};

use super::open;
use crate::socket::{Socket, id};
use crate::support::{Parlor, send};

const UNKNOWN: &str = "0197a5c2-8f00-7000-8000-000000000000";

#[tokio::test]
async fn nobody_leaves_is_invited_removed_or_promoted_and_nobody_changes_the_room() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_ADMINS", "boss")]);
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let (carol, boss) = (parlor.user("carol").await, parlor.user("boss").await);
    for room in [open(&alice, &["bob"]).await, open(&alice, &["bob", "boss"]).await] {
        let before = alice.get(&room).await.expect(200);
        let own = format!("/members/{}", alice.id);
        let (other, stranger) = (format!("/members/{}", bob.id), format!("/members/{}", carol.id));
        for (method, path, body, status, code) in [
            ("POST", "/leave", json!({}), 403, "NOT_ALLOWED"),
            ("POST", "/invitations", json!({"username": "carol"}), 403, "NOT_ALLOWED"),
            ("POST", "/invitations", json!({"userId": bob.id}), 403, "NOT_ALLOWED"),
            ("POST", "/invitations", json!({"username": "alice"}), 403, "NOT_ALLOWED"),
            ("POST", "/invitations", json!({"username": "nobody"}), 404, "USER_NOT_FOUND"),
            ("POST", "/invitations", json!({"userId": UNKNOWN}), 404, "USER_NOT_FOUND"),
            ("POST", "/invitations", json!({}), 400, "VALIDATION_FAILED"),
            ("GET", "/invitations", Value::Null, 403, "NOT_ALLOWED"),
            ("DELETE", &format!("/invitations/{}", carol.id), Value::Null, 404, "INVITATION_NOT_FOUND"),
            ("DELETE", &own, Value::Null, 403, "NOT_ALLOWED"),
            ("DELETE", &other, Value::Null, 403, "NOT_ALLOWED"),
            ("DELETE", &stranger, Value::Null, 404, "MEMBER_NOT_FOUND"),
            ("DELETE", &format!("/members/{UNKNOWN}"), Value::Null, 404, "MEMBER_NOT_FOUND"),
            ("PATCH", &other, json!({"role": "admin"}), 403, "NOT_ALLOWED"),
            ("PATCH", &other, json!({"role": "member"}), 403, "NOT_ALLOWED"),
            ("PATCH", &own, json!({"role": "admin"}), 403, "NOT_ALLOWED"),
            ("PATCH", &stranger, json!({"role": "admin"}), 404, "MEMBER_NOT_FOUND"),
            ("PATCH", "", json!({"name": "Another"}), 403, "NOT_ALLOWED"),
            ("PATCH", "", json!({"metadata": {"a": 1}}), 403, "NOT_ALLOWED"),
            ("PATCH", "", json!({"visibility": "public"}), 403, "NOT_ALLOWED"),
            ("PATCH", "", json!({"description": null}), 403, "NOT_ALLOWED"),
            ("PATCH", "", json!({}), 403, "NOT_ALLOWED"),
            ("PATCH", "", json!({"name": "x"}), 400, "VALIDATION_FAILED"),
            ("PUT", "", json!({"name": "Another"}), 403, "NOT_ALLOWED"),
            ("DELETE", "", Value::Null, 403, "NOT_ALLOWED"),
            ("GET", "/audit", Value::Null, 403, "NOT_ALLOWED"),
        ] {
            let (method, path) = (Method::from_bytes(method.as_bytes()).unwrap(), format!("{room}{path}"));
            // To its creator too. A stranger learns nothing, a server admin neither.
            let inside = (status, code);
            let outside = if status == 400 { inside } else { (404, "ROOM_NOT_FOUND") };
            let boss_is_in_it = before["data"]["memberCount"] == 3;
            for (caller, (status, code)) in [
                (&alice, inside),
                (&bob, inside),
                (&carol, outside),
                (&boss, if boss_is_in_it { inside } else { outside }),
            ] {
                let request = caller.request(method.clone(), &path);
                let request = if body.is_null() { request } else { request.json(&body) };
                let answer = send(request).await;
                let found = (answer.status, answer.body["code"].as_str());
                assert_eq!(found, (status, Some(code)), "{method} {path} {body}: {}", answer.body);
            }
        }
        assert_eq!(alice.get(&room).await.expect(200), before, "nothing has changed");
    }
}

#[tokio::test]
async fn joining_changes_nothing_on_any_surface() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off")]);
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let eve = parlor.user("eve").await;
    let room = open(&alice, &["bob"]).await;
    let before = bob.get(&room).await.expect(200);
    let joined = bob.post(&format!("{room}/join"), json!({})).await.expect(200);
    assert_eq!(joined["data"], before["data"]["membership"]);
    let mut socket = Socket::of(&parlor, &bob).await;
    assert_eq!(socket.join(&room, None).await["message"], "Welcome to @alice, @bob!");
    let body = json!({"roomId": id(&room), "username": "bob"});
    bob.post("/dialects/actions/api/join-room", body.clone()).await.expect(200);
    let simple = id(&room).replace('-', "");
    let ryos = format!("/dialects/ryos/api/rooms/{simple}");
    bob.post(&format!("{ryos}/join"), json!({"username": "bob"})).await.expect(200);
    assert_eq!(bob.get(&room).await.expect(200), before);

    eve.post(&format!("{room}/join"), json!({})).await.error(404, "ROOM_NOT_FOUND");
    eve.post("/dialects/actions/api/join-room", json!({"roomId": id(&room), "username": "eve"}))
        .await
        .expect(404);
    eve.post(&format!("{ryos}/join"), json!({"username": "eve"})).await.expect(404);
    let mut socket = Socket::of(&parlor, &eve).await;
    socket.send(json!({"action": "join", "roomId": id(&room)})).await;
    assert_eq!(socket.next().await["code"], "ROOM_NOT_FOUND");
}

#[tokio::test]
async fn dialects_show_a_direct_room_as_their_own_private_ones() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off")]);
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let eve = parlor.user("eve").await;
    let room = open(&alice, &["bob"]).await;
    let simple = id(&room).replace('-', "");
    let path = format!("/dialects/ryos/api/rooms/{simple}");
    let shown = bob.get(&path).await.expect(200);
    assert_eq!(
        shown["room"],
        json!({"id": simple, "name": "@alice, @bob", "type": "private", "members": ["alice", "bob"],
            "createdAt": shown["room"]["createdAt"], "userCount": 2})
    );
    let listed = bob.get("/dialects/ryos/api/rooms?username=bob").await.expect(200);
    assert_eq!(listed["rooms"], json!([shown["room"]]));
    eve.get(&path).await.expect(404);
    for caller in [&alice, &bob] {
        assert_eq!(caller.delete(&path).await.expect(403), json!({"error": "Forbidden"}));
    }
    eve.delete(&path).await.expect(404);
    assert_eq!(alice.get(&room).await.expect(200)["data"]["revision"], 2);

    let message = json!({"roomId": id(&room), "content": "hello"});
    let posted = bob.post("/dialects/envelope/api/messages", message.clone()).await.expect(201);
    assert_eq!(posted["data"]["content"], "hello");
    eve.post("/dialects/envelope/api/messages", message).await.expect(404);
    let history = alice.get(&format!("/dialects/actions/api/chat-history/{}", id(&room))).await.expect(200);
    assert!(history.to_string().contains("hello"), "{history}");
    let envelope = alice.get(&format!("/dialects/envelope/api/rooms/{}", id(&room))).await.expect(200);
    assert_eq!(envelope["data"]["name"], "@alice, @bob");
}
