//! Deliveries to receivers across a kill of the server.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::receivers::{Events, StockClient};
use crate::socket::Socket;
use crate::support::{self, Parlor, Session};

#[derive(Clone, Copy, Debug)]
enum Transport {
    Socket,
    Events,
    SocketIo,
}

enum Receiver {
    Socket(Socket),
    Events(Events),
    SocketIo(StockClient),
}

impl Receiver {
    /// Receives from a revision on.
    async fn since(parlor: &Parlor, user: &Session, room: &str, by: Transport, known: i64) -> Self {
        match by {
            Transport::Socket => {
                let mut socket = Socket::of(parlor, user).await;
                socket.join(room, Some(known)).await;
                Self::Socket(socket)
            }
            Transport::Events => {
                let last = known.to_string();
                Self::Events(Events::open(user, &format!("{room}/events"), Some(&last)).await)
            }
            Transport::SocketIo => {
                Self::SocketIo(StockClient::join_since(parlor, user, room, Some(known)).await)
            }
        }
    }

    /// Returns the next event, `None` once the server is gone.
    async fn next(&mut self) -> Option<Value> {
        match self {
            Self::Socket(socket) => socket.try_next().await.ok(),
            Self::Events(events) => events.next().await,
            Self::SocketIo(client) => Some(client.next().await.1),
        }
    }
}

/// The record of a receiver: the revision up to which it knows the room, and the `seq`s of messages as they came.
struct Received {
    by: Transport,
    known: i64,
    seqs: Vec<i64>,
}

impl Received {
    /// Receives until the server is gone, or so many messages have come.
    async fn receive(&mut self, receiver: &mut Receiver, messages: usize) {
        while self.seqs.len() < messages {
            let Some(event) = receiver.next().await else { return };
            let Some(revision) = event["revision"].as_i64() else { continue };
            if event["action"] == "caught-up" || event.get("success").is_some() {
                continue;
            }
            assert!(revision > self.known, "{:?}: {revision} after {}", self.by, self.known);
            self.known = revision;
            self.seqs.extend(event["seq"].as_i64());
        }
    }
}

/// Sends until the server is gone; notifies once some have been answered.
async fn send(user: Session, room: String, name: usize, enough: Arc<Notify>) -> Vec<i64> {
    let mut answered = vec![];
    loop {
        let key = format!("{name}-{}", answered.len());
        let body = json!({"content": key, "clientId": key});
        let request = user.request(Method::POST, &format!("{room}/messages")).json(&body);
        let Some(answer) = support::try_send(request).await else { return answered };
        answered.push(answer.expect(201)["data"]["seq"].as_i64().unwrap());
        if answered.len() == 20 {
            enough.notify_one();
        }
    }
}

#[tokio::test]
async fn every_transport_delivers_each_answered_message_once_across_a_kill() {
    let mut parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let (enough, killed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let mut receiving = JoinSet::new();
    for by in [Transport::Socket, Transport::Events, Transport::SocketIo] {
        let mut receiver = Receiver::since(&parlor, &alice, &room, by, 1).await;
        let killed = killed.clone();
        receiving.spawn(async move {
            let mut received = Received { by, known: 1, seqs: vec![] };
            tokio::select! {
                () = received.receive(&mut receiver, usize::MAX) => {}
                // The official client does not give up: it tries to reconnect.
                () = killed.notified() => {}
            }
            received
        });
    }
    let senders = (0..4).map(|name| tokio::spawn(send(alice.clone(), room.clone(), name, enough.clone())));
    let senders: Vec<_> = senders.collect();
    enough.notified().await;
    parlor.kill();
    let mut answered = vec![];
    for sender in senders {
        answered.extend(sender.await.unwrap());
    }
    killed.notify_waiters();
    let all = receiving.join_all().await;

    parlor.restart();
    // The same token, at the new address.
    let again = parlor.session_of(&alice);
    let newest = again.get(&format!("{room}/messages?limit=1")).await.expect(200);
    let stored = newest["data"][0]["seq"].as_i64().unwrap();
    assert!(answered.iter().all(|seq| *seq <= stored), "an answered message is gone");
    for mut received in all {
        let mut receiver = Receiver::since(&parlor, &again, &room, received.by, received.known).await;
        received.receive(&mut receiver, usize::try_from(stored).unwrap()).await;
        assert_eq!(received.seqs, (1..=stored).collect::<Vec<_>>(), "{:?}", received.by);
    }
}
