//! Section 13 of the contract: replies and threads.

use serde_json::{Value, json};

use crate::receivers::{Events, StockClient};
use crate::socket::{Socket, id};
use crate::support::{Answer, Parlor, Session};

/// Sends a message with further members; returns it.
async fn send(user: &Session, room: &str, content: &str, extras: Value) -> Value {
    try_send(user, room, content, extras).await.expect(201)["data"].take()
}

async fn try_send(user: &Session, room: &str, content: &str, mut body: Value) -> Answer {
    body["content"] = json!(content);
    user.post(&format!("{room}/messages"), body).await
}

async fn show(user: &Session, room: &str, of: &Value) -> Value {
    user.get(&path(room, of)).await.expect(200)["data"].take()
}

fn path(room: &str, of: &Value) -> String {
    format!("{room}/messages/{}", of["id"].as_str().unwrap())
}

fn contents(list: &Value) -> Vec<&Value> {
    list["data"].as_array().unwrap().iter().map(|message| &message["content"]).collect()
}

/// The fields of a plain message beside its content; those of a tombstone too.
fn plain() -> Value {
    json!({"replyTo": null, "threadId": null, "thread": null, "reactions": [], "mentions": [], "mentionsRoom": false,
        "pinnedAt": null, "metadata": {}})
}

#[track_caller]
fn assert_plain(message: &Value) {
    for (field, wanted) in plain().as_object().unwrap() {
        assert_eq!(message.get(field), Some(wanted), "{field} of {message}");
    }
}

#[tokio::test]
async fn a_plain_message_and_a_tombstone_have_every_field_null_or_empty_on_every_surface() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let mut socket = Socket::of(&parlor, &alice).await;
    socket.join(&room, None).await;
    let mut events = Events::open(&alice, &format!("{room}/events"), None).await;
    let mut stock = StockClient::join(&parlor, &alice, &room).await;
    let sent = alice.send(&room, "hello").await;
    assert_plain(&sent);
    assert_plain(&show(&alice, &room, &sent).await);
    assert_plain(&alice.get(&format!("{room}/messages")).await.expect(200)["data"][0]);
    assert_plain(&alice.get(&format!("{room}/changes?since=1")).await.expect(200)["data"][0]);
    assert_plain(&socket.until("new-message").await);
    assert_plain(&events.next().await.unwrap());
    assert_plain(&loop {
        match stock.next().await {
            (name, data) if name == "message" => break data,
            _ => {}
        }
    });
    alice.delete(&path(&room, &sent)).await.expect(204);
    assert_plain(&show(&alice, &room, &sent).await);
    assert_plain(&alice.get(&format!("{room}/messages")).await.expect(200)["data"][0]);
    let deleted = socket.until("message-deleted").await;
    assert!(deleted.get("metadata").is_none() && deleted.get("replyTo").is_none(), "{deleted}");
}

#[tokio::test]
async fn a_reply_shows_the_other_message_as_it_is_now() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let first = alice.send(&room, "Shall we?").await;
    let reply = send(&bob, &room, "We shall", json!({"replyTo": first["id"]})).await;
    let quote = |content: Value, deleted_at: Value| {
        json!({"id": first["id"], "seq": 1, "sender": {"id": alice.id, "username": "alice"}, "content": content,
            "deletedAt": deleted_at})
    };
    assert_eq!(reply["replyTo"], quote(json!("Shall we?"), Value::Null));
    alice.patch(&path(&room, &first), json!({"content": "Will we?"})).await.expect(200);
    assert_eq!(show(&alice, &room, &reply).await["replyTo"], quote(json!("Will we?"), Value::Null));
    // It shows in a reply that is edited, too.
    let edited = bob.patch(&path(&room, &reply), json!({"content": "We will"})).await.expect(200);
    assert_eq!(edited["data"]["replyTo"], quote(json!("Will we?"), Value::Null));
    alice.delete(&path(&room, &first)).await.expect(204);
    let gone = show(&alice, &room, &first).await;
    assert_eq!(show(&alice, &room, &reply).await["replyTo"], quote(Value::Null, gone["deletedAt"].clone()));
}

#[tokio::test]
async fn only_a_living_message_of_the_room_is_replied_to() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let (room, other) = (alice.room("Chat", "public").await, alice.room("Other", "public").await);
    let (gone, elsewhere) = (alice.send(&room, "gone").await, alice.send(&other, "elsewhere").await);
    alice.delete(&path(&room, &gone)).await.expect(204);
    let unknown = json!("0197a5c2-8f00-7000-8000-000000000000");
    for named in [&gone["id"], &elsewhere["id"], &unknown] {
        for field in ["replyTo", "threadId"] {
            try_send(&alice, &room, "a reply", json!({field: named})).await.error(404, "MESSAGE_NOT_FOUND");
        }
    }
    for bad in [json!("nonsense"), json!(7), json!({}), json!("")] {
        for field in ["replyTo", "threadId"] {
            let error = try_send(&alice, &room, "a reply", json!({field: bad})).await;
            assert_eq!(error.error(400, "VALIDATION_FAILED")["details"][0]["field"], field);
        }
    }
    let sent = send(&alice, &room, "plain", json!({"replyTo": null, "threadId": null})).await;
    assert_plain(&sent);
    assert_eq!(sent["seq"], 2, "refused messages take no place");
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

