//! Receivers of a room's events other than a WebSocket: server-sent events and the official Socket.IO client.

use std::collections::VecDeque;

use parlor_client::EventStream;
use reqwest::Method;
use serde_json::Value;
use tokio::io::AsyncBufReadExt;

use crate::socket::id;
use crate::support::{Parlor, Session};

/// A stream of server-sent events.
pub(crate) struct Events(EventStream);

impl Events {
    pub(crate) async fn open(user: &Session, path: &str, last: Option<&str>) -> Self {
        let mut request = user.request(Method::GET, path);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.open().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self(EventStream::of(response))
    }

    /// Returns the data of the next event, `None` once the stream has ended. Checks that name and id are those of the data.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        let event = self.0.next_raw().await.ok()??;
        let data: Value = serde_json::from_str(&event.data).unwrap();
        assert_eq!(event.name.as_deref(), data["action"].as_str());
        assert_eq!(event.id, data.get("revision").map(ToString::to_string));
        Some(data)
    }
}

impl Events {
    /// Does the same for a stream of all rooms, where the id is that of a cursor.
    pub(crate) async fn next_of_all_rooms(&mut self) -> Option<Value> {
        let event = self.0.next_raw().await.ok()??;
        let data: Value = serde_json::from_str(&event.data).unwrap();
        assert_eq!(event.name.as_deref(), data["action"].as_str());
        assert_eq!(event.id.as_deref(), data["cursor"].as_str());
        Some(data)
    }
}

/// The official Socket.IO client, joined to a room.
pub(crate) struct StockClient {
    lines: tokio::io::Lines<tokio::io::BufReader<tokio::process::ChildStdout>>,
    /// Events before the answer to the join: they may overtake it on their way through the client.
    early: VecDeque<(String, Value)>,
    process: tokio::process::Child,
}

impl StockClient {
    pub(crate) async fn join(parlor: &Parlor, user: &Session, room: &str) -> Self {
        Self::join_since(parlor, user, room, None).await
    }

    /// Joins a room after a revision.
    pub(crate) async fn join_since(parlor: &Parlor, user: &Session, room: &str, since: Option<i64>) -> Self {
        let mut process = tokio::process::Command::new("node")
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node"))
            .args(["join.mjs", &parlor.url, &user.token(), id(room)])
            .args(since.map(|since| since.to_string()))
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = tokio::io::BufReader::new(process.stdout.take().unwrap()).lines();
        let mut client = Self { lines, early: VecDeque::new(), process };
        let mut early = VecDeque::new();
        loop {
            let (name, data) = client.next().await;
            if name == "joined" {
                assert_eq!(data["success"], true);
                return Self { early, ..client };
            }
            early.push_back((name, data));
        }
    }

    /// Suspends the client's process, or resumes it.
    pub(crate) fn freeze(&self, frozen: bool) {
        let signal = if frozen { "-STOP" } else { "-CONT" };
        let pid = self.process.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Returns the name and the data of the next event.
    pub(crate) async fn next(&mut self) -> (String, Value) {
        if let Some(early) = self.early.pop_front() {
            return early;
        }
        let line = self.lines.next_line().await.unwrap().expect("an event, not the end");
        let mut event: Value = serde_json::from_str(&line).unwrap();
        (event["name"].as_str().unwrap().to_owned(), event["data"].take())
    }
}
