//! Direct rooms: one for each set of people, who all stay in it.

mod refusals;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::socket::{Socket, id};
use crate::support::{Parlor, Session, send};
use reqwest::Method;

/// Opens the direct room with people of these names; returns its path.
async fn open(by: &Session, names: &[&str]) -> String {
    let answer = by.post("/api/directs", json!({"usernames": names})).await;
    assert!([200, 201].contains(&answer.status), "{}", answer.body);
    format!("/api/rooms/{}", answer.body["data"]["id"].as_str().unwrap())
}

async fn total_of_rooms(of: &Session) -> Value {
    of.get("/api/rooms?joined=true").await.expect(200)["pagination"]["total"].take()
}

#[tokio::test]
async fn a_direct_room_is_made_once_for_the_same_people_whoever_asks() {
    let parlor = Parlor::start();
    let (carol, alice) = (parlor.user("carol").await, parlor.user("Alice").await);
    let bob = parlor.user("Bob").await;
    let answer = carol.post("/api/directs", json!({"usernames": ["BOB", "alice"]})).await;
    let location = answer.header("location").unwrap().to_owned();
    let mut room = answer.expect(201)["data"].take();
    assert_eq!(location, format!("/api/rooms/{}", room["id"].as_str().unwrap()));
    let mine = room["membership"].take();
    assert_eq!(
        room,
        json!({"id": room["id"], "name": "@Alice, @Bob, @carol", "slug": null, "description": null,
            "visibility": "private", "createdBy": {"id": carol.id, "username": "carol"},
            "createdAt": room["createdAt"], "updatedAt": room["createdAt"], "memberCount": 3,
            "lastMessageAt": null, "revision": 3, "membership": null, "direct": true, "metadata": {}})
    );
    assert_eq!((&mine["role"], &mine["joinedAt"]), (&json!("member"), &room["createdAt"]));
    assert_eq!((&mine["lastReadSeq"], &mine["unreadCount"]), (&json!(0), &json!(0)));

    for (caller, body) in [
        (&carol, json!({"userIds": [alice.id, bob.id]})),
        (&alice, json!({"usernames": ["carol", "bob"]})),
        (&bob, json!({"userIds": [alice.id, bob.id, carol.id, alice.id]})),
        (&bob, json!({"usernames": ["ALICE", "Carol", "bob", "carol"]})),
    ] {
        let answer = caller.post("/api/directs", body).await;
        assert_eq!(answer.header("location"), None);
        let again = answer.expect(200);
        assert_eq!(
            (&again["data"]["id"], &again["data"]["membership"]["role"]),
            (&room["id"], &json!("member"))
        );
        assert_eq!(caller.get(&location).await.expect(200)["data"], again["data"]);
        let listed = caller.get("/api/rooms?joined=true").await.expect(200);
        assert_eq!(listed["data"], json!([again["data"]]));
    }
    // Fewer of them are other people.
    let pair = alice.post("/api/directs", json!({"usernames": ["bob"]})).await.expect(201);
    assert_eq!(pair["data"]["name"], "@Alice, @Bob");
    assert_ne!(pair["data"]["id"], room["id"]);
    let hall = alice.room("Hall", "private").await;
    assert_eq!(alice.get(&hall).await.expect(200)["data"]["direct"], false);
}

#[tokio::test]
async fn every_participant_is_a_member_by_a_revision_of_their_own() {
    let parlor = Parlor::start();
    let (bob, alice) = (parlor.user("bob").await, parlor.user("alice").await);
    let carol = parlor.user("carol").await;
    let room = open(&bob, &["alice", "carol"]).await;
    let changes = carol.get(&format!("{room}/changes?since=0")).await.expect(200);
    let added = |user: &Session, name: &str, revision: u32| {
        json!({"action": "member-added", "roomId": id(&room), "revision": revision, "username": name,
            "userId": user.id, "role": "member"})
    };
    let expected = json!([added(&alice, "alice", 1), added(&bob, "bob", 2), added(&carol, "carol", 3)]);
    assert_eq!(changes["data"], expected);
    let members = alice.get(&format!("{room}/members")).await.expect(200);
    assert_eq!(members["pagination"]["total"], 3);
    assert!(members["data"].as_array().unwrap().iter().all(|member| member["role"] == "member"));
    for caller in [&alice, &bob, &carol] {
        caller.send(&room, "hello").await;
    }
    assert_eq!(alice.get(&room).await.expect(200)["data"]["membership"]["unreadCount"], 2);
    let mut socket = Socket::of(&parlor, &alice).await;
    assert_eq!(socket.join(&room, None).await["revision"], 6);
    let present = carol.get(&format!("{room}/presence")).await.expect(200);
    assert_eq!(present["data"][0]["username"], "alice");
}

