//! Who listens: over a WebSocket, event streams and Socket.IO. Each comes back by itself after every fault, names what it
//! has, and goes on.

use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, bail};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::Load;
use crate::ledger::Listener;
use crate::rest::{PATIENCE, PAUSE, Person};
use crate::socket::{SILENCE, Socket};

/// Where the official client lies.
const NODE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../parlor/tests/node");

/// A transport of one connection.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    Socket,
    Stream,
}

/// Listens for ever.
pub(crate) async fn listen(load: Arc<Load>, listener: Arc<Listener>, person: Person, way: Way) {
    loop {
        let ended = match way {
            Way::Socket => on_one_socket(&load, &listener, &person).await,
            Way::Stream => on_one_stream(&load, &listener, &person).await,
        };
        if let Err(error) = ended
            && let Some(refused) = error.downcast_ref::<Refused>()
        {
            listener.complain(refused.to_string());
        }
        listener.comes_back();
        tokio::time::sleep(PAUSE).await;
    }
}

/// The server said no where it had no reason to.
#[derive(Debug, thiserror::Error)]
#[error("was refused: {0}")]
struct Refused(String);

async fn on_one_socket(load: &Load, listener: &Listener, person: &Person) -> anyhow::Result<()> {
    let mut socket = Socket::open(&load.rest, person).await?;
    for (room, known) in listener.known() {
        socket.join(&room, known).await?;
    }
    loop {
        let event = socket.next().await?;
        match event["action"].as_str() {
            Some("joined") | None => {}
            Some("error") if event["code"] == "UNAVAILABLE" => bail!("{event}"),
            Some("error") => bail!(Refused(event.to_string())),
            Some(action) => listener.hear(action, &event, &load.ledger),
        }
    }
}

async fn on_one_stream(load: &Load, listener: &Listener, person: &Person) -> anyhow::Result<()> {
    let (room, known) = listener.known().pop().context("it listens nowhere")?;
    let request = load.rest.of(person).request(Method::GET, &format!("/api/rooms/{room}/events?since=0"));
    let opening = request.header("last-event-id", known).send();
    let mut response = tokio::time::timeout(PATIENCE, opening).await??;
    match response.status().as_u16() {
        200 => {}
        500.. => bail!("not now"),
        status => bail!(Refused(status.to_string())),
    }
    let mut waiting = vec![];
    loop {
        waiting.extend(tokio::time::timeout(SILENCE, response.chunk()).await??.context("it ended")?);
        while let Some(end) = waiting.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<u8> = waiting.drain(..end + 2).collect();
            let event = std::str::from_utf8(&event)?;
            if let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) {
                let data: Value = serde_json::from_str(data)?;
                listener.hear(data["action"].as_str().unwrap_or_default(), &data, &load.ledger);
            }
        }
    }
}

/// The transports of Socket.IO's clients, and from which address each comes: nginx pins by it.
pub(crate) const SOCKET_IO: [(&str, &[&str], &str); 5] = [
    ("socket.io websocket 1", &["websocket"], "127.0.0.11"),
    ("socket.io websocket 2", &["websocket"], "127.0.0.12"),
    ("socket.io polling 1", &["polling"], "127.0.0.13"),
    ("socket.io polling 2", &["polling"], "127.0.0.14"),
    ("socket.io upgrade", &["polling", "websocket"], "127.0.0.15"),
];

/// Lets the official client listen in each of these ways, for ever.
pub(crate) async fn listen_by_socket_io(load: Arc<Load>, listeners: Vec<Arc<Listener>>, person: Person) {
    if let Err(ended) = in_node(&load, &listeners, &person).await {
        for listener in &listeners {
            listener.complain(format!("has ended: {ended:#}"));
        }
    }
}

/// All of them are in one process.
async fn in_node(load: &Load, listeners: &[Arc<Listener>], person: &Person) -> anyhow::Result<()> {
    let clients: Vec<Value> = SOCKET_IO
        .iter()
        .map(
            |(name, transports, address)| json!({"name": name, "transports": transports, "address": address}),
        )
        .collect();
    let asked =
        json!({"url": load.rest.base(), "token": person.token, "rooms": load.rooms, "clients": clients});
    let mut node = Command::new("node")
        .args(["subscribe.mjs", &asked.to_string()])
        .current_dir(NODE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("node did not start")?;
    let mut lines = BufReader::new(node.stdout.take().context("no standard output")?).lines();
    while let Some(line) = lines.next_line().await? {
        let line: Value = serde_json::from_str(&line)?;
        let found = listeners.iter().find(|listener| line["client"] == listener.name.as_str());
        let listener = found.context("a line of an unknown client")?;
        match line["event"].as_str().unwrap_or_default() {
            "disconnect" => {
                listener.comes_back();
                // The official client does not come back after that by itself.
                if line["data"] == "io server disconnect" {
                    listener.complain("was sent away with a disconnect packet".to_owned());
                }
            }
            "refused" => listener.complain(Refused(line["data"].to_string()).to_string()),
            event => listener.hear(event, &line["data"], &load.ledger),
        }
    }
    bail!("node ended")
}
