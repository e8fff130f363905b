//! The memory of a server: idle, under load, and for each idle socket.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::frames::Socket;
use crate::process::memory;
use crate::subject::{Name, Subject};
use crate::world::World;

/// The time in which a server frees what it no longer needs.
const SETTLES: Duration = Duration::from_secs(2);

/// Bytes of resident memory.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    /// After the start on an empty database.
    pub(crate) idle: u64,
    /// After many clients have sent; `None` where that was not measured.
    pub(crate) loaded: Option<u64>,
    /// Of an idle socket that has joined a room.
    pub(crate) socket: u64,
    /// Milliseconds from the start to the first answer; not memory, but known from the same start.
    pub(crate) started_in: u64,
}

impl Memory {
    pub(crate) fn json(&self) -> Value {
        json!({
            "idleBytes": self.idle, "loadedBytes": self.loaded, "socketBytes": self.socket,
            "startMillis": self.started_in,
        })
    }
}

/// The memory of every subject that is a server.
pub(crate) type Memories = BTreeMap<Name, Memory>;

/// Notes the memory of a server that has just started.
pub(crate) async fn note_idle(subject: &Subject, memories: &mut Memories) -> anyhow::Result<()> {
    let Some(server) = &subject.server else { return Ok(()) };
    tokio::time::sleep(SETTLES).await;
    let noted = memories.entry(subject.name).or_default();
    noted.idle = memory(server.pid())?;
    noted.started_in = u64::try_from(server.started_in.as_millis())?;
    Ok(())
}

/// Notes the memory of a server that has just been under load.
pub(crate) fn note_loaded(subject: &Subject, memories: &mut Memories) -> anyhow::Result<()> {
    if let Some(server) = &subject.server {
        memories.entry(subject.name).or_default().loaded = Some(memory(server.pid())?);
    }
    Ok(())
}

/// Opens so many idle sockets and notes what each of the second half takes: the memory of signing in is in both halves or
/// in none.
pub(crate) async fn note_sockets(
    subject: &Subject,
    world: &World,
    sockets: usize,
    memories: &mut Memories,
) -> anyhow::Result<()> {
    let Some(server) = &subject.server else { return Ok(()) };
    let mut open = Vec::with_capacity(sockets);
    let mut at_half = 0;
    for n in 0..sockets {
        if n == sockets / 2 {
            tokio::time::sleep(SETTLES).await;
            at_half = memory(server.pid())?;
        }
        open.push(if subject.name.is_parlor() {
            Socket::joined(&server.address, &world.tokens[0], &world.hot).await?
        } else {
            Socket::socket_io(&server.address, "").await?
        });
    }
    tokio::time::sleep(SETTLES).await;
    let grown = memory(server.pid())?.saturating_sub(at_half);
    memories.entry(subject.name).or_default().socket = grown / u64::try_from(sockets - sockets / 2)?;
    Ok(())
}
