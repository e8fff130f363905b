//! Section 13 of the contract: mentions.

use serde_json::{Value, json};

use super::files;
use crate::socket::{Socket, id};
use crate::support::{Parlor, Session};

/// The names of the people whom a message mentions, and whether it mentions the room.
fn mentioned(message: &Value) -> (Vec<&str>, bool) {
    let people =
        message["mentions"].as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap());
    (people.collect(), message["mentionsRoom"].as_bool().unwrap())
}

/// The contents of the caller's mentions, as they are listed.
async fn mentions(user: &Session, query: &str) -> (Vec<String>, Value) {
    let page = user.get(&format!("/api/mentions{query}")).await.expect(200);
    let contents = page["data"].as_array().unwrap().iter();
    let contents = contents.map(|message| message["content"].as_str().unwrap().to_owned()).collect();
    (contents, page["pagination"].clone())
}

async fn count(user: &Session, room: &str) -> i64 {
    let room = user.get(room).await.expect(200);
    room["data"]["membership"]["mentionCount"].as_i64().unwrap()
}

#[tokio::test]
async fn a_message_mentions_members_by_name_and_an_admin_the_room() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("Bob").await);
    let dotted = parlor.user("bob.x").await;
    parlor.user("stranger").await;
    let room = alice.room("Chat", "public").await;
    for user in [&bob, &dotted] {
        user.join(&room).await;
    }
    let mut socket = Socket::of(&parlor, &bob).await;
    socket.join(&room, None).await;
    for (text, people, everybody) in [
        ("@bob, @ALICE and @stranger", vec!["Bob", "alice"], false),
        ("\u{4f60}\u{597d}@bob .@bob @@bob", vec!["Bob"], false),
        ("mail@bob @bobby @bob_ x@room", vec![], false),
        ("@bob.x @bob.y", vec!["bob.x", "Bob"], false),
        ("@Room!", vec![], true),
    ] {
        let sent = alice.send(&room, text).await;
        assert_eq!(mentioned(&sent), (people.clone(), everybody), "{text}");
        let event = socket.until("new-message").await;
        assert_eq!(mentioned(&event), (people.clone(), everybody), "{text}");
        let page = bob.get(&format!("{room}/messages?limit=1&markRead=false")).await.expect(200);
        assert_eq!(mentioned(&page["data"][0]), (people, everybody), "{text}");
    }
    assert_eq!(mentioned(&bob.send(&room, "@room").await), (vec![], false));
    let mention = &alice.send(&room, "@bob").await["mentions"][0];
    assert_eq!(*mention, json!({"id": bob.id, "username": "Bob"}));
}

#[tokio::test]
async fn an_edit_evaluates_mentions_again_and_those_of_former_members_stay_otherwise() {
    let parlor = Parlor::start();
    let (alice, bob, carol) =
        (parlor.user("alice").await, parlor.user("bob").await, parlor.user("carol").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let sent = alice.send(&room, "@bob @carol").await;
    let message = format!("{room}/messages/{}", sent["id"].as_str().unwrap());
    assert_eq!(mentioned(&sent), (vec!["bob"], false));
    carol.join(&room).await;
    bob.post(&format!("{room}/leave"), json!({})).await.expect(204);
    let shown = alice.get(&message).await.expect(200);
    assert_eq!(mentioned(&shown["data"]), (vec!["bob"], false));
    let edited = alice.patch(&message, json!({"metadata": {"a": 1}})).await.expect(200);
    assert_eq!(mentioned(&edited["data"]), (vec!["carol"], false));
    let edited = alice.patch(&message, json!({"content": "@room @alice"})).await.expect(200);
    assert_eq!(mentioned(&edited["data"]), (vec!["alice"], true));
    assert_eq!(mentions(&carol, "").await.0, ["@room @alice"]);
    let edited = alice.patch(&message, json!({"content": "nobody"})).await.expect(200);
    assert_eq!(mentioned(&edited["data"]), (vec![], false));
    assert!(mentions(&carol, "").await.0.is_empty());
}

#[tokio::test]
async fn quotes_and_metadata_mention_nobody_and_captions_do() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let quoted = alice.send(&room, "@bob").await;
    let reply = json!({"content": "quoting", "replyTo": quoted["id"], "metadata": {"to": "@bob"}});
    let reply = alice.post(&format!("{room}/messages"), reply).await.expect(201);
    assert_eq!(mentioned(&reply["data"]), (vec![], false));
    let dialect = json!({"roomId": id(&room), "content": "by a dialect, @bob"});
    alice.post("/dialects/envelope/api/messages", dialect).await.expect(201);
    let file = files::upload(&alice, "bob.txt", files::HELLO).await;
    let captioned = json!({"type": "file", "fileId": file["id"], "content": "a caption, @bob"});
    alice.post(&format!("{room}/messages"), captioned).await.expect(201);
    assert_eq!(mentions(&bob, "").await.0, ["a caption, @bob", "by a dialect, @bob", "@bob"]);
}

#[tokio::test]
async fn a_direct_room_has_mentions_of_people_but_none_of_the_room() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let direct = alice.post("/api/directs", json!({"usernames": ["bob"]})).await.expect(201);
    let room = format!("/api/rooms/{}", direct["data"]["id"].as_str().unwrap());
    for user in [&alice, &bob] {
        assert_eq!(mentioned(&user.send(&room, "@room @bob").await), (vec!["bob"], false));
    }
    assert_eq!(mentions(&bob, "").await.0.len(), 2);
    assert!(mentions(&alice, "").await.0.is_empty());
}

