//! Who sends: every message until it is answered, whatever breaks, under one key.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::Load;
use crate::ledger::{Answer, message};
use crate::rest::{PATIENCE, PAUSE, Person, Rest};
use crate::socket::Socket;

/// How long a sender rests after an answer.
const REST: Duration = Duration::from_millis(40);
/// How long a sender goes on with one message.
const INSIST: Duration = Duration::from_secs(90);

/// Every how manieth message its sender hangs up before the answer, to try again; and how long it waits before that.
const IMPATIENT: usize = 20;
const HARDLY: Duration = Duration::from_millis(4);

/// A way to send.
pub(crate) enum Mouth {
    Rest(Rest),
    Socket { at: Rest, person: Person, open: Box<Option<Socket>> },
}

/// What became of one try.
enum Tried {
    Answered {
        data: Value,
        replayed: bool,
    },
    /// Nobody answered, or that it could not be done now.
    Failed(String),
}

/// Sends one message after the other, to one room after the other, until the load is over.
pub(crate) async fn send(load: Arc<Load>, name: String, mut mouth: Mouth) -> anyhow::Result<()> {
    let mut number = 0;
    while !load.is_over() {
        let room = &load.rooms[number % load.rooms.len()];
        let key = format!("{name}-{number}");
        number += 1;
        load.ledger.begin(&key);
        let (begun, mut tries) = (Instant::now(), 0);
        let (data, replayed) = loop {
            tries += 1;
            let patience = if tries == 1 && number % IMPATIENT == 0 { HARDLY } else { PATIENCE };
            match mouth.say(room, &key, patience).await? {
                Tried::Answered { data, replayed } => break (data, replayed),
                Tried::Failed(why) if begun.elapsed() > INSIST => bail!("{key} is not answered: {why}"),
                Tried::Failed(_) => tokio::time::sleep(PAUSE).await,
            }
        };
        let message = message(&data).with_context(|| format!("{key}: {data}"))?;
        ensure!(message.key == key, "{key}: the answer was {message:?}");
        ensure!(tries > 1 || !replayed, "{key} was sent once, and was there already");
        load.ledger.answered(Answer { room: room.clone(), message, tries, replayed });
        tokio::time::sleep(REST).await;
    }
    Ok(())
}

impl Mouth {
    /// Tries once, for so long. What no fault explains is an error.
    async fn say(&mut self, room: &str, key: &str, patience: Duration) -> anyhow::Result<Tried> {
        match self {
            Self::Rest(rest) => {
                let said = tokio::time::timeout(patience, say_by_rest(rest, room, key)).await;
                said.unwrap_or_else(|_| Ok(Tried::Failed("no answer in time".to_owned())))
            }
            Self::Socket { at, person, open } => {
                let said = say_by_socket(open, at, person, room, key);
                match tokio::time::timeout(patience, said).await {
                    Ok(Ok(Err(refused))) => bail!("{key}: {refused}"),
                    Ok(Ok(Ok(tried))) => Ok(tried),
                    // The socket is of no use any more.
                    Ok(Err(error)) => Ok(Tried::Failed(lost(open, format!("{error:#}")))),
                    Err(_) => Ok(Tried::Failed(lost(open, "no answer in time".to_owned()))),
                }
            }
        }
    }
}

fn lost(open: &mut Option<Socket>, why: String) -> String {
    *open = None;
    why
}

async fn say_by_rest(rest: &Rest, room: &str, key: &str) -> anyhow::Result<Tried> {
    let request = rest.request(Method::POST, &format!("/api/rooms/{room}/messages"));
    // The key may come in either way.
    let request = if key.ends_with(['0', '2', '4', '6', '8']) {
        request.header("idempotency-key", key).json(&json!({"content": key}))
    } else {
        request.json(&json!({"content": key, "clientId": key}))
    };
    match Rest::ask(request).await {
        Ok((status @ (200 | 201), mut body)) => {
            Ok(Tried::Answered { data: body["data"].take(), replayed: status == 200 })
        }
        Ok((status @ 500.., body)) => Ok(Tried::Failed(format!("{status} {body}"))),
        Ok((status, body)) => bail!("{key}: {status} {body}"),
        Err(error) => Ok(Tried::Failed(format!("{error:?}"))),
    }
}

/// An error means that the socket is gone; one within, that the server refused.
async fn say_by_socket(
    open: &mut Option<Socket>,
    at: &Rest,
    person: &Person,
    room: &str,
    key: &str,
) -> anyhow::Result<Result<Tried, Value>> {
    let socket = match open {
        Some(socket) => socket,
        None => open.insert(Socket::open(at, person).await?),
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
            (Some("ack"), _) => Ok(Tried::Answered { data: answer["data"].take(), replayed: false }),
            (_, Some("UNAVAILABLE" | "INTERNAL")) => Ok(Tried::Failed(answer.to_string())),
            _ => Err(answer),
        });
    }
}
