//! The memory that sockets can make the server take: clients that send much, and read nothing or wait.

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::session::Session;
use super::{parlor, serve};

/// The memory by which the server may grow by all of it: each attack by itself took 65 MB and more where only numbers were bounded.
const GROWTH: u64 = 48 * 1_024 * 1_024;

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

/// Returns a value of `/proc/<pid>/status` in bytes.
fn memory(pid: u32, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let value = status.lines().find_map(|known| known.strip_prefix(line)).unwrap();
    value.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
}

/// Sends a request, and what the server takes of its body.
async fn begin(address: &str, line: &str, headers: &str, body: &[u8]) -> TcpStream {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = format!("{line} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n\r\n");
    connection.write_all(head.as_bytes()).await.unwrap();
    // The server may have ended the connection.
    let _refused = connection.write_all(body).await;
    connection
}

/// Sends a request and returns the whole answer.
async fn ask(address: &str, line: &str, body: &[u8]) -> String {
    let headers = format!("Connection: close\r\nContent-Length: {}", body.len());
    let mut connection = begin(address, line, &headers, body).await;
    let mut answer = vec![];
    // A connection with unread input is reset.
    let _reset = connection.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// Opens a session of Engine.IO and returns its path.
async fn engine(address: &str) -> String {
    let opened = ask(address, &format!("GET {POLLING}"), b"").await;
    let (_, rest) = opened.split_once("\"sid\":\"").unwrap();
    format!("{POLLING}&sid={}", rest.split_once('"').unwrap().0)
}

/// Bodies that stall, for sessions that are not known and for those that are.
async fn stalled_bodies(address: &str) -> Vec<TcpStream> {
    let begun = (0..40).map(|n| async move {
        let path = if n % 2 == 0 { engine(address).await } else { POLLING.to_owned() };
        let headers = "Content-Length: 1000000";
        begin(address, &format!("POST {path}"), headers, &vec![b'3'; 990_000]).await
    });
    join_all(begun).await
}

/// Attachments of an event that a session without a token announced.
async fn attachments(address: &str) {
    let sessions = (0..15).map(|_| async move {
        let path = engine(address).await;
        let body = format!("4510-[\"fileUpload\",{{}}]\u{1e}b{}", "A".repeat(900_000));
        ask(address, &format!("POST {path}"), body.as_bytes()).await;
        for _ in 0..9 {
            let body = format!("b{}", "A".repeat(990_000));
            ask(address, &format!("POST {path}"), body.as_bytes()).await;
        }
    });
    join_all(sessions).await;
}

/// Sockets without a token that never read the errors that they ask for.
async fn unread_errors(address: &str) -> Vec<TcpStream> {
    let text = format!(r#"{{"action":"ping","ref":"{}"}}"#, "x".repeat(65_000));
    let length = u16::try_from(text.len()).unwrap().to_be_bytes();
    let frame = [&[0x81, 0xfe], &length[..], &[0; 4], text.as_bytes()].concat();
    let headers = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    let sockets = (0..20).map(|_| async {
        let mut connection = begin(address, "GET /chat", headers, b"").await;
        // The server stops reading, or closes.
        let writing = async { while connection.write_all(&frame).await.is_ok() {} };
        let _stuck = tokio::time::timeout(std::time::Duration::from_secs(2), writing).await;
        connection
    });
    join_all(sockets).await
}

/// A signed-in client that asks for a replay, never polls, and sends large events.
async fn events_without_polls(address: &str, user: &Session) {
    let path = engine(address).await;
    let post = async |packet: String| ask(address, &format!("POST {path}"), packet.as_bytes()).await;
    let token = user.at(&format!("http://{address}")).token().unwrap();
    assert!(post(format!("40{}", json!({"token": token}))).await.contains("ok"));
    let room = json!(user.room);
    assert!(post(format!("421{}", json!(["joinRoom", {"roomId": room, "since": 0}]))).await.contains("ok"));
    let event = json!(["message", {"roomId": room, "content": "x", "padding": "x".repeat(980_000)}]);
    for n in 0..150 {
        post(format!("42{n}{event}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_cannot_make_the_server_take_much_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, address) = serve(parlor(&folder).env("PARLOR_LIMITS", "off"));
    let alice = Session::new(&format!("http://{address}")).await;
    for n in 0..300 {
        alice.send(&format!("http://{address}"), n).await;
    }
    // The first use of each path has costs of its own.
    ask(&address, &format!("POST {}", engine(&address).await), b"3").await;
    let before = memory(server.id(), "VmRSS:");
    let mut grown = vec![];
    let mut measure = |what| grown.push((what, memory(server.id(), "VmHWM:").saturating_sub(before)));
    let stalled = stalled_bodies(&address).await;
    measure("bodies that stall");
    attachments(&address).await;
    measure("attachments before the token");
    let unread = unread_errors(&address).await;
    measure("errors that are not read");
    events_without_polls(&address, &alice).await;
    measure("events of a client that does not poll");
    drop((stalled, unread));
    server.kill().unwrap();
    server.wait().unwrap();
    eprintln!("grown by so many bytes after each: {grown:?}");
    assert!(grown.iter().all(|(_, bytes)| *bytes < GROWTH), "{grown:?}");
}
