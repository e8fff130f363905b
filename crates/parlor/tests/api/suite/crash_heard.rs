//! What those who listen have heard when the server was killed and they have come back.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::receivers::{Events, StockClient};
use crate::socket::Socket;
use crate::support::{Parlor, Session};

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
    /// Listens from a revision on.
    async fn since(parlor: &Parlor, who: &Session, room: &str, by: Transport, known: i64) -> Self {
        match by {
            Transport::Socket => {
                let mut socket = Socket::of(parlor, who).await;
                socket.join(room, Some(known)).await;
                Self::Socket(socket)
            }
            Transport::Events => {
                let last = known.to_string();
                Self::Events(Events::open(who, &format!("{room}/events"), Some(&last)).await)
            }
            Transport::SocketIo => Self::SocketIo(StockClient::since(parlor, who, room, Some(known)).await),
        }
    }

    /// The next event; nothing once the server is gone.
    async fn next(&mut self) -> Option<Value> {
        match self {
            Self::Socket(socket) => socket.try_next().await.ok(),
            Self::Events(events) => events.next().await,
            Self::SocketIo(client) => Some(client.next().await.1),
        }
    }
}

/// What one who listens knows: up to which revision, and the places of the messages it heard of, as they came.
struct Heard {
    by: Transport,
    known: i64,
    seqs: Vec<i64>,
}

impl Heard {
    /// Listens until the server is gone, or so many messages have been heard of.
    async fn listen(&mut self, receiver: &mut Receiver, messages: usize) {
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

/// Sends until the server is gone; says when some have been answered.
async fn send(who: Session, room: String, name: usize, enough: Arc<Notify>) -> Vec<i64> {
    let mut answered = vec![];
    loop {
        let key = format!("{name}-{}", answered.len());
        let body = json!({"content": key, "clientId": key});
        let request = who.request(Method::POST, &format!("{room}/messages")).json(&body);
        let Some(answer) = Session::try_send(request).await else { return answered };
        answered.push(answer.expect(201)["data"]["seq"].as_i64().unwrap());
        if answered.len() == 20 {
            enough.notify_one();
        }
    }
}

#[tokio::test]
async fn who_listens_on_any_transport_has_heard_every_answered_message_once_after_a_kill() {
    let mut parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let (enough, killed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let mut listening = JoinSet::new();
    for by in [Transport::Socket, Transport::Events, Transport::SocketIo] {
        let mut receiver = Receiver::since(&parlor, &alice, &room, by, 1).await;
        let killed = killed.clone();
        listening.spawn(async move {
            let mut heard = Heard { by, known: 1, seqs: vec![] };
            tokio::select! {
                () = heard.listen(&mut receiver, usize::MAX) => {}
                // The official client does not give up: it tries to come back.
                () = killed.notified() => {}
            }
            heard
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
    let heard = listening.join_all().await;

    parlor.restart();
    // The same token, at the new address.
    let mut again = parlor.anonymous();
    again.token.clone_from(&alice.token);
    let newest = again.get(&format!("{room}/messages?limit=1")).await.expect(200);
    let stored = newest["data"][0]["seq"].as_i64().unwrap();
    assert!(answered.iter().all(|seq| *seq <= stored), "an answered message is gone");
    for mut heard in heard {
        let mut receiver = Receiver::since(&parlor, &again, &room, heard.by, heard.known).await;
        heard.listen(&mut receiver, usize::try_from(stored).unwrap()).await;
        assert_eq!(heard.seqs, (1..=stored).collect::<Vec<_>>(), "{:?}", heard.by);
    }
}