#[tokio::test]
async fn from_1_to_9_others_by_ids_or_by_names_must_be_named() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off")]);
    let alice = parlor.user("alice").await;
    let mut others = vec![];
    for n in 1..=10 {
        others.push(parlor.user(&format!("user-{n:02}")).await.id);
    }
    let strangers = "0197a5c2-8f00-7000-8000-000000000000";
    let names: Vec<String> = (1..=10).map(|n| format!("user-{n:02}")).collect();
    for (body, fields) in [
        (json!({}), vec!["userIds"]),
        (json!({"userIds": []}), vec!["userIds"]),
        (json!({"usernames": []}), vec!["usernames"]),
        (json!({"userIds": [alice.id]}), vec!["userIds"]),
        (json!({"usernames": ["ALICE", "alice"]}), vec!["usernames"]),
        (json!({"userIds": others}), vec!["userIds"]),
        (json!({"usernames": names}), vec!["usernames"]),
        (json!({"userIds": null}), vec!["userIds"]),
        (json!({"userIds": others[0]}), vec!["userIds"]),
        (json!({"userIds": [1]}), vec!["userIds"]),
        (json!({"userIds": ["user-01"]}), vec!["userIds"]),
        (json!({"usernames": ["no name"]}), vec!["usernames"]),
        (json!({"usernames": ["user-01", "ab"]}), vec!["usernames"]),
        (json!({"usernames": [["user-01"]]}), vec!["usernames"]),
        (json!({"userIds": [others[0]], "usernames": ["user-01"]}), vec!["userIds", "usernames"]),
        (json!({"userIds": ["x"], "name": "us"}), vec!["name", "userIds"]),
    ] {
        let refused = alice.post("/api/directs", body.clone()).await.error(400, "VALIDATION_FAILED");
        let details = refused["details"].as_array().unwrap();
        let mut named: Vec<&str> = details.iter().map(|detail| detail["field"].as_str().unwrap()).collect();
        named.sort_unstable();
        assert_eq!(named, fields, "{body}");
    }
    for body in [json!({"userIds": [others[0], strangers]}), json!({"usernames": ["user-01", "nobody"]})] {
        alice.post("/api/directs", body).await.error(404, "USER_NOT_FOUND");
    }
    assert_eq!(total_of_rooms(&alice).await, 0, "nothing was made");
    parlor
        .anonymous()
        .post("/api/directs", json!({"userIds": [alice.id]}))
        .await
        .error(401, "UNAUTHENTICATED");

    // Nine others, with the caller and repeats beside them.
    let mut nine = names[..9].to_vec();
    nine.extend(["alice".to_owned(), "USER-01".to_owned()]);
    let room = alice.post("/api/directs", json!({"usernames": nine})).await.expect(201);
    assert_eq!(room["data"]["memberCount"], 10);
    assert!(room["data"]["name"].as_str().unwrap().starts_with("@alice, @user-01, @user-02, "));
    let ids = [&others[..9], std::slice::from_ref(&alice.id)].concat();
    let again = alice.post("/api/directs", json!({"userIds": ids})).await.expect(200);
    assert_eq!(again["data"]["id"], room["data"]["id"]);
}

