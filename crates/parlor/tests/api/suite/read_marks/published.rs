//! Published marks: those that moved, to the others of the room, at most once a second.

use std::time::Instant;

use serde_json::{Value, json};

use super::{read, send_many, unread};
use crate::receivers::Events;
use crate::socket::{Socket, id};
use crate::support::{Parlor, Session};

/// A room of alice's with bob as a member and `messages` of alice's.
async fn scene(parlor: &Parlor, messages: i64) -> (Session, Session, String) {
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Hall", "public").await;
    bob.join(&room).await;
    send_many(&alice, &room, messages).await;
    (alice, bob, room)
}

async fn in_room(parlor: &Parlor, user: &Session, room: &str) -> Socket {
    let mut socket = Socket::of(parlor, user).await;
    socket.join(room, None).await;
    socket
}

fn event(room: &str, user: &Session, name: &str, seq: i64) -> Value {
    json!({"action": "read", "roomId": id(room), "username": name, "userId": user.id, "seq": seq})
}

/// Has another user type, and checks that no read mark reaches the socket before that.
async fn nothing_more(socket: &mut Socket, typist: &Session, room: &str) {
    typist.post(&format!("{room}/typing"), json!({})).await.expect(204);
    loop {
        let frame = socket.next().await;
        assert_ne!(frame["action"], "read", "{frame}");
        if frame["action"] == "typing" {
            return;
        }
    }
}

#[tokio::test]
async fn a_mark_is_published_where_it_moved_by_whichever_way_of_reading() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off")]);
    let (alice, bob, room) = scene(&parlor, 2).await;
    let carol = parlor.user("carol").await;
    carol.join(&room).await;
    let mut watcher = in_room(&parlor, &alice, &room).await;
    let ids = id(&room).to_owned();
    let mut seq = 2;
    for path in [
        format!("{room}/messages"),
        format!("{room}/messages?limit=1"),
        format!("{room}/messages?around=2100-01-01T00:00:00Z&limit=1"),
        format!("{room}/messages?before=2100-01-01T00:00:00Z&limit=1"),
        format!("/dialects/actions/api/chat-history/{ids}"),
        format!("/dialects/envelope/api/messages/{ids}"),
    ] {
        bob.get(&path).await.expect(200);
        assert_eq!(watcher.until("read").await, event(&room, &bob, "bob", seq), "{path}");
        // Once more moves nothing.
        bob.get(&path).await.expect(200);
        nothing_more(&mut watcher, &carol, &room).await;
        alice.send(&room, "another").await;
        seq += 1;
    }
    read(&bob, &room, 99).await;
    assert_eq!(watcher.until("read").await["seq"], seq, "the newest message");
    // Neither what was read, nor filtered pages, nor sending publish a mark.
    read(&bob, &room, 1).await;
    alice.send(&room, "another").await;
    bob.get(&format!("{room}/messages?type=text")).await.expect(200);
    bob.get(&format!("{room}/messages?markRead=false")).await.expect(200);
    bob.send(&room, "mine").await;
    read(&bob, &room, seq + 2).await;
    nothing_more(&mut watcher, &carol, &room).await;
}

#[tokio::test]
async fn every_connection_but_the_one_that_moved_the_mark_receives_it() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off")]);
    let (alice, bob, room) = scene(&parlor, 9).await;
    let mut watcher = in_room(&parlor, &alice, &room).await;
    let (mut one, mut two) = (in_room(&parlor, &bob, &room).await, in_room(&parlor, &bob, &room).await);
    let mut stream = Events::open(&bob, &format!("{room}/events"), None).await;
    one.send(json!({"action": "read", "roomId": id(&room), "seq": 1})).await;
    for socket in [&mut watcher, &mut two] {
        assert_eq!(socket.until("read").await, event(&room, &bob, "bob", 1));
    }
    // The other one moved it last.
    two.send(json!({"action": "read", "roomId": id(&room), "seq": 4, "ref": 1})).await;
    assert_eq!(two.until("ack").await["ref"], 1);
    for socket in [&mut watcher, &mut one] {
        assert_eq!(socket.until("read").await["seq"], 4);
    }
    nothing_more(&mut two, &alice, &room).await;
    // By a request every connection receives it.
    read(&bob, &room, 6).await;
    for socket in [&mut watcher, &mut one, &mut two] {
        assert_eq!(socket.until("read").await["seq"], 6);
    }
    let mut streamed = vec![];
    while streamed.last() != Some(&6) {
        let event = stream.next().await.unwrap();
        if event["action"] == "read" {
            streamed.push(event["seq"].as_i64().unwrap());
        }
    }
    assert_eq!(streamed, [1, 4, 6]);
}

