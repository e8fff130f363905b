//! Read marks: how they move, who has read a message, and what is published of them.

mod published;

use serde_json::{Value, json};

use crate::socket::id;
use crate::support::{Parlor, Session};

/// The mark of a member, and the number of messages after it that are unread.
async fn mark(of: &Session, room: &str) -> (i64, i64) {
    let mine = of.get(room).await.expect(200)["data"]["membership"].take();
    (mine["lastReadSeq"].as_i64().unwrap(), mine["unreadCount"].as_i64().unwrap())
}

async fn read(by: &Session, room: &str, seq: i64) {
    by.post(&format!("{room}/read"), json!({"seq": seq})).await.expect(204);
}

async fn unread(by: &Session, room: &str, seq: i64) {
    by.post(&format!("{room}/unread"), json!({"seq": seq})).await.expect(204);
}

async fn send_many(by: &Session, room: &str, count: i64) -> Vec<Value> {
    let mut sent = vec![];
    for n in 1..=count {
        sent.push(by.send(room, &format!("message {n}")).await);
    }
    sent
}

#[tokio::test]
async fn a_message_can_be_made_the_first_unread_one() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Hall", "public").await;
    bob.join(&room).await;
    unread(&bob, &room, 1).await;
    assert_eq!(mark(&bob, &room).await, (0, 0), "in an empty room");
    send_many(&alice, &room, 5).await;
    for (first, expected) in [
        (4, (3, 2)),
        (2, (1, 4)),
        (1, (0, 5)),
        (6, (5, 0)),
        (3, (2, 3)),
        (99, (5, 0)),
        (i64::MAX, (5, 0)),
        (5, (4, 1)),
    ] {
        unread(&bob, &room, first).await;
        assert_eq!(mark(&bob, &room).await, expected, "from {first} on");
    }
    read(&bob, &room, 2).await;
    assert_eq!(mark(&bob, &room).await, (4, 1), "a mark moves back by `unread` alone");
    assert_eq!(mark(&alice, &room).await, (5, 0), "another's mark stays");
    // From there it moves on: by reading, and by sending.
    unread(&bob, &room, 1).await;
    bob.get(&format!("{room}/messages?limit=1")).await.expect(200);
    assert_eq!(mark(&bob, &room).await, (5, 0));
    unread(&bob, &room, 1).await;
    bob.send(&room, "mine").await;
    assert_eq!(mark(&bob, &room).await, (6, 0));
    for (body, field) in [
        (json!({"seq": 0}), "seq"),
        (json!({"seq": -1}), "seq"),
        (json!({"seq": "1"}), "seq"),
        (json!({"seq": 1.5}), "seq"),
        (json!({}), "seq"),
    ] {
        let refused = bob.post(&format!("{room}/unread"), body.clone()).await.error(400, "VALIDATION_FAILED");
        assert_eq!(refused["details"][0]["field"], field, "{body}");
    }
}

#[tokio::test]
async fn every_unfiltered_page_marks_read_and_a_page_around_a_message_too() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Hall", "public").await;
    bob.join(&room).await;
    let sent = send_many(&alice, &room, 9).await;
    let message = |seq: usize| sent[seq - 1]["id"].as_str().unwrap();
    for (query, expected) in [
        (format!("?around={}&limit=3", message(3)), 4),
        (format!("?around={}&limit=3&order=asc", message(2)), 4),
        (format!("?before={}", message(6)), 5),
        (format!("?around={}&limit=1&markRead=false", message(9)), 5),
        (format!("?around={}&limit=1", message(7)), 7),
        (format!("?type=text&senderId={}", alice.id), 7),
        (format!("?after={}", message(7)), 9),
    ] {
        bob.get(&format!("{room}/messages{query}")).await.expect(200);
        assert_eq!(mark(&bob, &room).await.0, expected, "{query}");
    }
}

/// The pages of readers, in pages of that size, as names and marks.
async fn readers(by: &Session, message: &str, limit: usize) -> Vec<(String, i64)> {
    let mut all = vec![];
    for page in 1.. {
        let read = by.get(&format!("{message}/readers?limit={limit}&page={page}")).await.expect(200);
        for reader in read["data"].as_array().unwrap() {
            let mut fields: Vec<&String> = reader.as_object().unwrap().keys().collect();
            fields.sort();
            assert_eq!(fields, ["lastReadSeq", "user"]);
            let name = reader["user"]["username"].as_str().unwrap().to_owned();
            all.push((name, reader["lastReadSeq"].as_i64().unwrap()));
        }
        if read["pagination"]["hasMore"] == false {
            assert_eq!(read["pagination"]["total"], all.len());
            break;
        }
    }
    all
}

#[tokio::test]
async fn the_readers_of_a_message_come_latest_mark_first_without_its_sender() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off")]);
    let alice = parlor.user("alice").await;
    let room = alice.room("Hall", "public").await;
    let mut guests = vec![];
    for name in ["bob", "carol", "dave", "erin", "frank"] {
        let guest = parlor.user(name).await;
        if name != "frank" {
            guest.join(&room).await;
        }
        guests.push(guest);
    }
    let [bob, carol, dave, erin, frank] = &guests[..] else { panic!() };
    let sent = send_many(&alice, &room, 5).await;
    let path = |seq: usize| format!("{room}/messages/{}", sent[seq - 1]["id"].as_str().unwrap());
    for (reader, seq) in [(bob, 3), (carol, 5), (dave, 3), (erin, 1)] {
        read(reader, &room, seq).await;
    }
    // Who joins later has read what was there.
    frank.join(&room).await;
    let named = |marks: &[(&str, i64)]| -> Vec<(String, i64)> {
        marks.iter().map(|(name, mark)| ((*name).to_owned(), *mark)).collect()
    };
    for limit in [1, 2, 100] {
        assert_eq!(
            readers(&alice, &path(3), limit).await,
            named(&[("carol", 5), ("frank", 5), ("bob", 3), ("dave", 3)])
        );
        assert_eq!(readers(bob, &path(5), limit).await, named(&[("carol", 5), ("frank", 5)]));
    }
    // Another's message: its sender is not among the readers, its others are.
    let by_bob = bob.send(&room, "mine").await;
    let path_of_bobs = format!("{room}/messages/{}", by_bob["id"].as_str().unwrap());
    assert_eq!(readers(&alice, &path_of_bobs, 10).await, named(&[]));
    read(&alice, &room, 6).await;
    assert_eq!(readers(bob, &path_of_bobs, 10).await, named(&[("alice", 6)]));
    // Marks that moved back, former members, tombstones.
    unread(carol, &room, 1).await;
    dave.post(&format!("{room}/leave"), json!({})).await.expect(204);
    alice.delete(&path(3)).await.expect(204);
    assert_eq!(readers(&alice, &path(3), 10).await, named(&[("bob", 6), ("frank", 5)]));

    let unknown = format!("{room}/messages/0197a5c2-8f00-7000-8000-000000000000/readers");
    bob.get(&unknown).await.error(404, "MESSAGE_NOT_FOUND");
    let elsewhere = alice.room("Elsewhere", "public").await;
    let message = path(1).replace(id(&room), id(&elsewhere));
    alice.get(&format!("{message}/readers")).await.error(404, "MESSAGE_NOT_FOUND");
    dave.get(&unknown).await.error(403, "NOT_A_MEMBER");
    let refused = bob.get(&format!("{}/readers?limit=0", path(1))).await.error(400, "VALIDATION_FAILED");
    assert_eq!(refused["details"][0]["field"], "limit");
}