#[tokio::test]
async fn replies_and_metadata_are_part_of_what_a_key_names() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let (one, two) = (alice.send(&room, "one").await, alice.send(&room, "two").await);
    let full = json!({"clientId": "k", "replyTo": one["id"], "threadId": two["id"], "metadata": {"a": 1, "b": [2.50]}});
    let first = try_send(&alice, &room, "words", full.clone()).await.expect(201);
    for of in [&one, &two] {
        alice.delete(&path(&room, of)).await.expect(204);
    }
    let mut reordered = full.clone();
    reordered["metadata"] = serde_json::from_str(r#"{"b": [2.5], "a": 1.0}"#).unwrap();
    let again = try_send(&alice, &room, "words", reordered).await.expect(200);
    assert_eq!(
        (&again["data"]["id"], &again["data"]["replyTo"]["content"]),
        (&first["data"]["id"], &Value::Null)
    );
    for (field, other) in
        [("replyTo", two["id"].clone()), ("threadId", json!(null)), ("metadata", json!({"a": 2}))]
    {
        let mut other_body = full.clone();
        other_body[field] = other;
        try_send(&alice, &room, "words", other_body).await.error(409, "IDEMPOTENCY_CONFLICT");
    }
    // Null, absent and the empty object are the same.
    let plain = try_send(&alice, &room, "plain", json!({"clientId": "p"})).await.expect(201);
    let empty = json!({"clientId": "p", "replyTo": null, "threadId": null, "metadata": {}});
    assert_eq!(try_send(&alice, &room, "plain", empty).await.expect(200), plain);
}

#[tokio::test]
async fn sockets_send_replies_and_every_transport_receives_them() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let root = alice.send(&room, "root").await;
    let mut socket = Socket::of(&parlor, &alice).await;
    socket.join(&room, None).await;
    let mut events = Events::open(&alice, &format!("{room}/events"), None).await;
    let mut stock = StockClient::join(&parlor, &alice, &room).await;
    socket
        .send(json!({"action": "send-message", "roomId": id(&room), "message": "reply", "ref": 1, "replyTo": root["id"],
            "threadId": root["id"], "metadata": {"color": "red"}}))
        .await;
    // The answer and the event come in either order.
    let (mut sent, mut event) = (Value::Null, Value::Null);
    while sent.is_null() || event.is_null() {
        let mut frame = socket.next().await;
        match frame["action"].as_str() {
            Some("ack") => sent = frame["data"].take(),
            Some("new-message") => event = frame,
            _ => {}
        }
    }
    let streamed = events.next().await.unwrap();
    let emitted = loop {
        match stock.next().await {
            (name, data) if name == "message" => break data,
            _ => {}
        }
    };
    for shown in [&sent, &event, &streamed, &emitted] {
        assert_eq!(shown["replyTo"]["content"], "root", "{shown}");
        assert_eq!(shown["threadId"], root["id"]);
        assert_eq!(shown["metadata"], json!({"color": "red"}));
    }
    let frame = |field: &str, value: Value| {
        let mut frame = json!({"action": "send-message", "roomId": id(&room), "message": "bad", "ref": 2});
        frame[field] = value;
        frame
    };
    for (frame, code) in [
        (frame("metadata", Value::Null), "VALIDATION_FAILED"),
        (frame("threadId", sent["id"].clone()), "VALIDATION_FAILED"),
        (frame("replyTo", json!("0197a5c2-8f00-7000-8000-000000000000")), "MESSAGE_NOT_FOUND"),
    ] {
        socket.send(frame).await;
        assert_eq!(socket.until("error").await["code"], code);
    }
}

#[tokio::test]
async fn dialects_ignore_replies_and_show_ordinary_messages() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let root = alice.send(&room, "root").await;
    send(&alice, &room, "reply", json!({"threadId": root["id"], "metadata": {"canary": 1}})).await;
    let body = json!({"roomId": id(&room), "content": "by envelope", "replyTo": "nonsense", "threadId": 7, "metadata": null});
    alice.post("/dialects/envelope/api/messages", body).await.expect(201);
    for list in [
        alice.get(&format!("/dialects/envelope/api/messages/{}", id(&room))).await.expect(200),
        alice.get(&format!("/dialects/actions/api/chat-history/{}", id(&room))).await.expect(200),
    ] {
        let text = list.to_string();
        assert!(["root", "reply", "by envelope"].iter().all(|content| text.contains(content)), "{text}");
        assert!(
            !text.contains("canary") && !text.contains("threadId") && !text.contains("replyTo"),
            "{text}"
        );
    }
}
