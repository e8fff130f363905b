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
            match mouth.say(room, &key, number).await? {
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
    /// Tries once. What no fault explains is an error.
    async fn say(&mut self, room: &str, key: &str, number: usize) -> anyhow::Result<Tried> {
        match self {
            Self::Rest(rest) => say_by_rest(rest, room, key, number.is_multiple_of(2)).await,
            Self::Socket { at, person, open } => {
                let said = say_by_socket(open, at, person, room, key);
                match tokio::time::timeout(PATIENCE, said).await {
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

async fn say_by_rest(rest: &Rest, room: &str, key: &str, in_the_head: bool) -> anyhow::Result<Tried> {
    let request = rest.request(Method::POST, &format!("/api/rooms/{room}/messages"));
    let request = if in_the_head {
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
