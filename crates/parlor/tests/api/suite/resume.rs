//! Nothing is missed and nothing delivered twice, however often a client is cut off.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::socket::{Socket, id};
use crate::support::{Parlor, Session};

const SENDERS: usize = 4;
const MESSAGES: usize = 40;

/// Sends its share, some of it over REST and some over a socket.
async fn send(parlor: &Parlor, user: Session, room: &str, sender: usize) {
    let mut socket = Socket::of(parlor, &user).await;
    for n in 0..MESSAGES {
        let content = format!("{sender}-{n}");
        if n % 2 == 0 {
            user.send(room, &content).await;
        } else {
            let frame = json!({"action": "send-message", "roomId": id(room), "message": content, "ref": n});
            socket.send(frame).await;
            assert_eq!(socket.next().await["action"], "ack");
        }
    }
}

/// Receives until every message has come, reconnecting after so many frames each time; returns the messages' contents.
async fn receive(parlor: &Parlor, user: Session, room: &str, cut_after: usize) -> Vec<String> {
    let (mut received, mut known) = (vec![], 1);
    loop {
        let mut socket = Socket::of(parlor, &user).await;
        socket.join(room, Some(known)).await;
        let mut replayed = false;
        for _ in 0..cut_after {
            let frame = socket.next().await;
            let Some(revision) = frame["revision"].as_i64() else { continue };
            if frame["action"] == "caught-up" {
                assert!(revision >= known);
                (known, replayed) = (revision, true);
                continue;
            }
            assert!(revision > known, "{revision} after {known}");
            assert!(!replayed || revision == known + 1, "live events have no gap: {revision} after {known}");
            known = revision;
            if let (Some("new-message"), Some(content)) =
                (frame["action"].as_str(), frame["message"].as_str())
            {
                received.push(content.to_owned());
            }
            if received.len() == SENDERS * MESSAGES {
                return received;
            }
        }
    }
}

#[tokio::test]
async fn receivers_that_are_cut_off_at_any_moment_get_every_message_once_and_in_order() {
    let parlor = Parlor::start();
    let mut users = vec![];
    for n in 0..SENDERS {
        users.push(parlor.user(&format!("user{n}")).await);
    }
    let room = users[0].room("Chat", "public").await;
    for user in &users[1..] {
        user.join(&room).await;
    }
    let senders = futures_util::future::join_all(
        users.iter().enumerate().map(|(n, user)| send(&parlor, user.clone(), &room, n)),
    );
    let receivers = futures_util::future::join_all(
        [3, 7, 20, 1_000].map(|cut_after| receive(&parlor, users[0].clone(), &room, cut_after)),
    );
    let ((), received) = tokio::join!(async { drop(senders.await) }, receivers);
    let history = all(&users[0], &room).await;
    let stored: Vec<String> = history.iter().map(|m| m["content"].as_str().unwrap().to_owned()).collect();
    assert_eq!(stored.iter().collect::<BTreeSet<_>>().len(), SENDERS * MESSAGES);
    for received in received {
        assert_eq!(received, stored);
    }
}

async fn all(user: &Session, room: &str) -> Vec<Value> {
    let (mut messages, mut path) =
        (vec![], format!("{room}/messages?order=asc&limit=100&after=2000-01-01T00:00:00Z"));
    loop {
        let page = user.get(&path).await.expect(200);
        messages.extend(page["data"].as_array().unwrap().iter().cloned());
        if page["pagination"]["hasMore"] == false {
            return messages;
        }
        path = format!(
            "{room}/messages?order=asc&limit=100&after={}",
            page["pagination"]["after"].as_str().unwrap()
        );
    }
}

#[tokio::test]
async fn pages_of_changes_are_the_latest_states_in_order() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let first = alice.send(&room, "first").await;
    alice.send(&room, "second").await;
    let path = format!("{room}/messages/{}", first["id"].as_str().unwrap());
    alice.patch(&path, json!({"content": "first, edited"})).await.expect(200);
    let read = |since: i64, limit: i64| {
        let (alice, room) = (alice.clone(), room.clone());
        async move { alice.get(&format!("{room}/changes?since={since}&limit={limit}")).await.expect(200) }
    };
    let whole = read(0, 100).await;
    let seen: Vec<_> = whole["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["action"].as_str().unwrap(), c["revision"].as_i64().unwrap()))
        .collect();
    // The first message comes once, as it is now; revision 2 is superseded.
    assert_eq!(seen, [("member-added", 1), ("new-message", 3), ("new-message", 4)]);
    assert_eq!(whole["pagination"], json!({"limit": 100, "hasMore": false, "since": 4}));
    assert_eq!(read(3, 100).await["data"][0]["action"], "message-edited");
    let page = read(0, 1).await;
    assert_eq!(page["pagination"], json!({"limit": 1, "hasMore": true, "since": 1}));
    assert_eq!(read(4, 10).await["pagination"], json!({"limit": 10, "hasMore": false, "since": 4}));
    alice.get(&format!("{room}/changes")).await.error(400, "VALIDATION_FAILED");
    parlor.user("eve").await.get(&format!("{room}/changes?since=0")).await.error(403, "NOT_A_MEMBER");
}
