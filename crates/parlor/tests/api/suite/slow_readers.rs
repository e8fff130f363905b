//! Slow readers: their sockets are closed, they catch up on return, the others go on, and memory stays flat.

use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use crate::receivers::StockClient;
use crate::socket::Socket;
use crate::support::{Parlor, Session};

/// Of four kilobytes each: more than a socket's queue, and the buffers of the two systems, hold.
const MESSAGES: i64 = 5_000;
/// The memory by which the server may grow: one socket's outbox, and some room.
const GROWTH: u64 = 48 * 1_024 * 1_024;

/// Sends the messages, eight at a time.
async fn flood(sender: &Session, room: &str) {
    let mut sending = JoinSet::new();
    for turn in 0..8 {
        let (sender, path) = (sender.clone(), format!("{room}/messages"));
        sending.spawn(async move {
            for _ in (turn..MESSAGES).step_by(8) {
                sender.post(&path, json!({"content": "🦀".repeat(1_000)})).await.expect(201);
            }
        });
    }
    sending.join_all().await;
}

/// Receives messages up to the last and returns their `seq`s.
async fn receive(socket: &mut Socket) -> Vec<i64> {
    let mut seqs = vec![];
    while seqs.last() != Some(&MESSAGES) {
        let frame = socket.next().await;
        if frame["action"] == "new-message" {
            seqs.push(frame["seq"].as_i64().unwrap());
        }
    }
    seqs
}

/// Waits until the server has cut a reader off.
async fn cut_off(parlor: &Parlor) {
    let counted = async {
        while !parlor.metrics().await.contains("parlor_slow_readers_total 1") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(5), counted).await.expect("nobody was cut off");
}

#[tokio::test]
async fn a_slow_reader_is_closed_and_catches_up_while_others_receive_everything() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let (mut slow, mut quick) = (Socket::of(&parlor, &alice).await, Socket::of(&parlor, &alice).await);
    slow.join(&room, Some(1)).await;
    quick.join(&room, Some(1)).await;
    let before = parlor.resident();
    let cut = async {
        cut_off(&parlor).await;
        let mut known = 1;
        loop {
            match slow.try_next().await {
                Ok(frame) => known = frame["revision"].as_i64().unwrap_or(known),
                Err(code) => break (known, code),
            }
        }
    };
    let ((), received, (known, code)) = tokio::join!(flood(&alice, &room), receive(&mut quick), cut);
    assert_eq!(received, (1..=MESSAGES).collect::<Vec<_>>());
    let grown = parlor.peak().saturating_sub(before);
    assert!(grown < GROWTH, "{grown} bytes more");
    assert_eq!(code, Some(1013));
    assert!(known < MESSAGES, "nothing was cut off");

    let mut back = Socket::of(&parlor, &alice).await;
    back.join(&room, Some(known)).await;
    let caught = receive(&mut back).await;
    assert_eq!(caught, (known..=MESSAGES).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_official_client_that_did_not_read_reconnects_by_itself() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let mut client = StockClient::join(&parlor, &alice, &room).await;
    client.freeze(true);
    flood(&alice, &room).await;
    cut_off(&parlor).await;
    client.freeze(false);
    while client.next().await.0 != "joined" {}
    alice.send(&room, "Welcome back").await;
    while client.next().await.1["content"] != "Welcome back" {}
}
