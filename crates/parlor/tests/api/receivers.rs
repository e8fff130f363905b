//! Those who listen to a room in other ways than over a WebSocket.

use std::collections::VecDeque;

use serde_json::Value;
use tokio::io::AsyncBufReadExt;

use crate::socket::id;
use crate::support::{Parlor, Session};

/// A stream of server-sent events.
pub(crate) struct Events {
    response: reqwest::Response,
    read: String,
}

impl Events {
    pub(crate) async fn open(who: &Session, path: &str, last: Option<&str>) -> Self {
        let mut request = who.request(reqwest::Method::GET, path);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, read: String::new() }
    }

    /// The data of the next event; checks that its name and id are those of the data.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            while let Some((event, rest)) = self.read.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.read = rest;
                let field = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(|value| value.trim().to_owned())
                };
                if let Some(data) = field("data:") {
                    let data: Value = serde_json::from_str(&data).unwrap();
                    assert_eq!(field("event:").as_deref(), data["action"].as_str());
                    assert_eq!(field("id:"), data.get("revision").map(ToString::to_string));
                    return Some(data);
                }
            }
            let chunk = self.response.chunk().await.ok()??;
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

/// The official Socket.IO client, listening to a room.
pub(crate) struct StockClient {
    lines: tokio::io::Lines<tokio::io::BufReader<tokio::process::ChildStdout>>,
    /// What was heard before the answer to joining: they may overtake it on their way through the client.
    early: VecDeque<(String, Value)>,
    process: tokio::process::Child,
}

impl StockClient {
    pub(crate) async fn listen(parlor: &Parlor, who: &Session, room: &str) -> Self {
        Self::since(parlor, who, room, None).await
    }

    /// One that has heard everything up to a revision.
    pub(crate) async fn since(parlor: &Parlor, who: &Session, room: &str, since: Option<i64>) -> Self {
        let mut process = tokio::process::Command::new("node")
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node"))
            .args(["listen.mjs", &parlor.url, who.token.as_ref().unwrap(), id(room)])
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

    /// Stops the client where it stands, or lets it go on.
    pub(crate) fn freeze(&self, frozen: bool) {
        let signal = if frozen { "-STOP" } else { "-CONT" };
        let pid = self.process.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// The name and the data of the next event.
    pub(crate) async fn next(&mut self) -> (String, Value) {
        if let Some(early) = self.early.pop_front() {
            return early;
        }
        let line = self.lines.next_line().await.unwrap().expect("an event, not the end");
        let mut event: Value = serde_json::from_str(&line).unwrap();
        (event["name"].as_str().unwrap().to_owned(), event["data"].take())
    }
}
