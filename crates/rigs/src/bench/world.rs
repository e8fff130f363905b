//! The accounts, rooms and messages that the measurements work on, the same for every subject.

use std::fs;
use std::path::Path;

use anyhow::Context;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use parlor_client::Client;
use serde_json::{Value, json};
use test_support::{Postgres, run_script};

use crate::http::{Call, Connection};

/// The most clients of a measurement; each has an account.
pub(crate) const CLIENTS: usize = 64;
/// The rooms with a history that each client owns.
pub(crate) const ROOMS_OF_A_CLIENT: usize = 16;
/// The messages of each of these rooms.
const MESSAGES: usize = 100;
/// The message before which a page is read from rows.
const DEPTH: &str = "51";
/// Accounts that are made at a time: each takes a core for some hundredths of a second.
const AT_A_TIME: usize = 4;
const PASSWORD: &str = "correct horse";
const HELLO: &str = r#"{"content":"Hello, everyone in the room!"}"#;

/// The number of rooms, and the members of the large one.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rooms: usize,
    pub(crate) members: usize,
}

/// The ids by which a subject knows the accounts and rooms.
pub(crate) struct World {
    pub(crate) tokens: Vec<String>,
    /// The rooms of each client, with a cursor in the midst of their history.
    rooms: Vec<Vec<(String, String)>>,
    /// A room of all clients.
    pub(crate) hot: String,
    /// A room of many members.
    pub(crate) large: String,
}

impl World {
    /// Returns one of a client's rooms in turn, and a cursor in it.
    pub(crate) fn room(&self, client: usize, n: usize) -> &(String, String) {
        let rooms = &self.rooms[client % self.rooms.len()];
        &rooms[n % rooms.len()]
    }

    /// Makes the accounts and rooms of Parlor by its API.
    pub(crate) async fn of_parlor(address: &str, size: Size) -> anyhow::Result<Self> {
        let server = Client::new(&format!("http://{address}"))?;
        let names: Vec<String> = (1..=CLIENTS.max(size.members)).map(|n| format!("user-{n}")).collect();
        let accounts = stream::iter(&names).map(|name| account(&server, name)).buffered(AT_A_TIME);
        let all: Vec<String> = accounts.try_collect().await?;
        let tokens = all[..CLIENTS].to_vec();
        let mut host = Connection::open(address, &tokens[0]).await?;
        let (hot, large) = (create(&mut host, "Hot").await?, create(&mut host, "Large").await?);
        for (room, members) in [(&hot, &all[1..CLIENTS]), (&large, &all[1..size.members])] {
            let path = format!("/api/rooms/{room}/join");
            for member in members {
                Connection::open(address, member).await?.send(&Call::post(path.as_str(), "{}", 200)).await?;
            }
        }
        let others = size.rooms.div_ceil(CLIENTS).saturating_sub(ROOMS_OF_A_CLIENT);
        let owners = tokens.iter().map(|token| rooms_of(address, token, others));
        let rooms = futures_util::future::try_join_all(owners).await?;
        Ok(Self { tokens, rooms, hot, large })
    }

    /// Fills the database of the baseline.
    pub(crate) fn fill_baseline(
        folder: &Path,
        postgres: &Postgres,
        size: Size,
        scratch: &Path,
    ) -> anyhow::Result<String> {
        let url = postgres.database()?;
        let schema = fs::read_to_string(folder.join("schema.sql"))?;
        let schema =
            schema.replace(":rooms", &size.rooms.to_string()).replace(":members", &size.members.to_string());
        let file = scratch.join("schema.sql");
        fs::write(&file, schema)?;
        run_script(&url, &file)?;
        let name = url.trim_start_matches("postgres:///").split('?').next().unwrap_or_default();
        Ok(name.to_owned())
    }

    /// Asks the baseline for the tokens of its accounts.
    pub(crate) async fn of_baseline(address: &str) -> anyhow::Result<Self> {
        let mut connection = Connection::open(address, "").await?;
        let mut tokens = vec![];
        for n in 1..=CLIENTS {
            let answer = connection.send(&Call::get(format!("/token/{n}"))).await?;
            tokens.push(text(&serde_json::from_str(answer)?, "/token")?);
        }
        let room = |client: usize, n: usize| ((n * CLIENTS + client + 1).to_string(), DEPTH.to_owned());
        let rooms = (0..CLIENTS).map(|client| (0..ROOMS_OF_A_CLIENT).map(|n| room(client, n)).collect());
        let first = CLIENTS * ROOMS_OF_A_CLIENT + 1;
        Ok(Self { tokens, rooms: rooms.collect(), large: first.to_string(), hot: (first + 1).to_string() })
    }
}

/// Makes an account and returns a token of it.
async fn account(server: &Client, name: &str) -> anyhow::Result<String> {
    server.sign_up(name, &format!("{name}@example.com"), PASSWORD).await?;
    server.sign_in(name, PASSWORD).await?.token().context("no token")
}

async fn create(owner: &mut Connection, name: &str) -> anyhow::Result<String> {
    let body = json!({"name": name, "description": "A room of the benchmark"}).to_string();
    let answer = owner.send(&Call::post("/api/rooms", body, 201)).await?;
    text(&serde_json::from_str(answer)?, "/data/id")
}

/// Makes the rooms with a history of a user, and others without.
async fn rooms_of(address: &str, token: &str, others: usize) -> anyhow::Result<Vec<(String, String)>> {
    let mut owner = Connection::open(address, token).await?;
    let mut rooms = vec![];
    for n in 0..ROOMS_OF_A_CLIENT + others {
        let kind = if n % 10 == 9 { "General" } else { "Room" };
        let room = create(&mut owner, &format!("{kind} {n}")).await?;
        if n >= ROOMS_OF_A_CLIENT {
            continue;
        }
        let path = format!("/api/rooms/{room}/messages");
        for _ in 0..MESSAGES {
            owner.send(&Call::post(path.as_str(), HELLO, 201)).await?;
        }
        let newest = owner.send(&Call::get(format!("{path}?limit=50"))).await?;
        let cursor = text(&serde_json::from_str(newest)?, "/pagination/before")?;
        rooms.push((room, cursor));
    }
    Ok(rooms)
}

fn text(answer: &Value, pointer: &str) -> anyhow::Result<String> {
    let part = answer.pointer(pointer).and_then(Value::as_str);
    Ok(part.with_context(|| format!("{answer} has no {pointer}"))?.to_owned())
}
