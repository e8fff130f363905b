//! A user: what they remember, the connections that they hold, and the steps that they take.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use parlor_client::{Client, EventStream, Method, Request};
use serde_json::Value;
use tokio::time::Instant;

use super::connections::{Connection, Deliveries, Listening};
use super::report::Records;
use super::script::{Action, Body, Step};

/// The time within which a request must be answered.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The header by which each user comes from an address of their own: the server trusts it from loopback.
const ADDRESS: &str = "x-forwarded-for";

/// The wait before a step is taken again: the server's `Retry-After`.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// The time in which a step is taken again.
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);

/// An answer that asks to come again.
#[derive(Debug, thiserror::Error)]
#[error("503 {0}")]
struct Busy(Value);

/// Returns true where the server asks to come again: by 503, or by `UNAVAILABLE` on a socket.
fn is_busy(error: &anyhow::Error) -> bool {
    error.is::<Busy>() || error.to_string().contains("UNAVAILABLE")
}

pub(super) struct User {
    server: Client,
    address: String,
    /// The values of `<names>`.
    memory: BTreeMap<String, String>,
    count: u64,
    deliveries: Deliveries,
    /// Open connections, with the line of the report that their failures belong to.
    web_socket: Option<(String, Connection)>,
    socket_io: Option<(String, Connection)>,
    listening: Vec<Listening>,
}

