//! The measurements, a row each.

use crate::fan_out::Protocol;
use crate::http::{Call, Calls};
use crate::world::{CLIENTS, World};

const HELLO: &str = r#"{"content":"Hello, everyone in the room!"}"#;

/// A measurement.
pub(crate) struct Row {
    /// Its name for `--only` and for programs.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// The most microseconds of CPU that an operation should take, on PostgreSQL and on SQLite.
    pub(crate) bars: [f64; 2],
    pub(crate) work: Work,
}

/// The work of a measurement.
pub(crate) enum Work {
    Http { clients: usize, calls: Calls, alone: Option<Alone> },
    FanOut(Protocol),
}

/// The same work by PostgreSQL alone: a statement of the baseline, and the lines of pgbench that set its variables.
pub(crate) struct Alone {
    pub(crate) statement: &'static str,
    pub(crate) variables: &'static str,
}

const OWN_ROOM: &str = "\\set user random(1, 64)\n\\set room random(0, 15) * 64 + :user\n";
const OWN_ROOM_AND_CURSOR: &str =
    "\\set user random(1, 64)\n\\set room random(0, 15) * 64 + :user\n\\set before 51\n";
const STRANGERS_ROOM: &str = "\\set user random(1, 63)\n\\set room random(0, 15) * 64 + :user + 1\n";
const HOT_ROOM: &str = "\\set user random(1, 64)\n\\set room 1026\n";
const LARGE_ROOM: &str = "\\set room 1025\n";
const USER: &str = "\\set user random(1, 64)\n";

const fn http(
    id: &'static str,
    title: &'static str,
    bars: [f64; 2],
    clients: usize,
    calls: Calls,
    (statement, variables): (&'static str, &'static str),
) -> Row {
    Row { id, title, bars, work: Work::Http { clients, calls, alone: Some(Alone { statement, variables }) } }
}

/// Every row, in the order in which they are measured and shown.
pub(crate) const ROWS: &[Row] = &[
    http("list", "room list, page of 20 of 10,000, signed in", [130.0, 100.0], 16, list, ("list", USER)),
    http("search", "room search, 20 of 10,000", [300.0, 300.0], 16, search, ("search", USER)),
    http("send-64", "durable send, 1,024 rooms, 64 clients", [60.0, 90.0], CLIENTS, send, ("send", OWN_ROOM)),
    http("send-16", "durable send, 1,024 rooms, 16 clients", [90.0, 120.0], 16, send, ("send", OWN_ROOM)),
    http("send-hot", "send, one hot room, 64 clients", [45.0, 45.0], CLIENTS, send_hot, ("send", HOT_ROOM)),
    http(
        "check",
        "token and membership check (403 of a stranger)",
        [20.0, 20.0],
        16,
        check,
        ("check", STRANGERS_ROOM),
    ),
    http("newest", "newest page of 50", [40.0, 40.0], 16, newest, ("newest", OWN_ROOM)),
    http(
        "cursor",
        "page of 50 from rows (a cursor)",
        [120.0, 120.0],
        16,
        cursor,
        ("before", OWN_ROOM_AND_CURSOR),
    ),
    http(
        "members",
        "members of a room of 500, page of 20",
        [120.0, 120.0],
        16,
        members,
        ("members", LARGE_ROOM),
    ),
    Row {
        id: "health",
        title: "constant answer (`/health`)",
        bars: [9.0, 9.0],
        work: Work::Http { clients: 16, calls: health, alone: None },
    },
    Row {
        id: "websocket",
        title: "WebSocket fan-out to 1,000, per delivery",
        bars: [3.0, 3.0],
        work: Work::FanOut(Protocol::WebSocket),
    },
    Row {
        id: "socketio",
        title: "Socket.IO fan-out to 1,000, per delivery",
        bars: [4.5, 4.5],
        work: Work::FanOut(Protocol::SocketIo),
    },
];

fn list(_: &World, _: usize, _: usize) -> Call {
    Call::get("/api/rooms?page=1&limit=20".to_owned())
}

fn search(_: &World, _: usize, _: usize) -> Call {
    Call::get("/api/rooms?page=1&limit=20&search=general".to_owned())
}

fn send(world: &World, client: usize, n: usize) -> Call {
    Call::post(format!("/api/rooms/{}/messages", world.room(client, n).0), HELLO, 201)
}

fn send_hot(world: &World, _: usize, _: usize) -> Call {
    Call::post(format!("/api/rooms/{}/messages", world.hot), HELLO, 201)
}

fn check(world: &World, client: usize, n: usize) -> Call {
    let strangers = &world.room(client + 1, n).0;
    Call { status: 403, ..Call::get(format!("/api/rooms/{strangers}/messages?limit=50")) }
}

fn newest(world: &World, client: usize, n: usize) -> Call {
    Call::get(format!("/api/rooms/{}/messages?limit=50", world.room(client, n).0))
}

fn cursor(world: &World, client: usize, n: usize) -> Call {
    let (room, cursor) = world.room(client, n);
    Call::get(format!("/api/rooms/{room}/messages?limit=50&before={cursor}"))
}

fn members(world: &World, _: usize, _: usize) -> Call {
    Call::get(format!("/api/rooms/{}/members?page=1&limit=20", world.large))
}

fn health(_: &World, _: usize, _: usize) -> Call {
    Call::get("/health".to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_has_a_name_of_its_own() {
        let ids: BTreeSet<&str> = ROWS.iter().map(|row| row.id).collect();
        assert_eq!(ids.len(), ROWS.len());
    }
}
