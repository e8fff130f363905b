//! Clients that try to exceed the bounds of sockets: bytes, time and number, before authentication and after it.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::raw::{ENGINE, ENGINE_SOCKET, Polling, TIMEOUT, answer, request, status};
use crate::growth::Growth;
use crate::socket::{Socket, id};
use crate::support::Parlor;

/// The most sockets of an address that have not authenticated.
const UNAUTHENTICATED: usize = 100;

const CHAT: &str = "/chat";

#[tokio::test]
async fn a_body_for_an_unknown_session_is_not_waited_for() {
    let parlor = Parlor::start();
    let _growth = Growth::of(&parlor);
    for path in [ENGINE.to_owned(), format!("{ENGINE}&sid=AAAAAAAAAAAAAAHs"), format!("{ENGINE}&sid=x")] {
        let begun = Instant::now();
        let head = format!("POST {path}\nContent-Length: 1000000");
        let refused = answer(request(&parlor, &head, &[b'x'; 1_000]).await).await;
        assert_eq!(status(&refused), "400", "{refused}");
        assert!(begun.elapsed() < Duration::from_secs(8), "{path}: it waited for the body");
    }
}

#[tokio::test]
async fn a_body_that_stalls_or_trickles_is_given_up() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    let (stranger, known) = (Polling::open(&parlor).await, Polling::of(&parlor, &alice).await);
    let stalled = answer(known.begin(900_000, b"42").await);
    // The time is that of the whole body, however often a byte comes. The session ends as its own time is over, too.
    let (mut reading, mut writing) = stranger.begin(5_000, b"40").await.into_split();
    let trickling = async {
        let mut pace = tokio::time::interval(Duration::from_millis(200));
        loop {
            pace.tick().await;
            if writing.write_all(b" ").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let trickled = async {
        let mut bytes = vec![];
        let _reset = timeout(TIMEOUT, reading.read_to_end(&mut bytes)).await.expect("the end");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let trickled = async {
        tokio::select! {
            () = trickling => String::new(),
            answer = trickled => answer,
        }
    };
    for answer in <[String; 2]>::from(tokio::join!(stalled, trickled)) {
        assert_eq!(status(&answer), "408", "{answer}");
        assert!(answer.contains("REQUEST_TIMEOUT"), "{answer}");
    }
}

#[tokio::test]
async fn a_second_poll_beside_the_first_ends_the_session() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let polling = Polling::of(&parlor, &alice).await;
    let (first, second) = tokio::join!(polling.poll(), polling.poll());
    let (waited, refused) = if status(&first) == "200" { (first, second) } else { (second, first) };
    assert_eq!((status(&waited), status(&refused)), ("200", "400"), "{waited}\n{refused}");
    // The close packet of Engine.IO: the client connects again.
    assert!(waited.ends_with("\r\n\r\n1"), "{waited}");
    assert!(polling.is_over().await);
}

#[tokio::test]
async fn a_session_that_does_not_connect_is_over_after_ten_seconds() {
    let parlor = Parlor::start();
    let _growth = Growth::of(&parlor);
    let (polling, begun) = (Polling::open(&parlor).await, Instant::now());
    let (mut socket, _) = Socket::at(&parlor, ENGINE_SOCKET, &[]).await;
    let (mut refused, _) = Socket::at(&parlor, ENGINE_SOCKET, &[]).await;
    refused.text(r#"40{"token":"wrong"}"#).await;
    // The poll ends with the session.
    let answer = polling.poll().await;
    assert!(begun.elapsed() > Duration::from_secs(9), "{answer}");
    assert!(polling.is_over().await);
    for socket in [&mut socket, &mut refused] {
        while socket.next_text().await.is_ok() {}
    }
    assert!(begun.elapsed() < TIMEOUT, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn events_and_attachments_before_the_token_end_a_session_at_once() {
    let parlor = Parlor::start();
    let _growth = Growth::of(&parlor);
    // Each by itself, before the ten seconds are over that a session has without a token.
    let at_once = |begun: Instant| assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
    for packets in
        ["42[\"message\",{}]", "451-[\"fileUpload\",{}]\u{1e}bAQID", "bAQID", "40{}\u{1e}42[\"x\"]"]
    {
        let (session, begun) = (Polling::open(&parlor).await, Instant::now());
        assert_eq!(status(&session.post(packets.as_bytes()).await), "400", "{packets}");
        assert!(session.is_over().await, "{packets}");
        at_once(begun);
    }
    for text in [r#"42["message",{}]"#, r#"451-["fileUpload",{}]"#] {
        let (mut socket, _) = Socket::at(&parlor, ENGINE_SOCKET, &[]).await;
        let begun = Instant::now();
        socket.text(text).await;
        while socket.next_text().await.is_ok() {}
        at_once(begun);
    }
    let (mut socket, _) = Socket::at(&parlor, ENGINE_SOCKET, &[]).await;
    let begun = Instant::now();
    socket.binary(&[0; 1_000]).await;
    while socket.next_text().await.is_ok() {}
    at_once(begun);
}

#[tokio::test]
async fn the_bytes_before_the_token_are_few() {
    let parlor = Parlor::start();
    let _growth = Growth::of(&parlor);
    let session = Polling::open(&parlor).await;
    let large = session.post(format!("40{{\"token\":\"{}\"}}", "x".repeat(70_000)).as_bytes()).await;
    assert_eq!(status(&large), "413", "{large}");
    assert!(session.is_over().await);
    let (mut socket, _) = Socket::at(&parlor, ENGINE_SOCKET, &[]).await;
    let begun = Instant::now();
    // Each is a heartbeat.
    let sending = async { while socket.try_text("3".repeat(10_000)).await {} };
    timeout(Duration::from_secs(9), sending).await.expect("it is closed before its time is over");
    assert!(begun.elapsed() < Duration::from_secs(9));
}

#[tokio::test]
async fn an_address_has_so_many_sockets_without_a_token() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    let mut sockets = vec![];
    for n in 0..UNAUTHENTICATED {
        sockets.push(Socket::at(&parlor, if n % 2 == 0 { CHAT } else { ENGINE_SOCKET }, &[]).await.0);
    }
    for path in [CHAT, ENGINE_SOCKET] {
        let refused = parlor_client::Socket::open_at(parlor.anonymous().client(), path, &[]).await;
        let refused = refused.err().unwrap();
        assert_eq!(refused.code(), Some("RATE_LIMITED"), "{path}");
    }
    let refused = answer(request(&parlor, &format!("GET {ENGINE}"), b"").await).await;
    assert_eq!(status(&refused), "429");
    assert!(refused.to_ascii_lowercase().contains("retry-after"), "{refused}");
    // Those who bring a token are not counted, and one who authenticates makes room for another.
    Socket::of(&parlor, &alice).await;
    let token = alice.token();
    sockets[0].send(json!({"action": "authenticate", "token": token})).await;
    sockets[0].until("ack").await;
    Polling::of(&parlor, &alice).await;
    sockets[1].text(format!("40{}", json!({"token": token}))).await;
    sockets[1].packet("40").await;
    Socket::open(&parlor, "", &[]).await;
}

#[tokio::test]
async fn a_socket_without_a_token_that_reads_nothing_is_closed_after_ten_seconds() {
    let parlor = Parlor::start();
    let _growth = Growth::of(&parlor);
    let head = format!(
        "GET {CHAT}\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    );
    let address = parlor.url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = format!("{}\r\n\r\n", head.replacen('\n', " HTTP/1.1\nHost: x\n", 1).replace('\n', "\r\n"));
    connection.write_all(head.as_bytes()).await.unwrap();
    let text = format!(r#"{{"action":"ping","ref":"{}"}}"#, "x".repeat(60_000));
    let length = u16::try_from(text.len()).unwrap().to_be_bytes();
    let frame = [&[0x81, 0xfe], &length[..], &[0; 4], text.as_bytes()].concat();
    let begun = Instant::now();
    let writing = async { while connection.write_all(&frame).await.is_ok() {} };
    timeout(TIMEOUT, writing).await.expect("the server ends the connection");
    assert!(begun.elapsed() > Duration::from_secs(9), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_session_takes_one_body_and_one_poll_at_a_time() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    let session = Polling::of(&parlor, &alice).await;
    let _first = session.begin(900_000, b"42").await;
    // Heartbeats are taken until the first body has reached the session.
    let second = async { while status(&session.post(b"3").await) == "200" {} };
    timeout(Duration::from_secs(9), second).await.expect("the second is refused");
    assert!(session.is_over().await);
    let session = Polling::of(&parlor, &alice).await;
    let _first = request(&parlor, &format!("GET {}", session.path), b"").await;
    // Whichever reaches the session first ends with it, as the other comes.
    session.poll().await;
    assert!(session.is_over().await);
}

#[tokio::test]
async fn the_names_of_namespaces_are_short() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    let session = Polling::of(&parlor, &alice).await;
    assert_eq!(status(&session.post(b"40/admin,{}").await), "200");
    assert!(session.poll().await.contains("Invalid namespace"));
    let large = session.post(format!("40/{},", "x".repeat(900_000)).as_bytes()).await;
    assert_eq!(status(&large), "400");
    assert!(session.is_over().await);
}

#[tokio::test]
async fn every_event_counts_as_it_arrives_valid_or_not() {
    let parlor = Parlor::with(&[("PARLOR_LIMIT_API", "20/1m")]);
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    let (mut socket, _) = Socket::at(&parlor, ENGINE_SOCKET, &[]).await;
    socket.text(format!("40{}", json!({"token": alice.token()}))).await;
    socket.packet("40").await;
    let events = [
        json!(["message"]),
        json!(["message", 5]),
        json!(["dance", {}]),
        json!(["joinRoom", {"roomId": "x"}]),
    ];
    for (n, event) in events.iter().enumerate() {
        socket.text(format!("42{n}{event}")).await;
        let ack = socket.packet("43").await;
        assert!(ack.contains("VALIDATION_FAILED"), "{ack}");
    }
    let listed = alice.get("/api/rooms").await;
    assert_eq!(listed.header("ratelimit-remaining"), Some((20 - events.len() - 1).to_string().as_str()));
    for n in 0..20 {
        socket.text(format!("42{n}{}", events[0])).await;
    }
    let limited = async { while !socket.packet("43").await.contains("RATE_LIMITED") {} };
    timeout(TIMEOUT, limited).await.expect("the limit");
}

#[tokio::test]
async fn events_behind_a_slow_one_are_bounded_in_bytes() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    let room = alice.room("Chat", "public").await;
    for n in 0..300 {
        alice.send(&room, &format!("message {n}")).await;
    }
    let session = Polling::of(&parlor, &alice).await;
    let join = json!(["joinRoom", {"roomId": id(&room), "since": 0}]);
    assert_eq!(status(&session.post(format!("421{join}").as_bytes()).await), "200");
    // The replay waits for a poll, and these for the replay.
    let event = json!(["message", {"roomId": id(&room), "content": "x", "padding": "x".repeat(900_000)}]);
    for n in 2..6 {
        assert_eq!(status(&session.post(format!("42{n}{event}").as_bytes()).await), "200");
    }
    let mut received = String::new();
    while !["431[", "432[", "433[", "434[", "435["].iter().all(|ack| received.contains(ack)) {
        received.push_str(&session.poll().await);
    }
    for ack in ["434[", "435["] {
        let (_, rest) = received.split_once(ack).unwrap();
        assert!(rest.split('\u{1e}').next().unwrap().contains("RATE_LIMITED"), "{ack}");
    }
    assert!(received.contains("message 299"), "the whole replay");
}
