//! Who does not read is cut off, and comes back; the others of the room go on, and memory stays flat.

use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use crate::receivers::StockClient;
use crate::socket::Socket;
use crate::support::{Parlor, Session};

/// Of four kilobytes each: more than a socket's queue, and the buffers of the two systems, hold.
const MESSAGES: i64 = 5_000;
/// How much the server may grow by: what waits for one socket, and some room.
const GROWTH: u64 = 48 * 1_024 * 1_024;

/// Sends them, some at a time.
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

async fn measures(parlor: &Parlor) -> String {
    reqwest::get(format!("{}/metrics", parlor.url)).await.unwrap().text().await.unwrap()
}

/// Hears of messages until the last; answers their places.
async fn hear(socket: &mut Socket) -> Vec<i64> {
    let mut seqs = vec![];
    while seqs.last() != Some(&MESSAGES) {
        let frame = socket.next().await;
        if frame["action"] == "new-message" {
            seqs.push(frame["seq"].as_i64().unwrap());
        }
    }
    seqs
}

#[tokio::test]
async fn who_does_not_read_is_cut_off_while_the_others_hear_everything_and_catches_up_on_return() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let (mut slow, mut quick) = (Socket::of(&parlor, &alice).await, Socket::of(&parlor, &alice).await);
    slow.join(&room, Some(1)).await;
    quick.join(&room, Some(1)).await;
    let before = parlor.resident();
    let ((), heard) = tokio::join!(flood(&alice, &room), hear(&mut quick));
    assert_eq!(heard, (1..=MESSAGES).collect::<Vec<_>>());
    let grown = parlor.peak().saturating_sub(before);
    assert!(grown < GROWTH, "{grown} bytes more");

    let mut known = 1;
    let code = loop {
        match slow.try_next().await {
            Ok(frame) => known = frame["revision"].as_i64().unwrap_or(known),
            Err(code) => break code,
        }
    };
    assert_eq!(code, Some(1013));
    assert!(known < MESSAGES, "nothing was cut off");
    let measures = measures(&parlor).await;
    assert!(measures.contains("parlor_slow_readers_total 1"), "{measures}");

    let mut back = Socket::of(&parlor, &alice).await;
    back.join(&room, Some(known)).await;
    let caught = hear(&mut back).await;
    assert_eq!(caught, (known..=MESSAGES).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_official_client_that_did_not_read_comes_back_by_itself() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let mut client = StockClient::listen(&parlor, &alice, &room).await;
    client.freeze(true);
    flood(&alice, &room).await;
    let cut_off = async { while !measures(&parlor).await.contains("parlor_slow_readers_total 1") {} };
    tokio::time::timeout(Duration::from_mins(1), cut_off).await.expect("nobody was cut off");
    client.freeze(false);
    while client.next().await.0 != "joined" {}
    alice.say(&room, "Welcome back").await;
    while client.next().await.1["content"] != "Welcome back" {}
}
