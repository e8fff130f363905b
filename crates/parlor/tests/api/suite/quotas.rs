//! Section 7 of the contract: quotas, on every surface and under concurrency.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::growth::Growth;
use crate::socket::{Socket, id};
use crate::support::{Parlor, Session};

fn with(quota: &str, most: &str) -> Parlor {
    Parlor::with(&[("PARLOR_LIMITS", "off"), (quota, most)])
}

#[tokio::test]
async fn a_user_creates_as_many_rooms_as_the_quota_allows() {
    let parlor = with("PARLOR_QUOTA_ROOMS", "2");
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let _growth = Growth::of(&parlor);
    let first = alice.room("First", "public").await;
    let second = alice.room("Second", "private").await;
    let body = json!({"name": "Third"});
    let refused = alice.post("/api/rooms", body.clone()).await.error(403, "QUOTA_EXCEEDED");
    assert!(refused["error"].as_str().unwrap().contains("delete one"), "{refused}");
    // Rooms of others do not count, nor does joining one.
    let other = bob.room("Other", "public").await;
    alice.join(&other).await;
    // A room that is given away was created all the same; one that is deleted is not there any more.
    bob.join(&first).await;
    alice.patch(&format!("{first}/members/{}", bob.id), json!({"role": "admin"})).await.expect(200);
    alice.post(&format!("{first}/leave"), json!({})).await.expect(204);
    alice.post("/api/rooms", body.clone()).await.error(403, "QUOTA_EXCEEDED");
    alice.delete(&second).await.expect(204);
    alice.post("/api/rooms", body).await.expect(201);
}

#[tokio::test]
async fn the_quota_of_rooms_holds_in_the_dialects() {
    let parlor = with("PARLOR_QUOTA_ROOMS", "1");
    let (alice, _bob) = (parlor.user("alice").await, parlor.user("bob").await);
    alice.room("Only", "public").await;
    let made =
        alice.post("/dialects/actions/api/create-room", json!({"roomName": "Another"})).await.expect(403);
    assert_eq!(made["status"], "error");
    let made = alice.post("/dialects/envelope/api/rooms", json!({"name": "Another"})).await.expect(403);
    assert_eq!((&made["success"], &made["message"]), (&json!(false), &json!("Forbidden")));
    let group = json!({"type": "private", "members": ["bob"]});
    let made = alice.post("/dialects/ryos/api/rooms", group).await.expect(403);
    assert_eq!(made, json!({"error": "Forbidden"}));
    assert_eq!(alice.get("/api/rooms?joined=true").await.expect(200)["pagination"]["total"], 1);
}

#[tokio::test]
async fn a_quota_that_is_off_limits_nothing() {
    let parlor = with("PARLOR_QUOTA_ROOMS", "off");
    let alice = parlor.user("alice").await;
    for n in 0..3 {
        alice.room(&format!("Room {n}"), "public").await;
    }
}

/// Bob is a member of as many rooms as the quota of two allows; alice has one more.
async fn full() -> (Parlor, Session, Session, [String; 3]) {
    let parlor = with("PARLOR_QUOTA_MEMBERSHIPS", "2");
    let (alice, bob, carol) =
        (parlor.user("alice").await, parlor.user("bob").await, parlor.user("carol").await);
    let rooms = [
        alice.room("First", "public").await,
        alice.room("Second", "public").await,
        carol.room("Third", "public").await,
    ];
    for room in &rooms[..2] {
        bob.join(room).await;
    }
    (parlor, alice, bob, rooms)
}

#[tokio::test]
async fn a_user_joins_as_many_rooms_as_the_quota_allows() {
    let (parlor, alice, bob, [first, second, third]) = full().await;
    let _growth = Growth::of(&parlor);
    let join = format!("{third}/join");
    bob.post(&join, json!({})).await.error(403, "QUOTA_EXCEEDED");
    bob.post("/api/rooms", json!({"name": "Mine"})).await.error(403, "QUOTA_EXCEEDED");
    // Joining again is nothing new.
    bob.join(&first).await;
    bob.post(&format!("{second}/leave"), json!({})).await.expect(204);
    bob.join(&third).await;
    // The memberships of a deleted room have ended with it.
    bob.post(&format!("{second}/join"), json!({})).await.error(403, "QUOTA_EXCEEDED");
    alice.delete(&first).await.expect(204);
    bob.join(&second).await;
}

#[tokio::test]
async fn a_refused_join_leaves_the_invitation_open() {
    let (_parlor, alice, bob, [first, ..]) = full().await;
    let secret = {
        alice.delete(&first).await.expect(204);
        alice.room("Secret", "private").await
    };
    bob.room("Mine", "public").await;
    alice.post(&format!("{secret}/invitations"), json!({"username": "bob"})).await.expect(201);
    bob.post(&format!("{secret}/join"), json!({})).await.error(403, "QUOTA_EXCEEDED");
    assert_eq!(bob.get("/api/invitations").await.expect(200)["pagination"]["total"], 1);
}

