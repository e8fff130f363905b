//! Requests a byte at a time, and sessions of Engine.IO without a client library.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{Parlor, Session};

/// Long enough for a slow machine; a test that waits for it has failed.
pub(super) const TIMEOUT: Duration = Duration::from_secs(40);
pub(super) const ENGINE: &str = "/socket.io/?EIO=4&transport=polling";
pub(super) const ENGINE_SOCKET: &str = "/socket.io/?EIO=4&transport=websocket";

/// A connection on which a request has been begun.
pub(super) async fn request(parlor: &Parlor, head: &str, body: &[u8]) -> TcpStream {
    let address = parlor.url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
    let headers = headers.replace('\n', "\r\n");
    let head = format!("{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n\r\n");
    let head = head.replace("\r\n\r\n\r\n", "\r\n\r\n");
    connection.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    connection
}

/// Reads an answer to its end.
pub(super) async fn answer(mut connection: TcpStream) -> String {
    let mut bytes = vec![];
    // The server resets a connection whose input it does not read.
    let _reset = timeout(TIMEOUT, connection.read_to_end(&mut bytes)).await.expect("an answer, and the end");
    String::from_utf8_lossy(&bytes).into_owned()
}

pub(super) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or(answer)
}

/// A session of Engine.IO by long polling, each request on a connection of its own.
pub(super) struct Polling<'a> {
    parlor: &'a Parlor,
    pub(super) path: String,
}

impl<'a> Polling<'a> {
    pub(super) async fn open(parlor: &'a Parlor) -> Self {
        let opened = answer(request(parlor, &format!("GET {ENGINE}"), b"").await).await;
        let (_, rest) = opened.split_once("\"sid\":\"").expect(&opened);
        let path = format!("{ENGINE}&sid={}", rest.split_once('"').unwrap().0);
        Self { parlor, path }
    }

    /// Opens a session and connects.
    pub(super) async fn of(parlor: &'a Parlor, user: &Session) -> Self {
        let session = Self::open(parlor).await;
        let connect = format!("40{}", json!({"token": user.token()}));
        assert_eq!(status(&session.post(connect.as_bytes()).await), "200");
        assert!(session.poll().await.contains("40{"));
        session
    }

    pub(super) async fn post(&self, body: &[u8]) -> String {
        answer(self.begin(body.len(), body).await).await
    }

    /// Announces a body of that length, and sends the beginning.
    pub(super) async fn begin(&self, length: usize, body: &[u8]) -> TcpStream {
        request(self.parlor, &format!("POST {}\nContent-Length: {length}", self.path), body).await
    }

    pub(super) async fn poll(&self) -> String {
        answer(request(self.parlor, &format!("GET {}", self.path), b"").await).await
    }

    pub(super) async fn is_over(&self) -> bool {
        let answer = self.poll().await;
        status(&answer) == "400"
    }
}
