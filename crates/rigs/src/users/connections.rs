//! Connections that stay open: `WebSocket`, Socket.IO and server-sent events. A task of each reads what arrives.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use parlor_client::{Client, EventStream, Socket};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::report::Records;

/// The time within which a connection must answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The measurement of deliveries: a message carries `@<microseconds since the start of the run>@`.
#[derive(Clone)]
pub(super) struct Deliveries {
    pub(super) started: Instant,
    pub(super) records: Arc<Records>,
}

impl Deliveries {
    /// Counts the delivery of a message that is new, if the text is one.
    fn count(&self, transport: &str, text: &str) {
        let is_new = text.contains(r#""action":"new-message""#) || text.starts_with(r#"42["message""#);
        // Other events show older messages, such as the newest one of a room.
        if !is_new {
            return;
        }
        let mark = text.split_once("\"@").and_then(|(_, rest)| rest.split_once("@ "));
        let Some(Ok(sent)) = mark.map(|(digits, _)| digits.parse().map(Duration::from_micros)) else {
            return;
        };
        let latency = self.started.elapsed().saturating_sub(sent);
        self.records.add(&format!("delivery by {transport}"), latency, Ok(()));
    }
}

/// A text to send, and the beginning or part of the text that acknowledges it.
struct Command {
    text: String,
    acknowledgement: String,
    answered: oneshot::Sender<String>,
}

/// An open connection on which both sides send.
pub(super) struct Connection {
    commands: mpsc::Sender<Command>,
    task: JoinHandle<anyhow::Result<()>>,
    sent: u64,
}

impl Connection {
    /// Opens a WebSocket of frames.
    pub(super) async fn web_socket(
        client: &Client,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        deliveries: Deliveries,
    ) -> anyhow::Result<Self> {
        let bearer = format!("Bearer {token}");
        let headers = [headers, &[("authorization", bearer.as_str())][..]].concat();
        let (socket, _) = Socket::open_at(client, path, &headers).await?;
        Ok(Self::of(socket, "WebSocket", deliveries))
    }

    /// Opens Socket.IO on a WebSocket and connects to its namespace.
    pub(super) async fn socket_io(
        client: &Client,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        deliveries: Deliveries,
    ) -> anyhow::Result<Self> {
        let (mut socket, _) = Socket::open_at(client, path, headers).await?;
        socket.send_text(format!(r#"40{{"token":"{token}"}}"#)).await?;
        loop {
            let packet =
                timeout(TIMEOUT, socket.next_text()).await.context("no answer to the connect packet")??;
            if packet.starts_with("44") {
                bail!("refused: {packet}");
            }
            if packet.starts_with("40") {
                return Ok(Self::of(socket, "Socket.IO", deliveries));
            }
        }
    }

    fn of(socket: Socket, transport: &'static str, deliveries: Deliveries) -> Self {
        let (commands, receiver) = mpsc::channel(16);
        let task = tokio::spawn(serve(socket, receiver, transport, deliveries));
        Self { commands, task, sent: 0 }
    }

    /// Sends a frame and waits for its acknowledgement.
    pub(super) async fn frame(&mut self, json: &str) -> anyhow::Result<()> {
        self.sent += 1;
        let reference = format!("r{}", self.sent);
        let answer = self.send(json.replace("<ref>", &reference), format!(r#""ref":"{reference}""#)).await?;
        if answer.contains(r#""action":"error""#) {
            bail!("{answer}");
        }
        Ok(())
    }

    /// Sends an event of Socket.IO, without an argument where the JSON is empty, and waits for its acknowledgement.
    pub(super) async fn emit(&mut self, event: &str, json: &str) -> anyhow::Result<()> {
        self.sent += 1;
        let comma = if json.is_empty() { "" } else { "," };
        let text = format!(r#"42{}["{event}"{comma}{json}]"#, self.sent);
        let answer = self.send(text, format!("43{}[", self.sent)).await?;
        if !answer.contains(r#""success":true"#) {
            bail!("{answer}");
        }
        Ok(())
    }

    async fn send(&self, text: String, acknowledgement: String) -> anyhow::Result<String> {
        let (answered, answer) = oneshot::channel();
        let command = Command { text, acknowledgement, answered };
        self.commands.send(command).await.ok().context("the connection has ended")?;
        timeout(TIMEOUT, answer).await.context("no acknowledgement")?.context("the connection has ended")
    }

    /// Closes the connection. Fails where the server had ended it.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        drop(self.commands);
        self.task.await?
    }
}

async fn serve(
    mut socket: Socket,
    mut commands: mpsc::Receiver<Command>,
    transport: &'static str,
    deliveries: Deliveries,
) -> anyhow::Result<()> {
    let mut waiting: Vec<Command> = vec![];
    loop {
        tokio::select! {
            command = commands.recv() => {
                let Some(command) = command else {
                    socket.close().await;
                    return Ok(());
                };
                socket.send_text(command.text.as_str()).await?;
                waiting.push(command);
            }
            text = socket.next_text() => {
                let text = text?;
                // Engine.IO's ping and pong.
                if text == "2" {
                    socket.send_text("3").await?;
                    continue;
                }
                match waiting.iter().position(|command| text.contains(&command.acknowledgement)) {
                    // The caller may have given up waiting.
                    Some(at) => drop(waiting.swap_remove(at).answered.send(text)),
                    None => deliveries.count(transport, &text),
                }
            }
        }
    }
}

/// A stream of server-sent events, which ends when this is dropped.
pub(super) struct Listening(JoinHandle<()>);

impl Listening {
    /// Reads the events of an open stream.
    pub(super) fn to(mut events: EventStream, deliveries: Deliveries) -> Self {
        Self(tokio::spawn(async move {
            while let Ok(Some(event)) = events.next_raw().await {
                deliveries.count("server-sent events", &event.data);
            }
        }))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_new_message_counts_as_a_delivery_and_other_texts_do_not() {
        let deliveries = Deliveries { started: Instant::now(), records: Arc::default() };
        deliveries.count("WebSocket", r#"{"action":"new-message","message":"@12@ Hello"}"#);
        deliveries.count("Socket.IO", r#"42["message",{"content":"@12@ Hello"}]"#);
        deliveries.count("WebSocket", r#"{"action":"room","room":{"lastMessage":{"content":"@12@ Hello"}}}"#);
        deliveries.count("WebSocket", r#"{"action":"new-message","message":"an @ and an @ sign"}"#);
        let rows = deliveries.records.finish(&[]).json();
        let rows = rows["rows"].as_array().unwrap().iter();
        let counts = rows.map(|row| (row["name"].as_str().unwrap(), row["count"].as_u64().unwrap()));
        assert_eq!(counts.collect::<Vec<_>>(), [("delivery by Socket.IO", 1), ("delivery by WebSocket", 1)]);
    }
}
