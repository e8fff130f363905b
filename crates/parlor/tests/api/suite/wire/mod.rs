//! HTTP/1 on the wire, for every route: methods, versions and headers that proxies and old programs send.

mod encodings;
pub(super) mod raw;
mod refusals;
mod walks;

use api_actix::routes;
use serde_json::json;

use crate::support::{Parlor, Session};
use raw::{Received, Wire};

/// A server, a room with a message that bob has not read, and a file of bob's.
struct Place {
    parlor: Parlor,
    bob: Session,
    room: String,
    message: String,
    file: String,
}

/// A route with a path that leads somewhere.
struct Route {
    method: String,
    path: String,
    surface: &'static str,
}

impl Place {
    async fn new() -> Self {
        Self::with(&[("PARLOR_LIMITS", "off")]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Self {
        let parlor = Parlor::with(settings);
        let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
        let room = alice.room("Chat", "public").await;
        bob.join(&room).await;
        let message = alice.send(&room, "unread").await["id"].as_str().unwrap().to_owned();
        let room = room["/api/rooms/".len()..].to_owned();
        let mut place = Self { parlor, bob, room, message, file: String::new() };
        let part = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nbytes\r\n--x--\r\n";
        let head = place.request("POST /api/files HTTP/1.1", "Content-Type: multipart/form-data; boundary=x");
        let uploaded = place.exchange(&head, part.as_bytes()).await;
        uploaded.json()["data"]["id"].as_str().unwrap().clone_into(&mut place.file);
        place
    }

    /// Every route, with paths of what is there.
    fn routes(&self) -> Vec<Route> {
        let fill = |(method, path, surface): (String, &'static str, &'static str)| {
            let room = if surface == "ryos" { "chat" } else { &*self.room };
            let id = if path.contains("/files/") { &*self.file } else { room };
            let path = path.replace("{id}", id).replace("{roomId}", room).replace("{fileId}", &self.file);
            let path = path.replace("{messageId}", &self.message).replace("{userId}", &self.bob.id);
            let path = path.replace("{sessionId}", &self.bob.id);
            let path = path.replace("{file:.*}", "").replace("{emoji}", "%F0%9F%91%8D");
            // The one parameter that must be there.
            let path = if path.ends_with("/changes") { path + "?since=0" } else { path };
            Route { method, path, surface }
        };
        routes().into_iter().map(fill).collect()
    }

    /// The routes of GET. Those of sockets are refused without a handshake.
    fn reads(&self) -> impl Iterator<Item = Route> {
        self.routes().into_iter().filter(|route| route.method == "GET")
    }

    /// Returns the head of a request of bob's, without its end.
    fn request(&self, line: &str, headers: &str) -> String {
        let end = if headers.is_empty() { "" } else { "\r\n" };
        format!("{line}\r\nHost: parlor\r\nAuthorization: Bearer {}\r\n{headers}{end}", self.bob.token())
    }

    /// Sends a request with a body on a connection of its own.
    async fn exchange(&self, head: &str, body: &[u8]) -> Received {
        let mut wire = Wire::connect(&self.parlor).await;
        let length =
            if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        wire.send([head.as_bytes(), length.as_bytes(), b"\r\n", body].concat()).await;
        wire.answer().await
    }

    /// Sends a request of JSON with more headers.
    async fn json(&self, line: &str, headers: &str, body: impl AsRef<[u8]>) -> Received {
        let kind = (!headers.contains("Content-Type")).then_some("Content-Type: application/json");
        let headers: Vec<&str> = kind.into_iter().chain([headers]).filter(|line| !line.is_empty()).collect();
        self.exchange(&self.request(line, &headers.join("\r\n")), body.as_ref()).await
    }

    /// Returns how many messages of the room bob has not read.
    async fn unread(&self) -> serde_json::Value {
        let room = self.bob.get(&format!("/api/rooms/{}", self.room)).await.expect(200);
        room["data"]["membership"]["unreadCount"].clone()
    }
}

/// Checks an error in the common shape.
#[track_caller]
fn refused(answer: &Received, status: u16, code: &str) {
    let error = answer.json();
    assert_eq!(
        (answer.status, error["code"].as_str()),
        (status, Some(code)),
        "{}{}",
        answer.head,
        answer.text()
    );
    assert_eq!(error["ok"], json!(false));
    assert!(error["error"].is_string());
    assert_eq!(error["requestId"].as_str(), answer.header("x-request-id"));
    assert!(answer.header("x-request-id").is_some_and(|id| !id.is_empty()));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}
