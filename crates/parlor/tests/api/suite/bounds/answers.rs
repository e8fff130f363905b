//! Clients that do not read the answers to their requests.

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::growth::Growth;
use crate::support::Parlor;

/// Requests on one connection, which the client sends at once: more than the buffers of the system take of their answers.
const PIPELINED: usize = 12;

#[tokio::test]
async fn answers_that_nobody_reads_take_little_memory_and_delay_no_one() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let body = json!({"content": "\u{1f980}".repeat(1_000)});
    let messages = format!("{room}/messages");
    join_all((0..100).map(|_| alice.post(&messages, body.clone()))).await;
    let page = format!("{room}/messages?limit=100&markRead=false");
    alice.get(&page).await.expect(200);
    let _growth = Growth::of(&parlor);
    let address = parlor.url.strip_prefix("http://").unwrap();
    let one =
        format!("GET {page} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\r\n", alice.token());
    let unread = (0..60).map(|_| async {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(one.repeat(PIPELINED).as_bytes()).await.unwrap();
        connection
    });
    let _unread = join_all(unread).await;
    for _ in 0..20 {
        let page = alice.get(&page).await.expect(200);
        assert_eq!(page["data"].as_array().unwrap().len(), 100);
    }
}
