//! Refusals of the dialect `ryos`: strangers, hostile input, too many requests, usernames without a token.

use reqwest::Method;
use serde_json::json;

use super::{ROOMS, canonical, enter, fixture, fixture_with, group, public, refused, users};
use crate::support::{self, Parlor};

#[tokio::test]
async fn a_stranger_sees_nothing_of_a_private_room() {
    let (parlor, [ryo, alice, _bob, eve]) = fixture(["ryo", "alice", "bob", "eve"]).await;
    let room = group(&alice, &["bob"]).await;
    let nowhere = format!("{ROOMS}/{}", "0".repeat(32));
    // Neither a stranger, nor a server admin, nor an invited user is a member.
    let invitations = format!("{}/invitations", canonical(&room));
    alice.post(&invitations, json!({"username": "eve"})).await.expect(201);
    for who in [&eve, &ryo, &parlor.anonymous()] {
        for room in [&room, &nowhere] {
            refused(&who.get(room).await, 404, "Room not found");
            refused(&who.get(&format!("{room}/users")).await, 404, "Room not found");
            for name in ["alice", "eve", "nobody"] {
                refused(&enter(who, room, name).await, 404, "Room not found");
                let leave = who.post(&format!("{room}/leave"), json!({"username": name})).await;
                refused(&leave, 404, "Room not found");
            }
        }
    }
    for room in [&room, &nowhere] {
        refused(&eve.delete(room).await, 404, "Room not found");
        refused(&ryo.delete(room).await, 404, "Room not found");
        refused(&parlor.anonymous().delete(room).await, 401, "Authentication required");
    }
    assert_eq!(users(&alice, &room).await, json!({"users": []}));
}

#[tokio::test]
async fn the_username_header_must_be_the_tokens_own() {
    let (_parlor, [alice, _bob]) = fixture(["alice", "bob"]).await;
    let room = group(&alice, &["bob"]).await;
    let send = async |method: Method, path: &str, name: &str| {
        let body = json!({"type": "private", "members": ["bob"]});
        support::send(alice.request(method, path).header("x-username", name).json(&body)).await
    };
    for name in ["bob", "", "alice2"] {
        refused(&send(Method::POST, ROOMS, name).await, 401, "Authentication required");
        refused(&send(Method::DELETE, &room, name).await, 401, "Authentication required");
    }
    send(Method::POST, ROOMS, "Alice").await.expect(201);
    send(Method::DELETE, &room, "alice").await.expect(200);
}

