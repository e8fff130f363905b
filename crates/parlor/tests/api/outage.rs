//! Requests while PostgreSQL is away, and answered messages after it has crashed.

use std::time::{Duration, Instant};

use serde_json::json;
use test_support::{Durability, Postgres};

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
