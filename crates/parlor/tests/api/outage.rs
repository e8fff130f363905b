//! Requests while PostgreSQL is away, and answered messages after it has crashed.

use std::time::{Duration, Instant};

use serde_json::json;
use test_support::{Durability, Postgres};

use crate::socket::Socket;
use crate::support::{Answer, Parlor, Session};

fn on(cluster: &Postgres) -> Parlor {
    Parlor::with(&[("PARLOR_LIMITS", "off"), ("DATABASE_URL", &cluster.database().unwrap())])
}

/// Checks that every call that needs the database is refused within two seconds, and the program stays healthy.
async fn expect_unavailable(alice: &Session, room: &str) {
    let messages = format!("{room}/messages");
    let begun = Instant::now();
    let (read, sent, made, ready, health) = tokio::join!(
        alice.get(room),
        alice.post(&messages, json!({"content": "hello"})),
        alice.post("/api/rooms", json!({"name": "Another"})),
        alice.get("/ready"),
        alice.get("/health"),
    );
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    for answer in [read, sent, made] {
        assert!(answer.header("retry-after").is_some());
        answer.error(503, "UNAVAILABLE");
    }
    ready.expect(503);
    health.expect(200);
}

/// Checks that sockets with a good token are answered that the database is away, and never that the token is wrong.
async fn expect_sockets_unavailable(parlor: &Parlor, alice: &Session, room: &str) {
    let token = alice.token();
    let (bearer, protocol) = (format!("Bearer {token}"), format!("bearer.{token}"));
    let query = format!("/chat?token={token}");
    for (path, header, value) in [
        ("/chat", "authorization", bearer.as_str()),
        ("/chat", "sec-websocket-protocol", protocol.as_str()),
        (query.as_str(), "x-request-id", "one"),
    ] {
        let refused =
            parlor_client::Socket::open_at(parlor.anonymous().client(), path, &[(header, value)]).await;
        let refused = refused.err().unwrap();
        let refused = refused.api().unwrap();
        assert_eq!((refused.status, refused.code.as_str()), (Some(503), "UNAVAILABLE"), "{path} {header}");
        assert!(refused.retry_after.is_some(), "{path} {header}");
    }
    let stream = alice.get(&format!("{room}/events?since=0")).await;
    assert!(stream.header("retry-after").is_some());
    stream.error(503, "UNAVAILABLE");

    let (mut socket, _) = Socket::open(parlor, "", &[]).await;
    socket.send(json!({"action": "authenticate", "token": token, "ref": 1})).await;
    let error = socket.next().await;
    assert_eq!((&error["code"], &error["ref"]), (&json!("UNAVAILABLE"), &json!(1)));
    assert_eq!(socket.closed().await, Some(1013));

    let (mut socket, _) = Socket::at(parlor, "/socket.io/?EIO=4&transport=websocket", &[]).await;
    socket.text(format!("40{}", json!({"token": token}))).await;
    let refused = socket.packet("44").await;
    assert!(refused.contains("UNAVAILABLE"), "{refused}");
}

/// Returns the first answer that is not 503: the pool reconnects by itself.
async fn once_available(alice: &Session, room: &str) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = alice.get(room).await;
        if answer.status != 503 {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "still away");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_database_that_hangs_is_unavailable_until_it_answers_again() {
    let cluster = Postgres::start(Durability::None).unwrap();
    let parlor = on(&cluster);
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    cluster.freeze().unwrap();
    expect_unavailable(&alice, &room).await;
    expect_unavailable(&alice, &room).await;
    cluster.thaw().unwrap();
    once_available(&alice, &room).await.expect(200);
    alice.send(&room, "and on it goes").await;
}

#[tokio::test]
async fn a_database_that_crashes_keeps_what_was_answered() {
    let mut cluster = Postgres::start(Durability::Full).unwrap();
    let parlor = on(&cluster);
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    for n in 0..20 {
        alice.send(&room, &format!("message {n}")).await;
    }
    cluster.kill().unwrap();
    expect_unavailable(&alice, &room).await;
    expect_sockets_unavailable(&parlor, &alice, &room).await;
    cluster.resume().unwrap();
    once_available(&alice, &room).await.expect(200);
    let history = alice.get(&format!("{room}/messages?limit=100&order=asc")).await.expect(200);
    let contents: Vec<_> = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["content"].as_str().unwrap())
        .collect();
    assert_eq!(contents, (0..20).map(|n| format!("message {n}")).collect::<Vec<_>>(), "in their order");
    assert_eq!(alice.send(&room, "one more").await["seq"], 21);
}
