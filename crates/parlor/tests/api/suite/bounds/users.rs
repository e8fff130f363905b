//! Signed-in clients that try to exceed what one user may hold.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::raw::{ENGINE_SOCKET, Polling, TIMEOUT, answer, request, status};
use crate::growth::Growth;
use crate::socket::{Socket, id};
use crate::support::{Parlor, Session};

/// Opens a stream of a room's events and returns it with the status.
async fn stream(parlor: &Parlor, user: &Session, room: &str) -> (TcpStream, String) {
    let head = format!("GET {room}/events\nAuthorization: Bearer {}", user.token());
    let mut stream = request(parlor, &head, b"").await;
    let mut begun = vec![0; 64];
    let read = timeout(TIMEOUT, stream.read(&mut begun)).await.expect("a head").unwrap();
    let status = status(&String::from_utf8_lossy(&begun[..read])).to_owned();
    (stream, status)
}

/// Opens a connection of Socket.IO over a WebSocket with the token of a user.
async fn connected(parlor: &Parlor, user: &Session) -> Socket {
    let (mut socket, _) = Socket::at(parlor, ENGINE_SOCKET, &[]).await;
    socket.text(format!("40{}", json!({"token": user.token()}))).await;
    socket
}

/// Reads up to the end of the connection.
async fn end(socket: &mut Socket) {
    let reading = async { while socket.next_text().await.is_ok() {} };
    timeout(TIMEOUT, reading).await.expect("the end");
}

#[tokio::test]
async fn the_sockets_and_streams_of_a_user_are_limited_together() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_CONNECTIONS", "3")]);
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let _growth = Growth::of(&parlor);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let (first, opened) = stream(&parlor, &alice, &room).await;
    assert_eq!(opened, "200");
    let mut second = Socket::of(&parlor, &alice).await;
    second.join(&room, None).await;
    let mut third = connected(&parlor, &alice).await;
    third.packet("40{").await;
    let (_, refused) = stream(&parlor, &alice, &room).await;
    assert_eq!(refused, "429");
    let mut refused = Socket::of(&parlor, &alice).await;
    assert_eq!(refused.until("error").await["code"], "RATE_LIMITED");
    assert_eq!(refused.closed().await, Some(1008));
    connected(&parlor, &alice).await.packet("44").await;
    // Another user is not concerned, and one that ends makes room.
    assert_eq!(stream(&parlor, &bob, &room).await.1, "200");
    drop(first);
    let again = async { while stream(&parlor, &alice, &room).await.1 != "200" {} };
    timeout(TIMEOUT, again).await.expect("room for another stream");
}

#[tokio::test]
async fn what_arrives_for_socket_io_is_limited_in_bytes_and_attachments() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    let session = Polling::of(&parlor, &alice).await;
    let large = session.post(format!("42[\"message\",\"{}\"]", "x".repeat(1_000_000)).as_bytes()).await;
    assert_eq!(status(&large), "413", "{large:.200}");
    let placeholders = |count: usize| {
        let each = (0..count).map(|n| json!({"_placeholder": true, "num": n}));
        format!("45{count}-{}", json!(["fileUpload", {"data": each.collect::<Vec<_>>()}]))
    };
    let mut socket = connected(&parlor, &alice).await;
    let _gone = socket.try_text(format!("42[\"message\",\"{}\"]", "x".repeat(1_000_000))).await;
    end(&mut socket).await;
    let mut socket = connected(&parlor, &alice).await;
    socket.packet("40{").await;
    socket.text(placeholders(2)).await;
    for _ in 0..2 {
        socket.binary(&vec![7; 600_000]).await;
    }
    end(&mut socket).await;
    let mut socket = connected(&parlor, &alice).await;
    socket.packet("40{").await;
    socket.text(placeholders(17)).await;
    end(&mut socket).await;
}

#[tokio::test]
async fn the_bytes_that_arrive_on_all_connections_of_a_user_are_limited() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    let mut bodies = vec![];
    // Nine of them are more than 8 MiB.
    for _ in 0..12 {
        let session = Polling::of(&parlor, &alice).await;
        let (length, body) = (1_000_000, [b"42[\"message\",\"".as_slice(), &vec![b'x'; 990_000]].concat());
        bodies.push(session.begin(length, &body).await);
    }
    let answers = join_all(bodies.into_iter().map(answer)).await;
    let statuses: Vec<&str> = answers.iter().map(|answer| status(answer)).collect();
    assert!(statuses.contains(&"429"), "{statuses:?}");
    assert!(statuses.iter().all(|status| ["408", "429"].contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn a_socket_that_does_not_read_answers_is_read_no_further_and_closed() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    let (mut socket, mut sent) = (Socket::of(&parlor, &alice).await, 0);
    let ping = json!({"action": "ping", "ref": "x".repeat(60_000)}).to_string();
    let sending = async {
        while socket.try_text(ping.clone()).await {
            sent += 1;
        }
    };
    timeout(TIMEOUT + Duration::from_secs(20), sending).await.expect("the end");
    assert!(sent > 0);
}

#[tokio::test]
async fn a_replay_that_nobody_reads_ends_with_its_connection() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let content = "\u{1f980}".repeat(1_000);
    for _ in 0..100 {
        join_all((0..20).map(|_| alice.send(&room, &content))).await;
    }
    let _growth = Growth::of(&parlor);
    let mut socket = Socket::of(&parlor, &alice).await;
    socket.send(json!({"action": "join", "roomId": id(&room), "since": 0})).await;
    let open = "parlor_connections{transport=\"websocket\"} 1";
    let mut pace = tokio::time::interval(Duration::from_millis(200));
    let ended = async {
        while !parlor.metrics().await.contains(open) {
            pace.tick().await;
        }
        while parlor.metrics().await.contains(open) {
            pace.tick().await;
        }
    };
    timeout(TIMEOUT + Duration::from_secs(30), ended).await.expect("the end of the connection");
}