#[tokio::test]
async fn the_quota_of_memberships_holds_on_every_surface() {
    let (parlor, _alice, bob, [first, _, third]) = full().await;
    let mut socket = Socket::of(&parlor, &bob).await;
    socket.send(json!({"action": "join", "roomId": id(&third), "ref": 1})).await;
    let refused = socket.until("error").await;
    assert_eq!((&refused["code"], &refused["ref"]), (&json!("QUOTA_EXCEEDED"), &json!(1)));
    socket.send(json!({"action": "join", "roomId": id(&first)})).await;
    socket.until("joined").await;

    let (mut socket, _) = Socket::at(&parlor, "/socket.io/?EIO=4&transport=websocket", &[]).await;
    socket.text(format!("40{}", json!({"token": bob.token()}))).await;
    socket.packet("40").await;
    socket.text(format!("420{}", json!(["joinRoom", {"roomId": id(&third)}]))).await;
    let ack = socket.packet("430").await;
    let ack: Value = serde_json::from_str(ack.trim_start_matches("430")).unwrap();
    assert_eq!(ack[0]["success"], false, "{ack}");

    let body = json!({"roomId": id(&third), "username": "bob"});
    let refused = bob.post("/dialects/actions/api/join-room", body).await.expect(403);
    assert_eq!(refused["status"], "error");
    // Posting would join.
    let body = json!({"roomId": id(&third), "content": "hello"});
    let refused = bob.post("/dialects/envelope/api/messages", body).await.expect(403);
    assert_eq!(refused["success"], false);
    // A group does not exceed its members' quotas, and is not made without them.
    let dave = parlor.user("dave").await;
    let group = json!({"type": "private", "members": ["bob", "carol"]});
    let refused = dave.post("/dialects/ryos/api/rooms", group).await.expect(403);
    assert_eq!(refused, json!({"error": "Forbidden"}));
    assert_eq!(dave.get("/api/rooms?joined=true").await.expect(200)["pagination"]["total"], 0);
    assert_eq!(bob.get("/api/rooms?joined=true").await.expect(200)["pagination"]["total"], 2);
}

#[tokio::test]
async fn a_room_has_as_many_open_invitations_as_the_quota_allows() {
    let parlor = with("PARLOR_QUOTA_INVITATIONS", "2");
    let mut people = vec![];
    for name in ["alice", "bob", "carol", "dave", "erin"] {
        people.push(parlor.user(name).await);
    }
    let [alice, bob, carol, dave, erin] = people.try_into().ok().unwrap();
    let _growth = Growth::of(&parlor);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let invitations = format!("{room}/invitations");
    let invite = async |who: &Session, name: &str| who.post(&invitations, json!({"username": name})).await;
    invite(&alice, "carol").await.expect(201);
    invite(&alice, "dave").await.expect(201);
    invite(&alice, "erin").await.error(403, "QUOTA_EXCEEDED");
    // One that is open already is returned; the other refusals have their places.
    invite(&alice, "carol").await.expect(200);
    invite(&alice, "nobody").await.error(404, "USER_NOT_FOUND");
    invite(&alice, "bob").await.error(403, "QUOTA_EXCEEDED");
    invite(&bob, "erin").await.error(403, "ADMIN_REQUIRED");
    invite(&erin, "carol").await.error(403, "NOT_A_MEMBER");
    // A used, a declined and a withdrawn invitation each make place for another.
    carol.join(&room).await;
    invite(&alice, "erin").await.expect(201);
    dave.delete(&format!("{invitations}/{}", dave.id)).await.expect(204);
    invite(&alice, "bob").await.error(409, "ALREADY_MEMBER");
    invite(&alice, "dave").await.expect(201);
    invite(&alice, "nobody").await.error(404, "USER_NOT_FOUND");
    // Other rooms have their own.
    let other = alice.room("Other", "private").await;
    alice.post(&format!("{other}/invitations"), json!({"username": "bob"})).await.expect(201);
}

#[tokio::test]
async fn quotas_hold_under_concurrency() {
    let parlor = Parlor::with(&[
        ("PARLOR_LIMITS", "off"),
        ("PARLOR_QUOTA_ROOMS", "4"),
        ("PARLOR_QUOTA_MEMBERSHIPS", "3"),
        ("PARLOR_QUOTA_INVITATIONS", "2"),
    ]);
    let mut rooms = vec![];
    for n in 0..9 {
        let owner = parlor.user(&format!("owner-{n}")).await;
        rooms.push((owner.room(&format!("Room {n}"), "public").await, owner));
    }
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let joins = join_all(rooms.iter().map(|(room, _)| {
        let path = format!("{room}/join");
        let alice = &alice;
        async move { alice.post(&path, json!({})).await.status }
    }))
    .await;
    assert_eq!(sorted(joins), [[200; 3].as_slice(), &[403; 6]].concat());
    // Three memberships come before four rooms.
    let creations = join_all((0..9).map(|n| {
        let bob = &bob;
        async move { bob.post("/api/rooms", json!({"name": format!("Of bob {n}")})).await.status }
    }))
    .await;
    assert_eq!(sorted(creations), [[201; 3].as_slice(), &[403; 6]].concat());
    let (room, owner) = &rooms[0];
    let invitations = join_all((1..9).map(|n| {
        let path = format!("{room}/invitations");
        async move { owner.post(&path, json!({"username": format!("owner-{n}")})).await.status }
    }))
    .await;
    // Alice may be in the room, but is not among them.
    assert_eq!(sorted(invitations), [[201; 2].as_slice(), &[403; 6]].concat());
}

fn sorted(mut statuses: Vec<u16>) -> Vec<u16> {
    statuses.sort_unstable();
    statuses
}
