//! Section 13 of the contract: threads.

use serde_json::{Value, json};

use super::replies::{assert_plain, path, send, show, try_send};
use crate::support::{Parlor, Session};

fn contents(list: &Value) -> Vec<&Value> {
    list["data"].as_array().unwrap().iter().map(|message| &message["content"]).collect()
}

#[tokio::test]
async fn a_message_in_a_thread_begins_none() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let root = alice.send(&room, "root").await;
    let reply = send(&alice, &room, "reply", json!({"threadId": root["id"]})).await;
    assert_eq!((&reply["threadId"], &reply["seq"]), (&root["id"], &json!(2)));
    let nested = try_send(&alice, &room, "nested", json!({"threadId": reply["id"]})).await;
    assert_eq!(nested.error(400, "VALIDATION_FAILED")["details"][0]["field"], "threadId");
    let both = send(&alice, &room, "both", json!({"threadId": root["id"], "replyTo": reply["id"]})).await;
    assert_eq!((&both["threadId"], &both["replyTo"]["content"]), (&root["id"], &json!("reply")));
    // A quoted message may be the root itself, and a quotation need not be in the thread.
    send(&alice, &room, "quoting", json!({"threadId": root["id"], "replyTo": root["id"]})).await;
    send(&alice, &room, "outside", json!({"replyTo": reply["id"]})).await;
}

#[tokio::test]
async fn a_thread_counts_its_living_replies_and_moves_no_revision_of_its_root() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let root = alice.send(&room, "root").await;
    let mut replies = vec![];
    for n in 1..=3 {
        replies.push(send(&alice, &room, &format!("reply {n}"), json!({"threadId": root["id"]})).await);
    }
    let thread = async || show(&alice, &room, &root).await["thread"].take();
    let of = |count: u32, last: &Value| json!({"replyCount": count, "lastReplyAt": last["createdAt"]});
    assert_eq!(thread().await, of(3, &replies[2]));
    assert_eq!(show(&alice, &room, &root).await["revision"], root["revision"]);
    // The held page of the newest messages follows.
    let listed = alice.get(&format!("{room}/messages?order=asc")).await.expect(200);
    assert_eq!(listed["data"][0]["thread"], of(3, &replies[2]));
    alice.delete(&path(&room, &replies[2])).await.expect(204);
    assert_eq!(thread().await, of(2, &replies[1]));
    let listed = alice.get(&format!("{room}/messages?order=asc")).await.expect(200);
    assert_eq!(listed["data"][0]["thread"], of(2, &replies[1]));
    for reply in &replies[..2] {
        alice.delete(&path(&room, reply)).await.expect(204);
    }
    assert_eq!(thread().await, Value::Null);
}

#[tokio::test]
async fn replies_count_as_unread_and_outlive_their_root() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let root = alice.send(&room, "root").await;
    let reply = send(&alice, &room, "reply", json!({"threadId": root["id"]})).await;
    assert_eq!(bob.get(&room).await.expect(200)["data"]["membership"]["unreadCount"], 2);
    alice.delete(&path(&room, &root)).await.expect(204);
    assert_eq!(show(&bob, &room, &reply).await["threadId"], root["id"]);
    assert_plain(&show(&bob, &room, &root).await);
    let history = bob.get(&format!("{room}/messages?threadId={}", root["id"].as_str().unwrap())).await;
    assert_eq!(contents(&history.expect(200)), ["reply"]);
    try_send(&bob, &room, "too late", json!({"threadId": root["id"]})).await.error(404, "MESSAGE_NOT_FOUND");
}

