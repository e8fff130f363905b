//! Clients of Socket.IO that poll, and upgrade to a WebSocket in the middle of a stream of messages.

use serde_json::{Value, json};

use crate::socket::{Socket, id};
use crate::support::{Parlor, Session};

const MESSAGES: i64 = 150;

/// A session of Engine.IO by long polling.
struct Polling {
    http: reqwest::Client,
    url: String,
    sid: String,
}

impl Polling {
    /// Opens a session, connects and joins.
    async fn join(parlor: &Parlor, user: &Session, room: &str) -> Self {
        let http = reqwest::Client::new();
        let url = format!("{}/socket.io/?EIO=4&transport=polling", parlor.url);
        let opened = http.get(&url).send().await.unwrap().text().await.unwrap();
        let opened: Value = serde_json::from_str(opened.strip_prefix('0').unwrap()).unwrap();
        let sid = opened["sid"].as_str().unwrap().to_owned();
        let session = Self { http, url: format!("{url}&sid={sid}"), sid };
        session.post(&format!("40{}", json!({"token": user.token()}))).await;
        session.until("40{").await;
        session.post(&format!("420{}", json!(["joinRoom", {"roomId": id(room)}]))).await;
        session.until("430").await;
        session
    }

    async fn post(&self, packets: &str) {
        let answer = self.http.post(&self.url).body(packets.to_owned()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// Returns the packets of an answer, and answers heartbeats.
    async fn poll(&self) -> Vec<String> {
        let answer = self.http.get(&self.url).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let packets = answer.text().await.unwrap();
        let packets: Vec<String> = packets.split('\u{1e}').map(str::to_owned).collect();
        if packets.iter().any(|packet| packet == "2") {
            self.post("3").await;
        }
        packets
    }

    async fn until(&self, start: &str) {
        while !self.poll().await.iter().any(|packet| packet.starts_with(start)) {}
    }
}

/// Returns the place of the message that a packet carries, if it is one.
fn seq(packet: &str) -> Option<i64> {
    let event: Value = serde_json::from_str(packet.strip_prefix("42")?).unwrap();
    (event[0] == "message").then(|| event[1]["seq"].as_i64().unwrap())
}

/// Sends the messages one after the other.
fn flood(sender: Session, room: String) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        for n in 0..MESSAGES {
            sender.send(&room, &n.to_string()).await;
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_polls_receives_every_message_once_and_in_order() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let session = Polling::join(&parlor, &alice, &room).await;
    let (flood, mut seqs) = (flood(alice, room), vec![]);
    while seqs.last() != Some(&MESSAGES) {
        seqs.extend(session.poll().await.iter().filter_map(|packet| seq(packet)));
    }
    assert_eq!(seqs, (1..=MESSAGES).collect::<Vec<_>>());
    flood.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_upgrades_receives_every_message_once_and_in_order() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let session = Polling::join(&parlor, &alice, &room).await;
    let (flood, mut seqs) = (flood(alice, room), vec![]);
    while seqs.len() < 30 {
        seqs.extend(session.poll().await.iter().filter_map(|packet| seq(packet)));
    }
    let path = format!("/socket.io/?EIO=4&transport=websocket&sid={}", session.sid);
    let (mut socket, _) = Socket::at(&parlor, &path, &[]).await;
    socket.text("2probe").await;
    // As the official client: the last poll ends, and then nothing comes by polling.
    let (_, last) = tokio::join!(socket.packet("3probe"), session.poll());
    seqs.extend(last.iter().filter_map(|packet| seq(packet)));
    socket.text("5").await;
    while seqs.last() != Some(&MESSAGES) {
        let packet = socket.next_text().await.expect("a packet, not the end");
        if packet == "2" {
            socket.text("3").await;
        }
        seqs.extend(seq(&packet));
    }
    assert_eq!(seqs, (1..=MESSAGES).collect::<Vec<_>>());
    flood.await.unwrap();
}
