//! Senders: each sends every message under one key until it is answered, whatever breaks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use parlor_client::{Client, Method, RoomId, Socket};
use serde_json::{Value, json};

use crate::Load;
use crate::ledger::{Answer, message};
use crate::users::{CALL_TIMEOUT, RETRY_PAUSE};

/// The wait of a sender after an answer.
const REST: Duration = Duration::from_millis(40);
/// The time within which a message must be answered.
const SEND_TIMEOUT: Duration = Duration::from_secs(90);

/// Of so many messages one is given up after a moment, before the answer, and tried again.
const IMPATIENT: usize = 20;
const SHORT_TIMEOUT: Duration = Duration::from_millis(4);

/// A way to send.
pub(crate) enum Sender {
    Rest(Client),
    WebSocket { client: Client, open: Box<Option<Socket>> },
}

/// The outcome of one attempt.
enum Attempt {
    Answered {
        data: Value,
        replayed: bool,
    },
    /// No answer came, or one that it could not be done now.
    Failed(String),
}

/// Sends one message after the other, to one room after the other, until the load is over.
pub(crate) async fn send(load: Arc<Load>, name: String, mut sender: Sender) -> anyhow::Result<()> {
    let mut number = 0;
    while !load.is_over() {
        let room = load.rooms[number % load.rooms.len()];
        let key = format!("{name}-{number}");
        number += 1;
        load.ledger.begin(&key);
        let (begun, mut attempts) = (Instant::now(), 0);
        let (data, replayed) = loop {
            attempts += 1;
            let impatient = attempts == 1 && number % IMPATIENT == 0;
            let timeout = if impatient { SHORT_TIMEOUT } else { CALL_TIMEOUT };
            match sender.attempt(room, &key, timeout).await? {
                Attempt::Answered { data, replayed } => break (data, replayed),
                Attempt::Failed(why) if begun.elapsed() > SEND_TIMEOUT => {
                    bail!("{key} is not answered: {why}")
                }
                Attempt::Failed(_) => tokio::time::sleep(RETRY_PAUSE).await,
            }
        };
        let message = message(&data).with_context(|| format!("{key}: {data}"))?;
        ensure!(message.key == key, "{key}: the answer was {message:?}");
        ensure!(attempts > 1 || !replayed, "{key} was sent once, and was there already");
        load.ledger.answered(Answer { room, message, attempts, replayed });
        tokio::time::sleep(REST).await;
    }
    Ok(())
}

impl Sender {
    /// Tries once. An error is a failure that no fault explains.
    async fn attempt(&mut self, room: RoomId, key: &str, timeout: Duration) -> anyhow::Result<Attempt> {
        match self {
            Self::Rest(client) => {
                let sent = tokio::time::timeout(timeout, send_by_rest(client, room, key)).await;
                sent.unwrap_or_else(|_| Ok(Attempt::Failed("no answer in time".to_owned())))
            }
            Self::WebSocket { client, open } => {
                let sending = send_on_a_socket(open, client, room, key);
                match tokio::time::timeout(timeout, sending).await {
                    Ok(Ok(Err(refused))) => bail!("{key}: {refused}"),
                    Ok(Ok(Ok(attempt))) => Ok(attempt),
                    Ok(Err(error)) => Ok(drop_socket(open, format!("{error:#}"))),
                    Err(_) => Ok(drop_socket(open, "no answer in time".to_owned())),
                }
            }
        }
    }
}

fn drop_socket(open: &mut Option<Socket>, why: String) -> Attempt {
    *open = None;
    Attempt::Failed(why)
}

async fn send_by_rest(client: &Client, room: RoomId, key: &str) -> anyhow::Result<Attempt> {
    let request = client.request(Method::POST, &format!("/api/rooms/{room}/messages")).timeout(CALL_TIMEOUT);
    // The key may come in either way.
    let request = if key.ends_with(['0', '2', '4', '6', '8']) {
        request.header("idempotency-key", key).json(&json!({"content": key}))
    } else {
        request.json(&json!({"content": key, "clientId": key}))
    };
    match request.send().await {
        Ok(mut response) => match response.status {
            200 | 201 => {
                Ok(Attempt::Answered { data: response.body["data"].take(), replayed: response.status == 200 })
            }
            500.. => Ok(Attempt::Failed(format!("{} {}", response.status, response.body))),
            status => bail!("{key}: {status} {}", response.body),
        },
        Err(error) => Ok(Attempt::Failed(error.to_string())),
    }
}

/// Sends on the open socket, or a new one. An error means that the socket is gone, one within that the server refused.
async fn send_on_a_socket(
    open: &mut Option<Socket>,
    client: &Client,
    room: RoomId,
    key: &str,
) -> anyhow::Result<Result<Attempt, Value>> {
    let socket = match open {
        Some(socket) => socket,
        None => open.insert(Socket::open(client).await?),
    };
    let frame =
        json!({"action": "send-message", "roomId": room, "message": key, "clientId": key, "ref": key});
    socket.send(&frame).await?;
    loop {
        let mut answer = socket.next().await?;
        if answer["ref"] != key {
            continue;
        }
        return Ok(match (answer["action"].as_str(), answer["code"].as_str()) {
            (Some("ack"), _) => Ok(Attempt::Answered { data: answer["data"].take(), replayed: false }),
            (_, Some("UNAVAILABLE" | "INTERNAL")) => Ok(Attempt::Failed(answer.to_string())),
            _ => Err(answer),
        });
    }
}
