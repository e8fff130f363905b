//! HTTP a byte at a time, for what no client would send.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::Parlor;

/// Long enough for a slow machine; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came back. The status of a server that only hung up is 0.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
}

impl Heard {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Sends these bytes, says that no more will come, and reads all that the server has to say; of a stream of events only
/// its head, for it has no end.
pub(super) async fn exchange(parlor: &Parlor, bytes: &[u8]) -> Heard {
    let mut stream = TcpStream::connect(parlor.url.strip_prefix("http://").unwrap()).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let send = async {
        // A server that has heard enough may hang up in the middle.
        if writer.write_all(bytes).await.is_ok() {
            let _gone_too = writer.shutdown().await;
        }
    };
    let mut heard = vec![];
    let receive = async {
        let mut chunk = vec![0; 16 * 1024];
        while let Ok(read @ 1..) = reader.read(&mut chunk).await {
            heard.extend_from_slice(&chunk[..read]);
            if heard.windows(17).any(|window| window == b"text/event-stream") {
                break;
            }
        }
    };
    let both = async { tokio::join!(send, receive) };
    let done = tokio::time::timeout(PATIENCE, both).await;
    assert!(done.is_ok(), "no end to the answer to {:.200}", String::from_utf8_lossy(bytes));
    let text = String::from_utf8_lossy(&heard).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).map_or(0, |status| status.parse().unwrap());
    Heard { status, head: head.to_owned(), body: body.to_owned() }
}
