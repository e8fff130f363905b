//! How soon what is done at one replica holds at each other one: a new role, a removal, a logout. Asked of the replicas
//! themselves, not through nginx.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::rest::{Person, Rest};
use crate::socket::{Closed, Socket};

/// What the contract grants.
pub(crate) const GRANTED: Duration = Duration::from_secs(1);
/// What takes longer than that has not worked at all.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a replica is asked whether it knows.
const AGAIN: Duration = Duration::from_millis(5);

/// What was done, and how long it took to hold elsewhere.
pub(crate) struct Reach {
    pub(crate) what: &'static str,
    pub(crate) took: Duration,
}

/// Measures from each replica to each other, so many times.
pub(crate) async fn measure(replicas: &[String], name: &str, rounds: usize) -> anyhow::Result<Vec<Reach>> {
    let replicas: Vec<Rest> = replicas.iter().map(|url| Rest::at(url)).collect();
    let owner = replicas[0].sign_up(&format!("{name}-owner")).await?;
    let guest = replicas[0].sign_up(&format!("{name}-guest")).await?;
    let room = replicas[0].of(&owner).room(&format!("Reach {name}")).await?;
    let mut reached = vec![];
    for _ in 0..rounds {
        for at in 0..replicas.len() {
            let others = replicas.iter().enumerate().filter(|(other, _)| *other != at);
            let others: Vec<&Rest> = others.map(|(_, rest)| rest).collect();
            reached.extend(from(&replicas[at], &others, &owner, &guest, &room).await?);
        }
    }
    Ok(reached)
}

/// A guest's eyes at another replica.
struct There {
    rest: Rest,
    socket: Socket,
    room: String,
}

async fn from(
    here: &Rest,
    others: &[&Rest],
    owner: &Person,
    guest: &Person,
    room: &str,
) -> anyhow::Result<Vec<Reach>> {
    let guest = here.log_in(guest).await?;
    let (owners, guests) = (here.of(owner), here.of(&guest));
    guests.must(Method::POST, &format!("/api/rooms/{room}/join"), &json!({})).await?;
    let mut there = vec![];
    for other in others {
        let mut socket = Socket::open(other, &guest).await?;
        socket.join(room, 0).await?;
        socket.until("caught-up").await?;
        there.push(There { rest: other.of(&guest), socket, room: room.to_owned() });
    }
    let member = format!("/api/rooms/{room}/members/{}", guest.id);
    let mut reached = vec![];
    for what in ["role change", "removal", "logout"] {
        for eyes in &there {
            // What a replica has just read it remembers for a while; that must go, too.
            eyes.sees("nothing new").await?;
        }
        match what {
            "role change" => owners.must(Method::PATCH, &member, &json!({"role": "admin"})).await,
            "removal" => owners.must(Method::DELETE, &member, &Value::Null).await,
            _ => guests.must(Method::POST, "/api/auth/logout", &json!({})).await,
        }?;
        let answered = Instant::now();
        for took in
            futures_util::future::join_all(there.iter_mut().map(|eyes| eyes.know(what, answered))).await
        {
            reached.push(Reach { what, took: took? });
        }
    }
    Ok(reached)
}

impl There {
    /// How long after the answer its socket has been told, and requests are answered accordingly.
    async fn know(&mut self, what: &'static str, answered: Instant) -> anyhow::Result<Duration> {
        let known = async {
            match what {
                "role change" => drop(self.socket.until("role-changed").await?),
                "removal" => drop(self.socket.until("member-removed").await?),
                _ => {
                    let end = self.socket.until("nothing").await.err().context("no end")?;
                    let code = end.downcast_ref::<Closed>().and_then(|closed| closed.0);
                    ensure!(code == Some(1008), "the socket of a session that is over: {end:#}");
                }
            }
            while !self.sees(what).await? {
                tokio::time::sleep(AGAIN).await;
            }
            anyhow::Ok(answered.elapsed())
        };
        let known = tokio::time::timeout(PATIENCE, known).await;
        known.with_context(|| format!("a {what} is not known at another replica after {PATIENCE:?}"))?
    }

    /// Whether requests are answered as they must be after that.
    async fn sees(&self, what: &str) -> anyhow::Result<bool> {
        let (_, room) = self.rest.get(&format!("/api/rooms/{}", self.room)).await?;
        let (status, _) = self.rest.get(&format!("/api/rooms/{}/messages?limit=1", self.room)).await?;
        Ok(match what {
            "role change" => room["data"]["membership"]["role"] == "admin",
            "removal" => status == 403,
            "logout" => status == 401,
            _ => true,
        })
    }
}
