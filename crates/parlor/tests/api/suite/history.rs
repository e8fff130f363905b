//! Reading history around a place, and ids of messages as cursors.

use serde_json::{Value, json};

use crate::support::{Parlor, Session};

struct Room {
    alice: Session,
    path: String,
    messages: Vec<Value>,
    parlor: Parlor,
}

impl Room {
    /// Makes a room with ten messages.
    async fn new() -> Self {
        let parlor = Parlor::start();
        let alice = parlor.user("alice").await;
        let path = alice.room("Chat", "public").await;
        let mut messages = vec![];
        for n in 1..=10 {
            messages.push(alice.send(&path, &format!("message {n}")).await);
        }
        Self { alice, path, messages, parlor }
    }

    fn id(&self, seq: usize) -> &str {
        self.messages[seq - 1]["id"].as_str().unwrap()
    }

    async fn list(&self, query: &str) -> Value {
        self.alice.get(&format!("{}/messages?{query}", self.path)).await.expect(200)
    }
}

fn seqs(page: &Value) -> Vec<i64> {
    page["data"].as_array().unwrap().iter().map(|message| message["seq"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn around_gives_both_sides_of_a_message_with_cursors_that_go_on() {
    let room = Room::new().await;
    let page = room.list(&format!("around={}&limit=5&order=asc", room.id(5))).await;
    assert_eq!(seqs(&page), [3, 4, 5, 6, 7]);
    let pagination = &page["pagination"];
    assert_eq!((&pagination["hasMoreBefore"], &pagination["hasMoreAfter"]), (&json!(true), &json!(true)));
    assert_eq!((&pagination["limit"], pagination.get("hasMore")), (&json!(5), None));
    let older = room.list(&format!("before={}", pagination["before"].as_str().unwrap())).await;
    assert_eq!(seqs(&older), [2, 1]);
    let newer = room.list(&format!("after={}&order=asc", pagination["after"].as_str().unwrap())).await;
    assert_eq!(seqs(&newer), [8, 9, 10]);
    // The same place by a cursor and by a time.
    for place in
        [newer["pagination"]["before"].as_str().unwrap(), room.messages[7]["createdAt"].as_str().unwrap()]
    {
        assert_eq!(seqs(&room.list(&format!("around={place}&limit=4")).await), [9, 8, 7, 6]);
    }
    let end = room.list("around=2999-01-01T00:00:00Z&limit=3").await;
    assert_eq!((seqs(&end), &end["pagination"]["hasMoreAfter"]), (vec![10, 9], &json!(false)));
}

#[tokio::test]
async fn a_message_is_a_cursor_tombstones_too() {
    let room = Room::new().await;
    room.alice.delete(&format!("{}/messages/{}", room.path, room.id(4))).await.expect(204);
    assert_eq!(seqs(&room.list(&format!("before={}", room.id(4))).await), [3, 2, 1]);
    assert_eq!(seqs(&room.list(&format!("after={}&limit=2&order=asc", room.id(4))).await), [5, 6]);
    assert_eq!(seqs(&room.list(&format!("around={}&limit=3", room.id(4))).await), [5, 4, 3]);
    let elsewhere = room.alice.room("Other", "public").await;
    let stranger = room.alice.send(&elsewhere, "hello").await["id"].as_str().unwrap().to_owned();
    for cursor in ["before", "after", "around"] {
        let path = format!("{}/messages?{cursor}={stranger}", room.path);
        room.alice.get(&path).await.error(404, "MESSAGE_NOT_FOUND");
    }
}

#[tokio::test]
async fn around_marks_read_up_to_the_newest_message_shown() {
    let room = Room::new().await;
    let bob = room.parlor.user("bob").await;
    bob.join(&room.path).await;
    for n in 11..=14 {
        room.alice.send(&room.path, &format!("message {n}")).await;
    }
    let read = async || bob.get(&room.path).await.expect(200)["data"]["membership"]["lastReadSeq"].clone();
    let path = format!("{}/messages?around={}&limit=5", room.path, room.id(10));
    bob.get(&format!("{path}&markRead=false")).await.expect(200);
    assert_eq!(read().await, 10);
    bob.get(&path).await.expect(200);
    assert_eq!(read().await, 12);
}

#[tokio::test]
async fn around_stands_alone() {
    let room = Room::new().await;
    let around = format!("around={}", room.id(5));
    for (other, fields) in [
        ("before=x", vec!["around", "before"]),
        ("after=x&before=y", vec!["after", "around", "before"]),
        ("type=text", vec!["around", "type"]),
        (&format!("senderId={}", room.alice.id), vec!["around", "senderId"]),
        ("limit=0", vec!["limit"]),
    ] {
        let path = format!("{}/messages?{around}&{other}", room.path);
        let error = room.alice.get(&path).await.error(400, "VALIDATION_FAILED");
        let mut named: Vec<&str> = error["details"]
            .as_array()
            .unwrap()
            .iter()
            .map(|detail| detail["field"].as_str().unwrap())
            .collect();
        named.sort_unstable();
        assert_eq!(named, fields, "{other}");
    }
    let path = format!("{}/messages?around=nonsense", room.path);
    room.alice.get(&path).await.error(400, "INVALID_CURSOR");
}
