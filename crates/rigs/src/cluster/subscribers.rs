//! Subscribers of all rooms of a user, on one connection each: over web sockets and event streams. After every fault they
//! come back with the last cursor, and some of them also after a few events, while messages flow. Where a room comes with its
//! state, they read what lies between from its changes; between such states every revision must come.

use std::sync::Arc;

use anyhow::{Context, bail};
use parlor_client::{Error, EventStream, Method, RoomId, Socket};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::Load;
use crate::ledger::Receiver;
use crate::receivers::{Refused, SILENCE_TIMEOUT, Transport};
use crate::users::{CALL_TIMEOUT, RETRY_PAUSE, User};

/// The number of live events on each connection of a subscription that reconnects.
const EVENTS_PER_CONNECTION: u32 = 3;

/// A subscription to all rooms of a user.
#[derive(Clone, Copy)]
pub(crate) struct Subscription {
    pub(crate) name: &'static str,
    /// The index of the user.
    pub(crate) user: usize,
    transport: Transport,
    /// True where it ends each connection after a few events.
    reconnects: bool,
}

impl Subscription {
    const fn lasting(name: &'static str, user: usize, transport: Transport) -> Self {
        Self { name, user, transport, reconnects: false }
    }

    const fn reconnecting(name: &'static str, user: usize, transport: Transport) -> Self {
        Self { name, user, transport, reconnects: true }
    }
}

/// The subscriptions. Two of a user share a feed where they are at one replica: what begins must take nothing from what lasts.
pub(crate) const ALL_ROOMS: [Subscription; 4] = [
    Subscription::lasting("all rooms websocket", 0, Transport::WebSocket),
    Subscription::reconnecting("all rooms event stream that reconnects", 0, Transport::Sse),
    Subscription::lasting("all rooms event stream", 1, Transport::Sse),
    Subscription::reconnecting("all rooms websocket that reconnects", 1, Transport::WebSocket),
];

/// Receives for ever.
pub(crate) async fn receive(
    load: Arc<Load>,
    receiver: Arc<Receiver>,
    user: User,
    subscription: Subscription,
) {
    let mut subscriber = Subscriber { load, receiver, user, cursor: None, left: None };
    loop {
        subscriber.left = subscription.reconnects.then_some(EVENTS_PER_CONNECTION);
        let ended = match subscription.transport {
            Transport::WebSocket => subscriber.on_one_socket().await,
            Transport::Sse => subscriber.on_one_stream().await,
        };
        if let Err(error) = ended
            && let Some(refused) = error.downcast_ref::<Refused>()
        {
            subscriber.receiver.report(refused.to_string());
        }
        subscriber.receiver.count_reconnection();
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

struct Subscriber {
    load: Arc<Load>,
    receiver: Arc<Receiver>,
    user: User,
    cursor: Option<String>,
    /// The number of live events before its connection ends; `None` where only faults end it.
    left: Option<u32>,
}

impl Subscriber {
    async fn on_one_socket(&mut self) -> anyhow::Result<()> {
        let mut socket = Socket::open(&self.user.client).await?;
        socket.send(&json!({"action": "subscribe", "since": self.cursor})).await?;
        while self.left != Some(0) {
            let event = socket.next().await?;
            match event["action"].as_str() {
                Some("error") if event["code"] == "UNAVAILABLE" => bail!("{event}"),
                Some("error") => bail!(Refused(event.to_string())),
                _ => self.take(&event).await?,
            }
        }
        Ok(())
    }

    async fn on_one_stream(&mut self) -> anyhow::Result<()> {
        let mut request = self.user.client.request(Method::GET, "/api/events");
        if let Some(cursor) = &self.cursor {
            request = request.header("last-event-id", cursor);
        }
        let mut events = match timeout(CALL_TIMEOUT, EventStream::open(request)).await? {
            Err(Error::Api(error)) if error.status.is_some_and(|status| status < 500) => {
                bail!(Refused(error.to_string()))
            }
            opened => opened?,
        };
        while self.left != Some(0) {
            let event = timeout(SILENCE_TIMEOUT, events.next_raw()).await??.context("it ended")?;
            self.take(&serde_json::from_str(&event.data)?).await?;
        }
        Ok(())
    }

    async fn take(&mut self, event: &Value) -> anyhow::Result<()> {
        match event["action"].as_str().unwrap_or_default() {
            "synced" => self.cursor = event["cursor"].as_str().map(str::to_owned),
            "room" => {
                let room = event["room"]["id"].as_str().and_then(|room| room.parse().ok());
                let revision = event["room"]["revision"].as_i64();
                let (room, revision) = room.zip(revision).context("a room without an id and a revision")?;
                self.catch_up(room, revision).await?;
            }
            "room-left" => self.receiver.report(format!("lost a room: {event}")),
            action => self.live(action, event),
        }
        Ok(())
    }

    /// Records a live event, which must be the one after the last of its room.
    fn live(&mut self, action: &str, event: &Value) {
        let room = event["roomId"].as_str().and_then(|room| room.parse().ok());
        if let Some((room, revision)) = room.zip(event["revision"].as_i64())
            && let Some(known) = self.known(room)
        {
            if revision != known + 1 {
                self.receiver.report(format!("received {action} of revision {revision} after {known}"));
            }
            self.left = self.left.map(|left| left.saturating_sub(1));
        }
        self.receiver.record(action, event, &self.load.ledger);
    }

    fn known(&self, room: RoomId) -> Option<i64> {
        self.receiver.known().into_iter().find_map(|(each, known)| (each == room).then_some(known))
    }

    /// Reads what lies between the last event of a room and its state.
    async fn catch_up(&self, room: RoomId, revision: i64) -> anyhow::Result<()> {
        let Some(mut since) = self.known(room) else { return Ok(()) };
        if revision < since {
            self.receiver.report(format!("received a room at revision {revision} and knew {since}"));
        }
        while since < revision {
            let path = format!("/api/rooms/{room}/changes?since={since}&limit=100");
            let answer = timeout(CALL_TIMEOUT, self.user.client.request(Method::GET, &path).send()).await??;
            let changes = answer.body["data"].as_array().context("no list of changes")?;
            let before = since;
            for change in changes {
                let changed = change["revision"].as_i64().context("a change without a revision")?;
                if changed > revision {
                    since = revision;
                    break;
                }
                self.receiver.record(
                    change["action"].as_str().unwrap_or_default(),
                    change,
                    &self.load.ledger,
                );
                since = changed;
            }
            if since == before {
                // What is left was superseded.
                break;
            }
        }
        let caught_up = json!({"roomId": room, "revision": revision});
        self.receiver.record("caught-up", &caught_up, &self.load.ledger);
        Ok(())
    }
}