impl User {
    /// Makes the user of that number, who remembers no more than these pairs.
    pub(super) fn new(
        server: &Client,
        number: usize,
        memory: impl IntoIterator<Item = (&'static str, String)>,
        deliveries: Deliveries,
    ) -> Self {
        let [_, a, b, c] = u32::try_from(number).unwrap_or_default().to_be_bytes();
        Self {
            server: server.anonymous(),
            address: format!("10.{a}.{b}.{c}"),
            memory: memory.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            count: 0,
            deliveries,
            web_socket: None,
            socket_io: None,
            listening: vec![],
        }
    }

    /// Takes a step that was due at that time, again where the server asks for that, and records its outcome.
    pub(super) async fn take(&mut self, step: &Step, due: Instant) {
        loop {
            let outcome = self.perform(step).await;
            if outcome.as_ref().is_err_and(is_busy) && due.elapsed() < RETRY_TIMEOUT {
                self.records().repeat(&step.row);
                tokio::time::sleep(RETRY_AFTER).await;
                continue;
            }
            return self.records().add(&step.row, due.elapsed(), outcome);
        }
    }

    /// Returns a part of memory.
    fn recall(&self, name: &str) -> anyhow::Result<&str> {
        let value = self.memory.get(name).with_context(|| format!("no earlier answer gave a <{name}>"))?;
        Ok(value)
    }

    /// Closes the user's connections, and records those that the server had ended.
    pub(super) async fn close(&mut self) {
        self.listening.clear();
        for (row, connection) in [self.web_socket.take(), self.socket_io.take()].into_iter().flatten() {
            if let Err(error) = connection.close().await {
                self.records().add(
                    &row,
                    Duration::ZERO,
                    Err(error.context("the server ended the connection")),
                );
            }
        }
    }

    fn records(&self) -> Arc<Records> {
        self.deliveries.records.clone()
    }

    async fn perform(&mut self, step: &Step) -> anyhow::Result<()> {
        let token = self.memory.get(&step.by).cloned().unwrap_or_default();
        match &step.action {
            Action::Request { method, path, body } => {
                let answer = self.request(method, path, body.as_ref(), &token).await?;
                for (name, pointer) in &step.keep {
                    let part =
                        answer.pointer(pointer).with_context(|| format!("{answer} has no {pointer}"))?;
                    let text = part.as_str().map_or_else(|| part.to_string(), str::to_owned);
                    self.memory.insert(name.clone(), text);
                }
            }
            Action::OpenWebSocket { path } => {
                let (path, deliveries) = (self.fill(path)?, self.deliveries.clone());
                let headers = [(ADDRESS, self.address.as_str())];
                let opened =
                    Connection::web_socket(&self.server, &path, &token, &headers, deliveries).await?;
                self.web_socket = Some((step.row.clone(), opened));
            }
            Action::OpenSocketIo { path } => {
                let (path, deliveries) = (self.fill(path)?, self.deliveries.clone());
                let headers = [(ADDRESS, self.address.as_str())];
                let opened = Connection::socket_io(&self.server, &path, &token, &headers, deliveries).await?;
                self.socket_io = Some((step.row.clone(), opened));
            }
            Action::OpenEvents { path } => {
                let path = self.fill(path)?;
                let request = self.server.with_token(token).request(Method::GET, &path);
                let events = EventStream::open(request.header(ADDRESS, &self.address)).await?;
                self.listening.push(Listening::to(events, self.deliveries.clone()));
            }
            Action::Frame { json } => {
                let json = self.fill(json)?;
                self.web_socket.as_mut().context("no WebSocket is open")?.1.frame(&json).await?;
            }
            Action::Emit { event, json } => {
                let json = self.fill(json)?;
                self.socket_io.as_mut().context("no Socket.IO is open")?.1.emit(event, &json).await?;
            }
        }
        Ok(())
    }

    async fn request(
        &mut self,
        method: &Method,
        path: &str,
        body: Option<&Body>,
        token: &str,
    ) -> anyhow::Result<Value> {
        let client = if token.is_empty() { self.server.clone() } else { self.server.with_token(token) };
        let request = client.request(method.clone(), &self.fill(path)?).timeout(TIMEOUT);
        let request = self.with_body(request, body)?.header(ADDRESS, &self.address);
        let answer = request.send().await?;
        if answer.status == 503 {
            return Err(Busy(answer.body).into());
        }
        ensure!((200..300).contains(&answer.status), "{} {}", answer.status, answer.body);
        Ok(answer.body)
    }

    fn with_body(&mut self, request: Request, body: Option<&Body>) -> anyhow::Result<Request> {
        Ok(match body {
            None => request,
            Some(Body::Json(json)) => {
                request.header("content-type", "application/json").body(self.fill(json)?)
            }
            Some(Body::File) => {
                let file = self.fill("Notes of <name>, number <n>\n")?.repeat(64);
                let form = format!(
                    "--load\r\nContent-Disposition: form-data; name=\"file\"; filename=\"notes.txt\"\r\n\r\n\
                     {file}\r\n--load--\r\n"
                );
                request.header("content-type", "multipart/form-data; boundary=load").body(form)
            }
        })
    }

    /// Writes what `<names>` stand for into a text.
    fn fill(&mut self, text: &str) -> anyhow::Result<String> {
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once('<') {
            let (name, after) = after.split_once('>').with_context(|| format!("{text}: a < without a >"))?;
            filled.push_str(before);
            match name {
                "clock" => filled.push_str(&self.deliveries.started.elapsed().as_micros().to_string()),
                "n" => {
                    self.count += 1;
                    filled.push_str(&self.count.to_string());
                }
                // A connection fills it in.
                "ref" => filled.push_str("<ref>"),
                name => filled.push_str(self.recall(name)?),
            }
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_taken_again_only_where_the_server_asks_for_it() {
        assert!(is_busy(&Busy(Value::Null).into()));
        assert!(is_busy(&anyhow::anyhow!(r#"{{"action":"error","code":"UNAVAILABLE"}}"#)));
        assert!(!is_busy(&anyhow::anyhow!("500")));
    }

    #[test]
    fn names_stand_for_what_the_user_remembers() {
        let deliveries = Deliveries { started: Instant::now(), records: Arc::default() };
        let server = Client::new("http://127.0.0.1:1").unwrap();
        let mut user = User::new(&server, 258, [("room", "r1".to_owned())], deliveries);
        assert_eq!(user.fill("/api/rooms/<room>/x?n=<n>&m=<n>").unwrap(), "/api/rooms/r1/x?n=1&m=2");
        assert_eq!(user.fill(r#"{"ref":"<ref>"}"#).unwrap(), r#"{"ref":"<ref>"}"#);
        assert!(user.fill("<message>").is_err());
        assert_eq!(user.address, "10.0.1.2");
    }
}
