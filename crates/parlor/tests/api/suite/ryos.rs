//! The dialect `ryos`: every request of its source document with its documented answer, and where it is stricter.

mod refusals;

use serde_json::{Value, json};

use crate::socket::Socket;
use crate::support::{Answer, Parlor, Session};

const ROOMS: &str = "/dialects/ryos/api/rooms";

/// A server whose admin is `ryo`, and some users.
async fn fixture<const N: usize>(names: [&str; N]) -> (Parlor, [Session; N]) {
    fixture_with(&[], names).await
}

async fn fixture_with<const N: usize>(settings: &[(&str, &str)], names: [&str; N]) -> (Parlor, [Session; N]) {
    let mut all = vec![("PARLOR_LIMITS", "off"), ("PARLOR_ADMINS", "ryo")];
    all.extend(settings);
    let parlor = Parlor::with(&all);
    let mut users = vec![];
    for name in names {
        users.push(parlor.user(name).await);
    }
    (parlor, users.try_into().ok().unwrap())
}

/// Checks that this is an error in the dialect's words and shape.
#[track_caller]
fn refused(answer: &Answer, status: u16, words: &str) {
    assert_eq!((answer.status, &answer.body), (status, &json!({"error": words})));
    assert!(answer.header("x-request-id").is_some());
}

async fn public(ryo: &Session, name: &str) -> String {
    let made = ryo.post(ROOMS, json!({"type": "public", "name": name})).await.expect(201);
    format!("{ROOMS}/{}", made["room"]["id"].as_str().unwrap())
}

async fn group(maker: &Session, members: &[&str]) -> String {
    let made = maker.post(ROOMS, json!({"type": "private", "members": members})).await.expect(201);
    format!("{ROOMS}/{}", made["room"]["id"].as_str().unwrap())
}

async fn enter(who: &Session, room: &str, name: &str) -> Answer {
    who.post(&format!("{room}/join"), json!({"username": name})).await
}

async fn users(who: &Session, room: &str) -> Value {
    who.get(&format!("{room}/users")).await.expect(200)
}

/// The canonical path of a room of the dialect.
fn canonical(room: &str) -> String {
    room.trim_start_matches("/dialects/ryos").to_owned()
}

#[tokio::test]
async fn public_rooms_are_created_by_server_admins_under_exactly_their_slug() {
    let (parlor, [ryo, alice]) = fixture(["ryo", "alice"]).await;
    // The type is public where none is given, and unknown fields are ignored.
    let mut made = ryo.post(ROOMS, json!({"name": "General Chat", "color": "red"})).await.expect(201);
    let created = made["room"]["createdAt"].take().as_i64().unwrap();
    assert!(created > 1_700_000_000_000 && created < 10_000_000_000_000, "milliseconds: {created}");
    assert_eq!(
        made,
        json!({"room": {"id": "general-chat", "name": "General Chat", "type": "public", "createdAt": null, "userCount": 0}})
    );
    let words = "There is a room of this name already; choose another";
    refused(&ryo.post(ROOMS, json!({"name": "general  CHAT!"})).await, 409, words);
    let body = json!({"type": "public", "name": "Another"});
    refused(&alice.post(ROOMS, body.clone()).await, 403, "Forbidden");
    let anonymous = parlor.anonymous().post(ROOMS, body).await;
    assert_eq!(anonymous.header("www-authenticate"), Some("Bearer"));
    refused(&anonymous, 401, "Authentication required");
    let shown = parlor.anonymous().get(&format!("{ROOMS}/general-chat")).await.expect(200);
    assert_eq!(shown["room"]["createdAt"], created);
}