#[tokio::test]
async fn malformed_requests_are_refused_with_the_dialects_messages() {
    let (parlor, [ryo, alice]) = fixture(["ryo", "alice"]).await;
    let room = public(&ryo, "General").await;
    for body in [
        json!({}),
        json!({"type": "private"}),
        json!({"type": "private", "members": []}),
        json!({"type": "private", "members": "alice"}),
        json!({"type": "private", "members": ["alice", 7]}),
        json!({"type": "private", "members": ["al ice"]}),
        json!({"type": "private", "members": vec!["x".repeat(33)]}),
        json!({"type": "private", "members": (0..101).map(|n| format!("user-{n}")).collect::<Vec<_>>()}),
        json!({"type": "secret", "name": "Room"}),
        json!({"type": "public", "name": "ab"}),
        json!({"type": "public", "name": "a\u{0}bc"}),
        json!([1]),
    ] {
        refused(&ryo.post(ROOMS, body).await, 400, "Invalid request");
    }
    let unknown = alice.post(ROOMS, json!({"type": "private", "members": ["nobody"]})).await;
    refused(&unknown, 404, "User not found");
    for body in [json!({}), json!({"username": ""}), json!({"username": 1}), json!({"username": "a\u{0}b"})] {
        refused(&alice.post(&format!("{room}/join"), body.clone()).await, 400, "Invalid request");
        refused(&alice.post(&format!("{room}/leave"), body).await, 400, "Invalid request");
    }
    for id in ["%00", "..%2f", "General", "' or 1=1--", "%F0%9F%90%88", &"a".repeat(5_000), "{}"] {
        refused(&alice.get(&format!("{ROOMS}/{id}")).await, 404, "Room not found");
        refused(&alice.delete(&format!("{ROOMS}/{id}")).await, 404, "Room not found");
    }
    let torn = alice.request(Method::POST, ROOMS).header("content-type", "application/json").body("{");
    refused(&support::send(torn).await, 400, "Invalid request");
    let plain = support::send(alice.request(Method::POST, ROOMS).body("{}")).await;
    refused(&plain, 415, "Send the body as application/json");
    let stale = parlor.anonymous().with_token("stale");
    refused(&stale.get(ROOMS).await, 401, "Authentication required");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_answered_in_the_dialects_shape() {
    let (parlor, [alice]) = fixture(["alice"]).await;
    for path in
        ["/dialects/ryos", "/dialects/ryos/", "/dialects/ryos/api/messages", "/dialects/ryos/api/rooms/a/b"]
    {
        refused(&alice.get(path).await, 404, "There is nothing at this path");
    }
    alice.get("/dialects/ryosx").await.error(404, "NOT_FOUND");
    for (method, path, allow) in [
        (Method::PUT, ROOMS.to_owned(), "GET, POST, HEAD"),
        (Method::PATCH, format!("{ROOMS}/general"), "GET, DELETE, HEAD"),
        (Method::GET, format!("{ROOMS}/general/join"), "POST"),
    ] {
        let answer = support::send(alice.request(method, &path)).await;
        assert_eq!(answer.header("allow"), Some(allow));
        refused(&answer, 405, &format!("This path knows the methods {allow}"));
    }
    let own =
        parlor.anonymous().request(Method::DELETE, &format!("{ROOMS}/x")).header("x-request-id", "mine-1");
    let answer = support::send(own).await;
    assert_eq!((answer.status, answer.header("x-request-id")), (401, Some("mine-1")));
    let head = support::send(alice.request(Method::HEAD, ROOMS)).await;
    assert_eq!((head.status, head.header("cache-control")), (200, Some("no-store")));
}

#[tokio::test]
async fn limits_are_shared_with_the_whole_server() {
    let parlor = Parlor::with(&[("PARLOR_LIMIT_ANONYMOUS", "2/1m")]);
    let guest = parlor.anonymous();
    guest.get("/api/rooms").await.expect(200);
    let last = guest.get(ROOMS).await;
    assert_eq!((last.status, last.header("ratelimit-remaining")), (200, Some("0")));
    let over = guest.get(ROOMS).await;
    assert!(over.header("retry-after").is_some() && over.header("ratelimit-limit") == Some("2"));
    refused(&over, 429, "Rate limit exceeded");
}

#[tokio::test]
async fn usernames_are_trusted_only_where_the_setting_allows_it() {
    let trusting = [("PARLOR_RYOS_TRUST_USERNAMES", "true")];
    let (parlor, [alice, _bob, _eve]) = fixture_with(&trusting, ["alice", "bob", "eve"]).await;
    let room = group(&alice, &["bob"]).await;
    let guest = parlor.anonymous();
    let list = guest.get(&format!("{ROOMS}?username=bob")).await.expect(200);
    assert_eq!(list["rooms"][0]["name"], "@alice, @bob");
    assert_eq!(guest.get(&format!("{ROOMS}?username=eve")).await.expect(200), json!({"rooms": []}));
    assert_eq!(guest.get(&format!("{ROOMS}?username=nobody")).await.expect(200), json!({"rooms": []}));
    enter(&guest, &room, "bob").await.expect(200);
    refused(&enter(&guest, &room, "eve").await, 404, "Room not found");
    assert_eq!(users(&alice, &room).await, json!({"users": ["bob"]}));
    // A name opens no more than the document allows.
    refused(&guest.get(&room).await, 404, "Room not found");
    guest.get(&format!("{}/messages", canonical(&room))).await.error(401, "UNAUTHENTICATED");
}
