//! The WebSocket: errors before a close, acknowledgements, joining and leaving, limits, and raw frames.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::growth::Growth;
use crate::socket::{Socket, id};
use crate::support::Parlor;

#[tokio::test]
async fn a_refused_socket_gets_an_error_before_it_is_closed() {
    let parlor = Parlor::start();
    let (mut wrong, _) = Socket::open(&parlor, "?token=wrong", &[]).await;
    let event = wrong.next().await;
    assert_eq!((&event["action"], &event["code"]), (&json!("error"), &json!("UNAUTHENTICATED")));
    assert_eq!(wrong.closed().await, Some(1008));
}

#[tokio::test]
async fn every_valid_frame_with_a_ref_is_acknowledged() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let mut socket = Socket::of(&parlor, &alice).await;
    for (n, frame) in [
        json!({"action": "join", "roomId": id(&room)}),
        json!({"action": "typing", "roomId": id(&room)}),
        json!({"action": "read", "roomId": id(&room), "seq": 0}),
        json!({"action": "send-message", "roomId": id(&room), "message": "Hello"}),
        json!({"action": "ping"}),
        json!({"action": "authenticate", "token": alice.token()}),
        json!({"action": "leave", "roomId": id(&room)}),
        json!({"action": "leave"}),
    ]
    .into_iter()
    .enumerate()
    {
        let mut frame = frame;
        frame["ref"] = json!(n);
        socket.send(frame).await;
        assert_eq!(socket.until("ack").await["ref"], n);
    }
}

#[tokio::test]
async fn leaving_an_invisible_room_is_not_found() {
    let parlor = Parlor::start();
    let (alice, eve) = (parlor.user("alice").await, parlor.user("eve").await);
    let (open, hidden) = (alice.room("Open", "public").await, alice.room("Hidden", "private").await);
    let mut socket = Socket::of(&parlor, &eve).await;
    socket.send(json!({"action": "leave", "roomId": id(&open), "ref": 1})).await;
    assert_eq!(socket.next().await, json!({"action": "ack", "ref": 1}));
    for room in [id(&hidden), "0197a5c2-8f00-7000-8000-000000000000"] {
        socket.send(json!({"action": "leave", "roomId": room})).await;
        assert_eq!(socket.next().await["code"], "ROOM_NOT_FOUND");
    }
}

#[tokio::test]
async fn refusals_never_count_as_bad_frames() {
    let parlor = Parlor::start();
    let (alice, eve) = (parlor.user("alice").await, parlor.user("eve").await);
    let _growth = Growth::of(&parlor);
    let room = alice.room("Chat", "public").await;
    let mut socket = Socket::of(&parlor, &eve).await;
    for _ in 0..150 {
        socket.send(json!({"action": "typing", "roomId": id(&room)})).await;
        assert_eq!(socket.next().await["code"], "NOT_A_MEMBER");
    }
    let mut bad = 0;
    while let Ok(event) = {
        socket.text("{").await;
        socket.try_next().await
    } {
        assert_eq!(event["code"], "MALFORMED_JSON");
        bad += 1;
    }
    assert_eq!(bad, 100);
}

#[tokio::test]
async fn the_size_limit_counts_all_fragments_of_a_message() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    let mut socket = Socket::of(&parlor, &alice).await;
    let whole =
        |length: usize| [r#"{"action": "ping", "x": ""#.to_owned(), "x".repeat(length), r#""}"#.to_owned()];
    socket.fragments(&whole(60_000)).await;
    assert_eq!(socket.next().await, json!({"action": "pong"}));
    socket.fragments(&whole(65_536)).await;
    assert_eq!(socket.closed().await, Some(1009));
}