#[tokio::test]
async fn people_who_write_to_each_other_at_once_get_one_room() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off")]);
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    for round in 0..5 {
        let third = parlor.user(&format!("third-{round}")).await;
        let callers = [&alice, &bob, &third];
        let asked = (0..12).map(|n| {
            let caller = callers[n % 3];
            let people = json!({"userIds": [alice.id, bob.id, third.id]});
            async move { caller.post("/api/directs", people).await }
        });
        let answers = join_all(asked).await;
        let made = answers.iter().filter(|answer| answer.status == 201).count();
        let mut rooms: Vec<String> = answers
            .into_iter()
            .map(|answer| answer.body["data"]["id"].as_str().unwrap().to_owned())
            .collect();
        rooms.sort();
        rooms.dedup();
        assert_eq!((made, rooms.len()), (1, 1), "{rooms:?}");
        assert_eq!(third.get(&format!("/api/rooms/{}", rooms[0])).await.expect(200)["data"]["revision"], 3);
    }
}

async fn keyed(by: &Session, key: &str, body: Value) -> crate::support::Answer {
    send(by.request(Method::POST, "/api/directs").header("idempotency-key", key).json(&body)).await
}

#[tokio::test]
async fn a_keyed_repeat_returns_the_first_answer() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let carol = parlor.user("carol").await;
    let first = keyed(&alice, "k", json!({"userIds": [bob.id]})).await;
    let location = first.header("location").map(String::from);
    let first = first.expect(201);
    bob.send(&format!("/api/rooms/{}", first["data"]["id"].as_str().unwrap()), "hello").await;
    for body in [json!({"userIds": [bob.id]}), json!({"userIds": [bob.id, alice.id, bob.id]})] {
        let repeat = keyed(&alice, "k", body).await;
        assert_eq!(repeat.header("location").map(String::from), location);
        assert_eq!(repeat.expect(201), first, "as it was then");
    }
    keyed(&alice, "k", json!({"userIds": [carol.id]})).await.error(409, "IDEMPOTENCY_CONFLICT");
    assert_eq!(total_of_rooms(&carol).await, 0);
    // Of an existing room, too; and keys are those of their user.
    let existing = keyed(&bob, "k", json!({"usernames": ["alice"]})).await.expect(200);
    assert_eq!(existing["data"]["id"], first["data"]["id"]);
    alice.send(&format!("/api/rooms/{}", first["data"]["id"].as_str().unwrap()), "hello").await;
    assert_eq!(keyed(&bob, "k", json!({"usernames": ["alice"]})).await.expect(200), existing);
    assert_ne!(alice.post("/api/directs", json!({"userIds": [bob.id]})).await.expect(200), first);

    let at_once =
        join_all((0..6).map(|_| keyed(&carol, "once", json!({"usernames": ["bob", "alice"]})))).await;
    let mut bodies: Vec<String> = at_once.into_iter().map(|answer| answer.expect(201).to_string()).collect();
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
}

#[tokio::test]
async fn a_direct_room_counts_for_its_creators_quota_of_rooms_only() {
    let quotas = [("PARLOR_QUOTA_ROOMS", "2"), ("PARLOR_QUOTA_MEMBERSHIPS", "1"), ("PARLOR_LIMITS", "off")];
    let parlor = Parlor::with(&quotas);
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let (carol, dave) = (parlor.user("carol").await, parlor.user("dave").await);
    let room = open(&alice, &["bob"]).await;
    open(&alice, &["carol"]).await;
    alice.post("/api/directs", json!({"usernames": ["dave"]})).await.error(403, "QUOTA_EXCEEDED");
    alice.post("/api/rooms", json!({"name": "Hall"})).await.error(403, "QUOTA_EXCEEDED");
    assert_eq!(open(&alice, &["bob"]).await, room, "an existing one needs no quota");
    // As many as one likes beside the one membership; alice is at her quota of rooms.
    for (caller, others) in [(&bob, ["dave"]), (&carol, ["dave"]), (&dave, ["alice"])] {
        open(caller, &others).await;
    }
    let hall = bob.room("Hall", "public").await;
    for guest in [&alice, &carol, &dave] {
        guest.join(&hall).await;
    }
    bob.post("/api/rooms", json!({"name": "Another"})).await.error(403, "QUOTA_EXCEEDED");
}