#[tokio::test]
async fn marks_are_published_once_a_second_the_first_at_once_and_the_latest_at_the_end() {
    const MARKS: i64 = 60;
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off")]);
    let (alice, bob, room) = scene(&parlor, MARKS).await;
    let mut watcher = in_room(&parlor, &alice, &room).await;
    let begun = Instant::now();
    read(&bob, &room, 1).await;
    assert_eq!(watcher.until("read").await["seq"], 1);
    for seq in 2..=MARKS {
        read(&bob, &room, seq).await;
    }
    let mut received = vec![1];
    while received.last() != Some(&MARKS) {
        received.push(watcher.until("read").await["seq"].as_i64().unwrap());
    }
    assert!(received.is_sorted(), "{received:?}");
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap();
    assert!(received.len() <= seconds + 2, "{received:?} in {seconds} s");
    nothing_more(&mut watcher, &bob, &room).await;
}

#[tokio::test]
async fn unread_is_published_to_the_callers_own_connections_alone() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off")]);
    let (alice, bob, room) = scene(&parlor, 9).await;
    let mut watcher = in_room(&parlor, &alice, &room).await;
    let mut own = in_room(&parlor, &bob, &room).await;
    read(&bob, &room, 7).await;
    unread(&bob, &room, 3).await;
    assert_eq!(watcher.until("read").await["seq"], 7);
    assert_eq!(own.until("read").await["seq"], 7);
    assert_eq!(own.until("read").await, event(&room, &bob, "bob", 2));
    // What was set already is not published again.
    unread(&bob, &room, 3).await;
    nothing_more(&mut watcher, &bob, &room).await;
    nothing_more(&mut own, &alice, &room).await;
    // It swallows nothing: the others receive the mark that was read before and after.
    read(&bob, &room, 8).await;
    unread(&bob, &room, 1).await;
    read(&bob, &room, 4).await;
    let mut of_others = vec![];
    while of_others.last() != Some(&4) {
        of_others.push(watcher.until("read").await["seq"].as_i64().unwrap());
    }
    assert!(of_others.iter().all(|seq| [8, 4].contains(seq)), "{of_others:?}");
    let mut of_own = vec![];
    while of_own.last() != Some(&4) {
        of_own.push(own.until("read").await["seq"].as_i64().unwrap());
    }
    assert!(of_own.iter().all(|seq| [8, 0, 4].contains(seq)), "{of_own:?}");
}

#[tokio::test]
async fn the_socket_action_moves_the_mark_as_the_request_does() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off")]);
    let (alice, bob, room) = scene(&parlor, 3).await;
    let eve = parlor.user("eve").await;
    let hidden = alice.room("Hidden", "private").await;
    // Without a `join`.
    let mut socket = Socket::of(&parlor, &bob).await;
    socket.send(json!({"action": "read", "roomId": id(&room), "seq": 2, "ref": "r"})).await;
    assert_eq!(socket.next().await, json!({"action": "ack", "ref": "r"}));
    assert_eq!(super::mark(&bob, &room).await, (2, 1));
    socket.send(json!({"action": "read", "roomId": id(&room), "seq": 1, "ref": "r"})).await;
    assert_eq!(socket.next().await["action"], "ack");
    socket.send(json!({"action": "read", "roomId": id(&room), "seq": 99, "ref": "r"})).await;
    assert_eq!(socket.next().await["action"], "ack");
    assert_eq!(super::mark(&bob, &room).await, (3, 0));
    let mut stranger = Socket::of(&parlor, &eve).await;
    for (frame, code) in [
        (json!({"action": "read", "roomId": id(&room), "seq": 1}), "NOT_A_MEMBER"),
        (json!({"action": "read", "roomId": id(&hidden), "seq": 1}), "ROOM_NOT_FOUND"),
        (json!({"action": "read", "roomId": id(&room), "seq": -1}), "VALIDATION_FAILED"),
        (json!({"action": "read", "roomId": id(&room)}), "VALIDATION_FAILED"),
    ] {
        stranger.send(frame.clone()).await;
        let refused = stranger.next().await;
        assert_eq!((&refused["action"], &refused["code"]), (&json!("error"), &json!(code)), "{frame}");
    }
}
