//! Bad input of every kind: never a 500, always the common shape, and the server goes on.

mod bodies;
mod heads;
mod raw;

use api_actix::endpoints;
use serde_json::{Value, json};

use crate::support::{Parlor, Session};
use raw::RawAnswer;

const PASSWORD: &str = "correct horse";

/// A server, a user who is signed in, and a resource of theirs at every path.
struct Target {
    parlor: Parlor,
    alice: Session,
    room: String,
    message: String,
}

impl Target {
    async fn new() -> Self {
        let parlor = Parlor::start();
        let alice = parlor.user("alice").await;
        let room = alice.room("Chat", "public").await;
        let message = alice.send(&room, "hello").await["id"].as_str().unwrap().to_owned();
        Self { parlor, alice, room, message }
    }

    /// Fills a path of the route table with the ids of these resources.
    fn at(&self, path: &str) -> String {
        let path = path.replace("/api/rooms/{id}", &self.room).replace("{messageId}", &self.message);
        path.replace("{userId}", &self.alice.id).replace("{emoji}", "%F0%9F%91%8D")
    }

    /// Returns every method and path of the API; those that would delete something come last.
    fn routes(&self) -> Vec<(String, String)> {
        let table = endpoints().into_iter();
        let mut routes: Vec<_> =
            table.map(|endpoint| (endpoint.method.to_string(), self.at(endpoint.path))).collect();
        routes.sort_by_key(|(method, path)| method == "DELETE" || path.ends_with("/logout"));
        routes
    }

    /// Sends a request of any bytes and checks the answer. `head` lacks the headers of every request.
    async fn probe(&self, head: &str, body: &[u8]) -> RawAnswer {
        let token = self.alice.token();
        let (line, headers) = head.split_once("\r\n").unwrap_or((head, ""));
        let separator = if headers.is_empty() { "" } else { "\r\n" };
        let head = format!(
            "{line}\r\nHost: parlor\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n{headers}{separator}\r\n"
        );
        let answer = raw::exchange(&self.parlor, &[head.as_bytes(), body].concat()).await;
        check(&answer, &head, body);
        answer
    }

    /// Sends a complete request with a body.
    async fn probe_with(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> RawAnswer {
        let head =
            format!("{method} {path} HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: {}", body.len());
        self.probe(&head, body).await
    }

    async fn probe_at(&self, method: &str, path: &str) -> RawAnswer {
        self.probe(&format!("{method} {path} HTTP/1.1"), b"").await
    }

    /// Checks that everything works and nothing has changed.
    async fn check_unharmed(&self) {
        let page = self.alice.get(&format!("{}/messages", self.room)).await.expect(200);
        assert_eq!(page["data"].as_array().unwrap().len(), 1);
        assert_eq!(page["data"][0]["content"], "hello");
        assert_eq!(self.alice.get(&self.room).await.expect(200)["data"]["revision"], 2);
        self.parlor.anonymous().get("/ready").await.expect(200);
    }
}

/// Checks that anything but a success is a known error in the common shape.
#[track_caller]
fn check(answer: &RawAnswer, head: &str, body: &[u8]) {
    let shown = &body[..body.len().min(200)];
    let place = format!("{:.300}\n{}\n-> {answer:?}", head, String::from_utf8_lossy(shown));
    assert!(answer.status >= 200 && answer.status < 500, "{place}");
    if answer.status < 400 || head.starts_with("HEAD ") {
        return;
    }
    let error: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    assert!(error.is_object(), "no JSON: {place}");
    assert_eq!(error["ok"], false, "{place}");
    assert!(error["error"].is_string() && error["code"].is_string(), "{place}");
    assert_eq!(error["requestId"].as_str(), answer.header("x-request-id"), "{place}");
    assert_eq!(answer.header("content-type"), Some("application/json"), "{place}");
}

/// Returns the routes that take a body, each with a valid one.
fn bodies(target: &Target) -> Vec<(&'static str, String, Value)> {
    let room = &target.room;
    vec![
        (
            "POST",
            "/api/auth/signup".into(),
            json!({"username": "newcomer", "email": "newcomer@example.com", "password": PASSWORD}),
        ),
        ("POST", "/api/auth/login".into(), json!({"username": "alice", "password": PASSWORD})),
        ("POST", "/api/auth/login".into(), json!({"email": "alice@example.com", "password": PASSWORD})),
        ("PATCH", "/api/users/me".into(), json!({"password": PASSWORD, "currentPassword": PASSWORD})),
        (
            "POST",
            "/api/rooms".into(),
            json!({"name": "Another", "description": "of many", "visibility": "public"}),
        ),
        ("PUT", room.clone(), json!({"name": "Chat", "description": "of many", "visibility": "public"})),
        ("PATCH", room.clone(), json!({"name": "Chat", "description": "of many", "visibility": "public"})),
        ("PATCH", target.at("/api/rooms/{id}/members/{userId}"), json!({"role": "admin"})),
        ("POST", format!("{room}/invitations"), json!({"username": "alice"})),
        ("POST", format!("{room}/invitations"), json!({"userId": target.alice.id})),
        (
            "POST",
            format!("{room}/messages"),
            json!({"content": "words", "type": "text", "clientId": "k", "fileId": target.message}),
        ),
        ("PATCH", target.at("/api/rooms/{id}/messages/{messageId}"), json!({"content": "words"})),
        ("POST", format!("{room}/read"), json!({"seq": 1})),
    ]
}
