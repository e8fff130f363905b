//! HTTP a byte at a time, for what no client would send.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::Parlor;

/// Long enough for a slow machine; a test that waits for it has failed.
const RECEIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// An answer. The status is 0 where the server only closed the connection.
#[derive(Debug)]
pub(super) struct RawAnswer {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
}

impl RawAnswer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Sends these bytes, shuts the sending side down, and reads the whole answer; of an event stream only its head, since it
/// has no end.
pub(super) async fn exchange(parlor: &Parlor, bytes: &[u8]) -> RawAnswer {
    let mut stream = TcpStream::connect(parlor.url.strip_prefix("http://").unwrap()).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let send = async {
        // The server may close the connection in the middle.
        if writer.write_all(bytes).await.is_ok() {
            let _gone_too = writer.shutdown().await;
        }
    };
    let mut received = vec![];
    let receive = async {
        let mut chunk = vec![0; 16 * 1024];
        while let Ok(read @ 1..) = reader.read(&mut chunk).await {
            received.extend_from_slice(&chunk[..read]);
            if received.windows(17).any(|window| window == b"text/event-stream") {
                break;
            }
        }
    };
    let both = async { tokio::join!(send, receive) };
    let done = tokio::time::timeout(RECEIVE_TIMEOUT, both).await;
    assert!(done.is_ok(), "no end to the answer to {:.200}", String::from_utf8_lossy(bytes));
    let text = String::from_utf8_lossy(&received).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).map_or(0, |status| status.parse().unwrap());
    RawAnswer { status, head: head.to_owned(), body: body.to_owned() }
}
