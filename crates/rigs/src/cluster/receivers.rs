//! Receivers over web sockets, event streams and Socket.IO. Each comes back by itself after every fault, names the revision
//! that it has, and goes on. They use no live connection of the client: it would repair the server's faults.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use parlor_client::{Error, EventStream, Method, Socket};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use crate::ledger::Receiver;
use crate::users::{CALL_TIMEOUT, RETRY_PAUSE, User};
use crate::{JOINED, Load};

/// The folder of the official client.
const NODE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../parlor/tests/node");
/// The time after which a silent stream counts as broken; comments come every 15 s.
pub(crate) const SILENCE_TIMEOUT: Duration = Duration::from_secs(40);

/// A transport of one connection.
#[derive(Clone, Copy)]
pub(crate) enum Transport {
    WebSocket,
    Sse,
}

/// Receives for ever.
pub(crate) async fn receive(load: Arc<Load>, receiver: Arc<Receiver>, user: User, transport: Transport) {
    loop {
        let ended = match transport {
            Transport::WebSocket => on_one_socket(&load, &receiver, &user).await,
            Transport::Sse => on_one_stream(&load, &receiver, &user).await,
        };
        if let Err(error) = ended
            && let Some(refused) = error.downcast_ref::<Refused>()
        {
            receiver.report(refused.to_string());
        }
        receiver.count_reconnection();
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

/// The server refused where it had no reason to.
#[derive(Debug, thiserror::Error)]
#[error("was refused: {0}")]
pub(crate) struct Refused(pub(crate) String);

async fn on_one_socket(load: &Load, receiver: &Receiver, user: &User) -> anyhow::Result<()> {
    let mut socket = Socket::open(&user.client).await?;
    for (room, known) in receiver.known() {
        socket.send(&json!({"action": "join", "roomId": room, "since": known})).await?;
    }
    loop {
        let event = socket.next().await?;
        match event["action"].as_str() {
            Some("joined") | None => {}
            Some("error") if event["code"] == "UNAVAILABLE" => bail!("{event}"),
            Some("error") => bail!(Refused(event.to_string())),
            Some(action) => receiver.record(action, &event, &load.ledger),
        }
    }
}

async fn on_one_stream(load: &Load, receiver: &Receiver, user: &User) -> anyhow::Result<()> {
    let (room, known) = receiver.known().pop().context("it follows no room")?;
    let request = user.client.request(Method::GET, &format!("/api/rooms/{room}/events?since=0"));
    let opening = EventStream::open(request.header("last-event-id", known.to_string()));
    let mut events = match timeout(CALL_TIMEOUT, opening).await? {
        Err(Error::Api(error)) if error.status.is_some_and(|status| status < 500) => {
            bail!(Refused(error.to_string()))
        }
        opened => opened?,
    };
    loop {
        let event = timeout(SILENCE_TIMEOUT, events.next_raw()).await??.context("it ended")?;
        let data: Value = serde_json::from_str(&event.data)?;
        receiver.record(data["action"].as_str().unwrap_or_default(), &data, &load.ledger);
    }
}

/// The transports of Socket.IO's clients, and the address that each comes from: nginx pins by it.
pub(crate) const SOCKET_IO: [(&str, &[&str], &str); 5] = [
    ("socket.io websocket 1", &["websocket"], "127.0.0.11"),
    ("socket.io websocket 2", &["websocket"], "127.0.0.12"),
    ("socket.io polling 1", &["polling"], "127.0.0.13"),
    ("socket.io polling 2", &["polling"], "127.0.0.14"),
    ("socket.io upgrade", &["polling", "websocket"], "127.0.0.15"),
];

/// Lets official clients of all these transports receive for ever.
pub(crate) async fn receive_by_socket_io(load: Arc<Load>, receivers: Vec<Arc<Receiver>>, user: User) {
    if let Err(ended) = in_node(&load, &receivers, &user).await {
        for receiver in &receivers {
            receiver.report(format!("has ended: {ended:#}"));
        }
    }
}

/// Runs all of them in one process.
async fn in_node(load: &Load, receivers: &[Arc<Receiver>], user: &User) -> anyhow::Result<()> {
    let clients: Vec<Value> = SOCKET_IO
        .iter()
        .map(
            |(name, transports, address)| json!({"name": name, "transports": transports, "address": address}),
        )
        .collect();
    let options = json!({
        "url": load.server.base_url(), "token": user.client.token(), "rooms": load.rooms[..JOINED],
        "clients": clients,
    });
    let mut node = Command::new("node")
        .args(["subscribe.mjs", &options.to_string()])
        .current_dir(NODE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("node did not start")?;
    let mut lines = BufReader::new(node.stdout.take().context("no standard output")?).lines();
    while let Some(line) = lines.next_line().await? {
        let line: Value = serde_json::from_str(&line)?;
        let found = receivers.iter().find(|receiver| line["client"] == receiver.name.as_str());
        let receiver = found.context("a line of an unknown client")?;
        match line["event"].as_str().unwrap_or_default() {
            "disconnect" => {
                receiver.count_reconnection();
                // The official client does not come back after that by itself.
                if line["data"] == "io server disconnect" {
                    receiver.report("was disconnected by the server for good".to_owned());
                }
            }
            "refused" => receiver.report(Refused(line["data"].to_string()).to_string()),
            event => receiver.record(event, &line["data"], &load.ledger),
        }
    }
    bail!("node ended")
}