#[tokio::test]
async fn joining_and_leaving_while_others_write_delivers_everything_once_and_in_order() {
    const ROUNDS: usize = 40;
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    let mut socket = Socket::of(&parlor, &bob).await;
    socket.join(&room, None).await;
    let writing = async {
        let write = async || {
            let mut sender = Socket::of(&parlor, &alice).await;
            loop {
                let frame = json!({"action": "send-message", "roomId": id(&room), "message": "x", "ref": 1});
                sender.send(frame).await;
                sender.until("ack").await;
            }
        };
        futures_util::future::join_all((0..4).map(|_| write())).await;
    };
    let joining_and_leaving = async {
        for round in 0..ROUNDS {
            socket.send(json!({"action": "leave", "roomId": id(&room), "ref": "left"})).await;
            while socket.next().await["ref"] != "left" {}
            socket.send(json!({"action": "ping"})).await;
            assert_eq!(socket.next().await["action"], "pong", "nothing of a room that was left");
            socket.send(json!({"action": "join", "roomId": id(&room)})).await;
            let mut known = socket.until("joined").await["revision"].as_i64().unwrap();
            for again in 0..3 {
                for _ in 0..5 {
                    let event = socket.until("new-message").await;
                    known += 1;
                    assert_eq!(event["revision"], known, "round {round}, joined {again} times more");
                }
                // A repeated join goes on from where the socket is, or from its `since`.
                let mut frame = json!({"action": "join", "roomId": id(&room)});
                if again == 1 {
                    frame["since"] = json!(known);
                }
                socket.send(frame).await;
                loop {
                    let event = socket.next().await;
                    match event["action"].as_str() {
                        Some("joined") if again == 1 => break,
                        Some("joined") => {
                            assert_eq!(event["revision"], known);
                            break;
                        }
                        // Events before `joined` were received before the socket named its revision.
                        Some("new-message") if again == 1 => {}
                        Some("caught-up") => assert_eq!(event["revision"], known),
                        _ => {
                            known += 1;
                            assert_eq!(event["revision"], known);
                        }
                    }
                }
            }
        }
    };
    tokio::select! {
        () = writing => {}
        () = joining_and_leaving => {}
    }
}

#[tokio::test]
async fn a_users_subscriptions_are_limited() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_SUBSCRIPTIONS", "2")]);
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    let rooms = [alice.room("One", "public").await, alice.room("Two", "public").await];
    let (mut first, mut second) = (Socket::of(&parlor, &alice).await, Socket::of(&parlor, &alice).await);
    first.join(&rooms[0], None).await;
    second.join(&rooms[0], None).await;
    // Where a socket is already, it may come in again.
    first.join(&rooms[0], Some(1)).await;
    let frame = json!({"action": "join", "roomId": id(&rooms[1]), "ref": 1});
    first.send(frame.clone()).await;
    assert_eq!(first.until("error").await["code"], "RATE_LIMITED");
    second.send(json!({"action": "leave", "ref": 2})).await;
    second.until("ack").await;
    first.send(frame).await;
    assert_eq!(first.until("joined").await["roomId"], id(&rooms[1]));
}

#[tokio::test]
async fn basic_authorization_for_a_proxy_does_not_hide_the_token() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let basic = ("authorization", "Basic b3BlbjpzZXNhbWU=".to_owned());
    let query = format!("?token={}", alice.token());
    let (mut socket, _) = Socket::open(&parlor, &query, &[basic]).await;
    socket.send(json!({"action": "ping"})).await;
    assert_eq!(socket.next().await, json!({"action": "pong"}));
}

#[tokio::test]
async fn frames_sent_before_the_handshake_answer_are_handled() {
    const FRAMES: usize = 40;
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let frame = frame(&format!(r#"{{"action": "ping", "x": "{}"}}"#, "x".repeat(5_000)));
    let mut connection = handshake(&parlor, &alice.token(), &frame.repeat(FRAMES)).await;
    let mut received = String::new();
    while received.matches(r#"{"action":"pong"}"#).count() < FRAMES {
        let mut bytes = [0; 4_096];
        let read =
            timeout(RECEIVE_TIMEOUT, connection.read(&mut bytes)).await.expect("a pong for each").unwrap();
        assert!(read > 0, "closed after: {received}");
        received.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
}

#[tokio::test]
async fn the_close_frame_arrives_despite_unread_input() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let mut connection = handshake(&parlor, &alice.token(), &[]).await;
    connection.write_all(&frame(&"x".repeat(65_000)).repeat(8)).await.unwrap();
    connection.write_all(&[0xff; 2]).await.unwrap();
    // More than lies between the two.
    connection.write_all(&vec![0; 8_000_000]).await.expect("is read, not reset");
    let mut received = vec![];
    timeout(RECEIVE_TIMEOUT, connection.read_to_end(&mut received)).await.expect("the end").unwrap();
    let close = received.windows(4).find(|four| four[0] == 0x88).expect("a close frame");
    assert_eq!(u16::from_be_bytes([close[2], close[3]]), 1002);
}

const RECEIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// A connection on which a handshake has been sent, and with it whatever follows.
async fn handshake(parlor: &Parlor, token: &str, following: &[u8]) -> TcpStream {
    let address = parlor.url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "GET /chat HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Authorization: Bearer {token}\r\n\r\n"
    );
    connection.write_all(&[head.as_bytes(), following].concat()).await.unwrap();
    connection
}

/// A text as one frame, masked with zeros.
fn frame(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap().to_be_bytes();
    [&[0x81, 0xfe], &length[..], &[0; 4], text.as_bytes()].concat()
}
