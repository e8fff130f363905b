//! One connection of HTTP/1, of which a test sends and reads the bytes.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::Parlor;

/// Long enough for a slow machine; a test that waits for it has failed.
const RECEIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// A connection, and what was read of it too early.
pub(crate) struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns the body as JSON; null where it is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl Wire {
    pub(crate) async fn connect(parlor: &Parlor) -> Self {
        let address = parlor.url.strip_prefix("http://").unwrap();
        Self { stream: TcpStream::connect(address).await.unwrap(), read: vec![] }
    }

    /// Sends bytes in one segment.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Reads more; false at the end of the connection.
    async fn more(&mut self) -> bool {
        let mut chunk = vec![0; 16 * 1024];
        let read = timeout(RECEIVE_TIMEOUT, self.stream.read(&mut chunk)).await;
        let before = String::from_utf8_lossy(&self.read[..self.read.len().min(500)]);
        assert!(read.is_ok(), "no more after {before:?}");
        let read = read.unwrap().unwrap();
        self.read.extend_from_slice(&chunk[..read]);
        read > 0
    }

    /// Reads up to and including these bytes.
    async fn until(&mut self, end: &[u8]) -> Vec<u8> {
        loop {
            if let Some(at) = self.read.windows(end.len()).position(|window| window == end) {
                return self.read.drain(..at + end.len()).collect();
            }
            assert!(
                self.more().await,
                "the connection ended before {end:?}: {:?}",
                String::from_utf8_lossy(&self.read)
            );
        }
    }

    async fn exactly(&mut self, length: usize) -> Vec<u8> {
        while self.read.len() < length {
            assert!(self.more().await, "the connection ended within a body");
        }
        self.read.drain(..length).collect()
    }

    /// Reads the head of an answer, and nothing after it.
    pub(crate) async fn head(&mut self) -> Received {
        let head = String::from_utf8(self.until(b"\r\n\r\n").await).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Received { status, head, body: vec![] }
    }

    /// Reads an answer to any method but HEAD.
    pub(crate) async fn answer(&mut self) -> Received {
        let mut received = self.head().await;
        let chunked = received.header("transfer-encoding") == Some("chunked");
        let length = received.header("content-length").map(|length| length.parse().unwrap());
        received.body = match length {
            _ if chunked => self.chunks().await,
            _ if received.status == 204 || received.status == 304 => vec![],
            Some(length) => self.exactly(length).await,
            None => self.rest().await,
        };
        received
    }

    async fn chunks(&mut self) -> Vec<u8> {
        let mut body = vec![];
        loop {
            let size = String::from_utf8(self.until(b"\r\n").await).unwrap();
            let size = usize::from_str_radix(size.trim_end(), 16).unwrap();
            body.extend(self.exactly(size).await);
            assert_eq!(self.exactly(2).await, b"\r\n");
            if size == 0 {
                return body;
            }
        }
    }

    /// Reads to the end of the connection.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.read)
    }

    /// Reads until these words have come.
    pub(crate) async fn words(&mut self, words: &str) -> String {
        String::from_utf8(self.until(words.as_bytes()).await).unwrap()
    }

    /// Checks that the connection serves the next request.
    pub(crate) async fn check_usable(&mut self, after: &str) {
        self.send("GET /health HTTP/1.1\r\nHost: parlor\r\n\r\n").await;
        let answer = self.answer().await;
        assert_eq!((answer.status, &*answer.text()), (200, r#"{"status":"ok"}"#), "after {after}");
    }
}
