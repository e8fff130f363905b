//! What a WebSocket may count on: that it is told why, that it hears of a room only while it wants to, that a refusal is
//! no offence.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::socket::{Socket, id};
use crate::support::Parlor;

#[tokio::test]
async fn who_is_turned_away_is_told_why_before() {
    let parlor = Parlor::start();
    let (mut wrong, _) = Socket::open(&parlor, "?token=wrong", &[]).await;
    let told = wrong.next().await;
    assert_eq!((&told["action"], &told["code"]), (&json!("error"), &json!("UNAUTHENTICATED")));
    assert_eq!(wrong.closed().await, Some(1008));
}

#[tokio::test]
async fn every_good_frame_with_a_reference_is_acknowledged() {
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
        json!({"action": "authenticate", "token": alice.token}),
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
async fn what_the_caller_must_not_know_of_cant_be_left() {
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
async fn a_refusal_is_no_bad_frame_however_often() {
    let parlor = Parlor::start();
    let (alice, eve) = (parlor.user("alice").await, parlor.user("eve").await);
    let room = alice.room("Chat", "public").await;
    let mut socket = Socket::of(&parlor, &eve).await;
    for _ in 0..150 {
        socket.send(json!({"action": "typing", "roomId": id(&room)})).await;
        assert_eq!(socket.next().await["code"], "NOT_A_MEMBER");
    }
    let mut bad = 0;
    while let Ok(told) = {
        socket.text("{").await;
        socket.try_next().await
    } {
        assert_eq!(told["code"], "MALFORMED_JSON");
        bad += 1;
    }
    assert_eq!(bad, 100);
}

#[tokio::test]
async fn a_message_of_several_frames_is_not_larger_than_one() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let mut socket = Socket::of(&parlor, &alice).await;
    let whole =
        |length: usize| [r#"{"action": "ping", "x": ""#.to_owned(), "x".repeat(length), r#""}"#.to_owned()];
    socket.fragments(&whole(60_000)).await;
    assert_eq!(socket.next().await, json!({"action": "pong"}));
    socket.fragments(&whole(65_536)).await;
    assert_eq!(socket.closed().await, Some(1009));
}

#[tokio::test]
async fn coming_and_going_while_others_write_tells_everything_once_and_in_order() {
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
    let coming_and_going = async {
        for round in 0..ROUNDS {
            socket.send(json!({"action": "leave", "roomId": id(&room), "ref": "left"})).await;
            while socket.next().await["ref"] != "left" {}
            socket.send(json!({"action": "ping"})).await;
            assert_eq!(socket.next().await["action"], "pong", "nothing of a room that was left");
            socket.send(json!({"action": "join", "roomId": id(&room)})).await;
            let mut known = socket.until("joined").await["revision"].as_i64().unwrap();
            for again in 0..3 {
                for _ in 0..5 {
                    let told = socket.until("new-message").await;
                    known += 1;
                    assert_eq!(told["revision"], known, "round {round}, come in {again} times more");
                }
                // Once more, as it is: from where the socket is, or from where it says.
                let mut frame = json!({"action": "join", "roomId": id(&room)});
                if again == 1 {
                    frame["since"] = json!(known);
                }
                socket.send(frame).await;
                loop {
                    let told = socket.next().await;
                    match told["action"].as_str() {
                        Some("joined") if again == 1 => break,
                        Some("joined") => {
                            assert_eq!(told["revision"], known);
                            break;
                        }
                        // What came before it had been heard already when the socket named where it is.
                        Some("new-message") if again == 1 => {}
                        Some("caught-up") => assert_eq!(told["revision"], known),
                        _ => {
                            known += 1;
                            assert_eq!(told["revision"], known);
                        }
                    }
                }
            }
        }
    };
    tokio::select! {
        () = writing => {}
        () = coming_and_going => {}
    }
}

#[tokio::test]
async fn a_users_sockets_listen_to_so_many_rooms_and_no_more() {
    let parlor = Parlor::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_SUBSCRIPTIONS", "2")]);
    let alice = parlor.user("alice").await;
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
async fn what_a_proxy_wants_in_the_header_hides_no_token() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let basic = ("authorization", "Basic b3BlbjpzZXNhbWU=".to_owned());
    let query = format!("?token={}", alice.token.as_ref().unwrap());
    let (mut socket, _) = Socket::open(&parlor, &query, &[basic]).await;
    socket.send(json!({"action": "ping"})).await;
    assert_eq!(socket.next().await, json!({"action": "pong"}));
}

#[tokio::test]
async fn what_a_client_says_without_waiting_for_the_handshake_is_heard() {
    const FRAMES: usize = 40;
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let frame = frame(&format!(r#"{{"action": "ping", "x": "{}"}}"#, "x".repeat(5_000)));
    let mut connection = handshake(&parlor, alice.token.as_deref().unwrap(), &frame.repeat(FRAMES)).await;
    let mut heard = String::new();
    while heard.matches(r#"{"action":"pong"}"#).count() < FRAMES {
        let mut bytes = [0; 4_096];
        let read = timeout(PATIENCE, connection.read(&mut bytes)).await.expect("a pong for each").unwrap();
        assert!(read > 0, "hung up after: {heard}");
        heard.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
}

#[tokio::test]
async fn the_last_word_arrives_whatever_is_still_on_its_way_to_the_server() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let mut connection = handshake(&parlor, alice.token.as_deref().unwrap(), &[]).await;
    connection.write_all(&frame(&"x".repeat(65_000)).repeat(8)).await.unwrap();
    connection.write_all(&[0xff; 2]).await.unwrap();
    // More than lies between the two.
    connection.write_all(&vec![0; 8_000_000]).await.expect("is heard out, not reset");
    let mut heard = vec![];
    timeout(PATIENCE, connection.read_to_end(&mut heard)).await.expect("the end").unwrap();
    let close = heard.windows(4).find(|four| four[0] == 0x88).expect("a last word");
    assert_eq!(u16::from_be_bytes([close[2], close[3]]), 1002);
}

const PATIENCE: Duration = Duration::from_secs(20);

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