/// Sends `root`, `1` to `6` of which the even ones are replies in the thread of `root`, and deletes `3` and `4`.
async fn room_with_thread(alice: &Session) -> (String, String) {
    let room = alice.room("Chat", "public").await;
    let root = alice.send(&room, "root").await;
    for n in 1..=6 {
        let extras = if n % 2 == 0 { json!({"threadId": root["id"]}) } else { json!({}) };
        let sent = send(alice, &room, &n.to_string(), extras).await;
        if n == 3 || n == 4 {
            alice.delete(&path(&room, &sent)).await.expect(204);
        }
    }
    (room, root["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_history_of_a_thread_is_its_living_replies() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let (room, root) = room_with_thread(&alice).await;
    bob.join(&room).await;
    alice.send(&room, "later").await;
    let list =
        async |query: &str| bob.get(&format!("{room}/messages?threadId={root}{query}")).await.expect(200);
    assert_eq!(contents(&list("").await), ["6", "2"]);
    assert_eq!(contents(&list("&order=asc").await), ["2", "6"]);
    let newest = list("&limit=1").await;
    assert_eq!((contents(&newest), &newest["pagination"]["hasMore"]), (vec![&json!("6")], &json!(true)));
    let before = newest["pagination"]["before"].as_str().unwrap();
    let older = list(&format!("&limit=1&before={before}")).await;
    assert_eq!((contents(&older), &older["pagination"]["hasMore"]), (vec![&json!("2")], &json!(false)));
    assert_eq!(contents(&list(&format!("&after={root}")).await), ["6", "2"]);
    assert_eq!(contents(&list(&format!("&senderId={}", alice.id)).await), ["6", "2"]);
    assert!(contents(&list(&format!("&senderId={}", bob.id)).await).is_empty());
    assert_eq!(contents(&list("&type=text").await), ["6", "2"]);
    // It marks nothing read: the one sent after joining is still unread.
    assert_eq!(bob.get(&room).await.expect(200)["data"]["membership"]["unreadCount"], 1);
    // A message without replies has an empty thread; one that does not exist has none.
    let plain = alice.send(&room, "plain").await["id"].as_str().unwrap().to_owned();
    let empty = bob.get(&format!("{room}/messages?threadId={plain}")).await.expect(200);
    assert!(contents(&empty).is_empty());
    let unknown = "0197a5c2-8f00-7000-8000-000000000000";
    bob.get(&format!("{room}/messages?threadId={unknown}")).await.error(404, "MESSAGE_NOT_FOUND");
    let elsewhere = bob.room("Other", "public").await;
    bob.get(&format!("{elsewhere}/messages?threadId={root}")).await.error(404, "MESSAGE_NOT_FOUND");
}

#[tokio::test]
async fn a_history_without_threads_keeps_the_tombstones_of_other_messages() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let (room, _) = room_with_thread(&alice).await;
    bob.join(&room).await;
    alice.send(&room, "later").await;
    let list =
        async |query: &str| bob.get(&format!("{room}/messages?threads=false{query}")).await.expect(200);
    let all = json!(["later", "5", null, "1", "root"]);
    assert_eq!(json!(contents(&list("").await)), all);
    let mut walked = vec![];
    let mut cursor = String::new();
    loop {
        let page = list(&format!("&limit=2{cursor}")).await;
        walked.extend(contents(&page).into_iter().cloned());
        if page["pagination"]["hasMore"] == false {
            break;
        }
        cursor = format!("&before={}", page["pagination"]["before"].as_str().unwrap());
    }
    assert_eq!(json!(walked), all);
    assert_eq!(bob.get(&room).await.expect(200)["data"]["membership"]["unreadCount"], 1);
    let all = bob.get(&format!("{room}/messages?threads=true")).await.expect(200);
    assert_eq!(contents(&all).len(), 8);
    assert_eq!(bob.get(&room).await.expect(200)["data"]["membership"]["unreadCount"], 0);
}

#[tokio::test]
async fn filters_of_threads_exclude_each_other_and_around() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let (room, root) = room_with_thread(&alice).await;
    let refused = async |query: &str| {
        let error = alice.get(&format!("{room}/messages?{query}")).await.error(400, "VALIDATION_FAILED");
        let fields = error["details"].as_array().unwrap().iter();
        let mut fields: Vec<String> =
            fields.map(|detail| detail["field"].as_str().unwrap().to_owned()).collect();
        fields.sort();
        fields.join(" ")
    };
    assert_eq!(refused(&format!("threadId={root}&threads=false")).await, "threadId threads");
    assert_eq!(refused(&format!("threadId={root}&around={root}")).await, "around threadId");
    assert_eq!(refused(&format!("threads=false&around={root}")).await, "around threads");
    assert_eq!(refused("threadId=nonsense&threads=maybe").await, "threadId threads");
    alice.get(&format!("{room}/messages?threadId={root}&threads=true")).await.expect(200);
    alice.get(&format!("{room}/messages?threads=true&around={root}")).await.expect(200);
}