#[tokio::test]
async fn one_of_two_concurrent_claims_to_a_slug_succeeds() {
    let (parlor, [ryo]) = fixture(["ryo"]).await;
    for round in 0..5 {
        let body = json!({"name": format!("Room {round}")});
        let (one, two) = tokio::join!(ryo.post(ROOMS, body.clone()), ryo.post(ROOMS, body));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
    }
    assert_eq!(parlor.anonymous().get(ROOMS).await.expect(200)["rooms"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_group_is_named_after_its_members_however_long_that_is() {
    let (_parlor, [alice, bob]) = fixture(["alice", "bob"]).await;
    let body = json!({"type": "private", "members": ["bob", "ALICE", "Bob"], "name": "passed over"});
    let mut made = alice.post(ROOMS, body.clone()).await.expect(201);
    let id = made["room"]["id"].take().as_str().unwrap().to_owned();
    assert!(id.len() == 32 && !id.contains('-'), "{id}");
    let created = made["room"]["createdAt"].take();
    assert_eq!(
        made,
        json!({"room": {"id": null, "name": "@alice, @bob", "type": "private", "members": ["alice", "bob"],
            "createdAt": null, "userCount": 2}})
    );
    let shown = bob.get(&format!("{ROOMS}/{id}")).await.expect(200);
    assert_eq!(shown["room"]["createdAt"], created);
    assert_eq!(shown["room"]["members"], json!(["alice", "bob"]));
    // Made again, it is another one.
    assert_ne!(alice.post(ROOMS, body).await.expect(201)["room"]["id"], id.as_str());
}

#[tokio::test]
async fn a_name_of_a_large_group_has_no_limit() {
    let names: Vec<String> = (10..18).map(|n| format!("a-rather-long-name-of-user-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (parlor, [maker]) = fixture(["maker"]).await;
    for name in &names {
        parlor.user(name).await;
    }
    let room = group(&maker, &names).await;
    let shown = maker.get(&room).await.expect(200);
    assert_eq!(shown["room"]["userCount"], 9);
    assert_eq!(shown["room"]["name"].as_str().unwrap().chars().count(), 8 * 32 + 6);
    assert_eq!(maker.get(&canonical(&room)).await.expect(200)["data"]["revision"], 9);
}

#[tokio::test]
async fn private_rooms_are_listed_to_their_members_only() {
    let (parlor, [ryo, alice, bob, eve]) = fixture(["ryo", "alice", "bob", "eve"]).await;
    public(&ryo, "General").await;
    let room = group(&alice, &["bob"]).await;
    let listed = async |who: &Session, query: &str| {
        let list = who.get(&format!("{ROOMS}{query}")).await.expect(200);
        let rooms = list["rooms"].as_array().unwrap();
        rooms.iter().map(|room| room["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(&bob, "?username=bob").await, ["General", "@alice, @bob"]);
    assert_eq!(listed(&bob, "?username=BOB").await, ["General", "@alice, @bob"]);
    for (who, query) in [(&bob, ""), (&bob, "?username="), (&bob, "?username=alice"), (&eve, "?username=bob")]
    {
        assert_eq!(listed(who, query).await, ["General"], "{query}");
    }
    assert_eq!(listed(&parlor.anonymous(), "?username=bob").await, ["General"]);
    assert_eq!(listed(&parlor.anonymous(), "?username=nobody").await, ["General"]);
    let list = bob.get(&format!("{ROOMS}?username=bob")).await.expect(200);
    assert_eq!(list["rooms"][1], bob.get(&room).await.expect(200)["room"]);
    refused(&bob.get(&format!("{ROOMS}?username=%00")).await, 400, "Invalid request");
}

#[tokio::test]
async fn joining_adds_presence_and_leaving_ends_it() {
    let (parlor, [ryo, alice, bob]) = fixture(["ryo", "alice", "bob"]).await;
    let room = public(&ryo, "General").await;
    let guest = parlor.anonymous();
    for name in ["bob", "Alice", "bob"] {
        assert_eq!(enter(&guest, &room, name).await.expect(200), json!({"success": true}));
    }
    assert_eq!(users(&guest, &room).await, json!({"users": ["alice", "bob"]}));
    assert_eq!(guest.get(&room).await.expect(200)["room"]["userCount"], 2);
    assert_eq!(guest.get(ROOMS).await.expect(200)["rooms"][0]["userCount"], 2);
    for _ in 0..2 {
        let left = guest.post(&format!("{room}/leave"), json!({"username": "bob"})).await;
        assert_eq!(left.expect(200), json!({"success": true}));
    }
    assert_eq!(users(&guest, &room).await, json!({"users": ["alice"]}));
    refused(&enter(&guest, &room, "nobody").await, 404, "User not found");
    refused(&enter(&guest, &format!("{ROOMS}/nowhere"), "alice").await, 404, "Room not found");
    // Nothing else has changed: no membership, no presence, no change of the room.
    let rooms = alice.get("/api/rooms").await.expect(200);
    let seen = &rooms["data"][0];
    assert_eq!((&seen["memberCount"], &seen["revision"]), (&json!(1), &json!(1)));
    let path = format!("/api/rooms/{}", seen["id"].as_str().unwrap());
    assert_eq!(bob.get(&format!("{path}/presence")).await.expect(200)["data"], json!([]));
    alice.get(&format!("{path}/messages")).await.error(403, "NOT_A_MEMBER");
}

#[tokio::test]
async fn in_a_private_room_members_mark_members() {
    let (_parlor, [alice, bob, _eve]) = fixture(["alice", "bob", "eve"]).await;
    let room = group(&alice, &["bob"]).await;
    enter(&bob, &room, "bob").await.expect(200);
    refused(&enter(&bob, &room, "eve").await, 404, "User not found");
    assert_eq!(users(&alice, &room).await, json!({"users": ["bob"]}));
    assert_eq!(alice.get(&room).await.expect(200)["room"]["userCount"], 2);
}

#[tokio::test]
async fn sockets_count_as_presence_that_a_leave_by_name_does_not_end() {
    let (parlor, [ryo, alice]) = fixture(["ryo", "alice"]).await;
    let room = public(&ryo, "General").await;
    let rooms = alice.get("/api/rooms").await.expect(200);
    let path = format!("/api/rooms/{}", rooms["data"][0]["id"].as_str().unwrap());
    let mut socket = Socket::of(&parlor, &alice).await;
    socket.join(&path, None).await;
    // Frames are answered one after the other: with the pong the join is through.
    socket.send(json!({"action": "ping"})).await;
    socket.until("pong").await;
    assert_eq!(users(&parlor.anonymous(), &room).await, json!({"users": ["alice"]}));
    enter(&parlor.anonymous(), &room, "alice").await.expect(200);
    assert_eq!(parlor.anonymous().get(&room).await.expect(200)["room"]["userCount"], 1);
    parlor.anonymous().post(&format!("{room}/leave"), json!({"username": "alice"})).await.expect(200);
    assert_eq!(users(&parlor.anonymous(), &room).await, json!({"users": ["alice"]}));
}

#[tokio::test]
async fn a_group_lasts_while_two_members_stay_and_its_last_admin_is_succeeded() {
    let (parlor, [alice, bob, carol]) = fixture(["alice", "bob", "carol"]).await;
    let room = group(&bob, &["carol", "alice"]).await;
    let path = canonical(&room);
    assert_eq!(bob.delete(&room).await.expect(200), json!({"success": true}));
    refused(&bob.get(&room).await, 404, "Room not found");
    // The others came in together, in the order of their names.
    let seen = carol.get(&path).await.expect(200);
    assert_eq!((&seen["data"]["memberCount"], &seen["data"]["revision"]), (&json!(2), &json!(5)));
    assert_eq!(alice.get(&path).await.expect(200)["data"]["membership"]["role"], "admin");
    let changes = carol.get(&format!("{path}/changes?since=3")).await.expect(200);
    let seen: Vec<(i64, &str, &str)> = changes["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| {
            let text = |field: &str| c[field].as_str().unwrap();
            (c["revision"].as_i64().unwrap(), text("action"), text("username"))
        })
        .collect();
    assert_eq!(seen, [(4, "role-changed", "alice"), (5, "member-removed", "bob")]);
    // With the last but one it is deleted, and its subscribers receive that.
    let mut socket = Socket::of(&parlor, &alice).await;
    socket.join(&path, Some(5)).await;
    carol.delete(&room).await.expect(200);
    let mut received = vec![];
    while received.len() < 2 {
        let frame = socket.next().await;
        if let "member-removed" | "room-deleted" = frame["action"].as_str().unwrap() {
            received.push((frame["action"].clone(), frame["revision"].clone()));
        }
    }
    assert_eq!(received, [(json!("member-removed"), json!(6)), (json!("room-deleted"), json!(7))]);
    refused(&alice.get(&room).await, 404, "Room not found");
    alice.get(&path).await.error(404, "ROOM_NOT_FOUND");
    refused(&alice.delete(&room).await, 404, "Room not found");
}

#[tokio::test]
async fn concurrent_leaves_keep_an_admin_in_a_group() {
    let (_parlor, [alice, bob, carol]) = fixture(["alice", "bob", "carol"]).await;
    for _ in 0..5 {
        let room = group(&alice, &["bob", "carol"]).await;
        let (one, two) = tokio::join!(alice.delete(&room), bob.delete(&room));
        // The second to go found one beside them, and with them the room went.
        one.expect(200);
        two.expect(200);
        refused(&carol.get(&room).await, 404, "Room not found");
    }
}

#[tokio::test]
async fn public_rooms_are_deleted_by_server_admins_not_by_their_creators() {
    let (parlor, [ryo, alice]) = fixture(["ryo", "alice"]).await;
    let path = alice.room("Hers", "public").await;
    let room = format!("{ROOMS}/hers");
    refused(&alice.delete(&room).await, 403, "Forbidden");
    assert_eq!(ryo.delete(&room).await.expect(200), json!({"success": true}));
    refused(&parlor.anonymous().get(&room).await, 404, "Room not found");
    alice.get(&path).await.error(404, "ROOM_NOT_FOUND");
    public(&ryo, "Hers").await;
}

#[tokio::test]
async fn rooms_are_shared_with_the_canonical_api() {
    let (_parlor, [ryo, alice, bob]) = fixture(["ryo", "alice", "bob"]).await;
    public(&ryo, "General").await;
    let mine = alice.room("Mine alone", "private").await;
    alice.room("Open", "public").await;
    let names = |list: &Value, key: &str| {
        let names = list[key].as_array().unwrap().iter().map(|room| room["name"].as_str().unwrap());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let there = alice.get("/api/rooms?sort=createdAt&order=asc").await.expect(200);
    let here = alice.get(&format!("{ROOMS}?username=alice")).await.expect(200);
    assert_eq!(names(&there, "data"), ["General", "Mine alone", "Open"]);
    assert_eq!(names(&here, "rooms"), names(&there, "data"));
    // A private room that is no group: members just leave, and the last admin stays.
    let room = format!("{ROOMS}/{}", mine.rsplit('/').next().unwrap().replace('-', ""));
    alice.post(&format!("{mine}/invitations"), json!({"username": "bob"})).await.expect(201);
    bob.join(&mine).await;
    assert_eq!(bob.get(&room).await.expect(200)["room"]["members"], json!(["alice", "bob"]));
    let kept = alice.delete(&room).await;
    assert_eq!(kept.status, 409, "{}", kept.body);
    bob.delete(&room).await.expect(200);
    assert_eq!(alice.get(&mine).await.expect(200)["data"]["memberCount"], 1);
    // A group takes messages like any room, and stays private.
    let group = canonical(&group(&alice, &["bob"]).await);
    bob.send(&group, "hello").await;
    assert_eq!(alice.get(&format!("{group}/messages")).await.expect(200)["data"][0]["content"], "hello");
    alice.patch(&group, json!({"visibility": "public"})).await.error(403, "NOT_ALLOWED");
}