#[tokio::test]
async fn unread_mentions_are_counted_in_rooms_and_lists() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let mut sent = vec![];
    for text in ["@bob", "words", "@room", "@bob @room", "@alice"] {
        sent.push(alice.send(&room, text).await);
    }
    assert_eq!(count(&bob, &room).await, 3);
    let listed = bob.get("/api/rooms?joined=true").await.expect(200);
    assert_eq!(listed["data"][0]["membership"]["mentionCount"], 3);
    assert_eq!(count(&alice, &room).await, 0);
    alice.delete(&format!("{room}/messages/{}", sent[2]["id"].as_str().unwrap())).await.expect(204);
    assert_eq!(count(&bob, &room).await, 2);
    bob.post(&format!("{room}/read"), json!({"seq": 1})).await.expect(204);
    assert_eq!(count(&bob, &room).await, 1);
    bob.get(&format!("{room}/messages")).await.expect(200);
    assert_eq!(count(&bob, &room).await, 0);
    let joined = parlor.user("carol").await.post(&format!("{room}/join"), json!({})).await.expect(200);
    assert_eq!(joined["data"]["mentionCount"], 0);
}

#[tokio::test]
async fn mentions_are_listed_newest_first_from_the_rooms_of_now() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let (first, second) = (alice.room("First", "public").await, alice.room("Second", "private").await);
    bob.join(&first).await;
    alice.post(&format!("{second}/invitations"), json!({"username": "bob"})).await.expect(201);
    bob.join(&second).await;
    let mut sent = vec![];
    for (room, text) in [
        (&first, "@bob 1"),
        (&second, "@room 2"),
        (&first, "3"),
        (&second, "@bob @room 4"),
        (&first, "@bob 5"),
    ] {
        sent.push(alice.send(room, text).await["id"].as_str().unwrap().to_owned());
    }
    let (all, pagination) = mentions(&bob, "").await;
    assert_eq!(all, ["@bob 5", "@bob @room 4", "@room 2", "@bob 1"]);
    assert_eq!((&pagination["limit"], &pagination["hasMore"]), (&json!(50), &json!(false)));
    // Whole messages, as everywhere.
    let page = bob.get("/api/mentions?limit=1").await.expect(200);
    let shown = bob.get(&format!("{first}/messages/{}", sent[4])).await.expect(200);
    assert_eq!(page["data"][0], shown["data"]);
    // By cursors, in both directions.
    let (newest, pagination) = mentions(&bob, "?limit=2").await;
    assert_eq!((newest, &pagination["hasMore"]), (all[..2].to_vec(), &json!(true)));
    let before = pagination["before"].as_str().unwrap().to_owned();
    let (older, pagination) = mentions(&bob, &format!("?limit=2&before={before}")).await;
    assert_eq!((older, &pagination["hasMore"]), (all[2..].to_vec(), &json!(false)));
    let after = pagination["after"].as_str().unwrap().to_owned();
    let (newer, _) = mentions(&bob, &format!("?limit=1&after={after}&order=asc")).await;
    assert_eq!(newer, all[1..2]);
    // A room of which they are an admin mentions them too, and their own words.
    assert_eq!(mentions(&alice, "").await.0, ["@bob @room 4", "@room 2"]);
    // By the id of any message that the caller may read, and by a time.
    assert_eq!(mentions(&bob, &format!("?before={}", sent[2])).await.0, all[2..]);
    assert_eq!(mentions(&bob, &format!("?after={}", sent[3])).await.0, all[..1]);
    assert_eq!(mentions(&bob, "?after=2000-01-01T00:00:00Z&order=asc&limit=1").await.0, all[3..]);
    // An edit moves no entry.
    alice.patch(&format!("{first}/messages/{}", sent[0]), json!({"content": "still @bob"})).await.expect(200);
    assert_eq!(mentions(&bob, "").await.0[3], "still @bob");
    alice.delete(&format!("{first}/messages/{}", sent[4])).await.expect(204);
    assert_eq!(mentions(&bob, "").await.0.len(), 3);
    bob.post(&format!("{second}/leave"), json!({})).await.expect(204);
    assert_eq!(mentions(&bob, "").await.0, ["still @bob"]);
    bob.get(&format!("/api/mentions?before={}", sent[1])).await.error(404, "MESSAGE_NOT_FOUND");
}

#[tokio::test]
async fn bad_parameters_of_mentions_are_named() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    parlor.anonymous().get("/api/mentions").await.error(401, "UNAUTHENTICATED");
    let room = alice.room("Chat", "public").await;
    alice.send(&room, "@alice").await;
    let history = alice.get(&format!("{room}/messages")).await.expect(200);
    let of_history = history["pagination"]["before"].as_str().unwrap();
    for cursor in ["x", of_history] {
        let error = alice.get(&format!("/api/mentions?before={cursor}")).await.error(400, "INVALID_CURSOR");
        assert_eq!(error["details"][0]["field"], "before");
    }
    let query = "/api/mentions?before=2000-01-01T00:00:00Z&after=2000-01-01T00:00:00Z&limit=0&order=up&x=1";
    let error = alice.get(query).await.error(400, "VALIDATION_FAILED");
    let mut named: Vec<_> =
        error["details"].as_array().unwrap().iter().map(|detail| detail["field"].as_str().unwrap()).collect();
    named.sort_unstable();
    assert_eq!(named, ["after", "before", "limit", "order", "x"]);
}
