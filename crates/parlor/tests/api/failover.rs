//! A PostgreSQL that only reads for a while, a standby that takes over under load, and a pooler in transaction mode before it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parlor_client::Method;
use serde_json::json;
use test_support::{Durability, PgBouncer, Postgres};

use crate::support::{Parlor, Session, try_send};

fn on(url: &str, settings: &[(&str, &str)]) -> Parlor {
    Parlor::with(&[&[("PARLOR_LIMITS", "off"), ("DATABASE_URL", url)], settings].concat())
}

async fn until(parlor: &Session, status: u16) {
    let begun = Instant::now();
    while parlor.get("/ready").await.status != status {
        assert!(begun.elapsed() < Duration::from_secs(20), "/ready does not answer {status}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_database_that_only_reads_is_not_ready_and_serves_reads_alone() {
    let cluster = Postgres::start(Durability::None).unwrap();
    let url = cluster.database().unwrap();
    let parlor = on(&url, &[]);
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    cluster.set_only_reads(&url, true).unwrap();
    cluster.end_sessions(&url).unwrap();
    until(&alice, 503).await;
    let messages = format!("{room}/messages");
    for n in 0..10 {
        let sent = alice.post(&messages, json!({"content": format!("refused {n}")})).await;
        assert!(sent.header("retry-after").is_some());
        sent.error(503, "UNAVAILABLE");
        alice.patch(&room, json!({"description": "new"})).await.error(503, "UNAVAILABLE");
        alice.get(&room).await.expect(200);
    }
    cluster.set_only_reads(&url, false).unwrap();
    until(&alice, 200).await;
    for n in 0..40 {
        alice.send(&room, &format!("taken {n}")).await;
    }
}

/// Sends one message after the other under keys of its own, each until it is answered, until `stop` is set. Returns those that
/// were answered.
async fn send(
    sender: Session,
    room: String,
    number: usize,
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicUsize>,
) -> Vec<String> {
    let mut answered = vec![];
    for n in 0.. {
        let content = format!("{number} {n}");
        let body = json!({"content": content, "clientId": content.replace(' ', "-")});
        loop {
            let request = sender.request(Method::POST, &format!("{room}/messages")).json(&body);
            let answer = try_send(request).await.unwrap();
            if answer.status == 201 || answer.status == 200 {
                break;
            }
            assert_eq!(answer.status, 503, "{}", answer.body);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        answered.push(content);
        sent.fetch_add(1, Ordering::Relaxed);
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    answered
}

#[tokio::test]
async fn a_standby_that_takes_over_under_load_has_every_answered_message_once() {
    const SENDERS: usize = 4;
    let mut primary = Postgres::start(Durability::Full).unwrap();
    let url = primary.database().unwrap();
    let standby = primary.standby().unwrap();
    // A commit is answered once the standby has it.
    primary.replicate_synchronously().unwrap();
    let both = format!("{url}&host={}&target_session_attrs=read-write", standby.socket().display());
    let parlor = on(&both, &[]);
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;

    let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let senders: Vec<_> = (0..SENDERS)
        .map(|number| tokio::spawn(send(alice.clone(), room.clone(), number, stop.clone(), sent.clone())))
        .collect();
    let more = async |count: usize| {
        let (begun, before) = (Instant::now(), sent.load(Ordering::Relaxed));
        while sent.load(Ordering::Relaxed) < before + count {
            assert!(begun.elapsed() < Duration::from_secs(30), "sends have stopped");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    more(100).await;
    primary.kill().unwrap();
    until(&alice, 503).await;
    standby.promote().unwrap();
    until(&alice, 200).await;
    more(100).await;
    stop.store(true, Ordering::Relaxed);
    let mut answered = BTreeSet::new();
    for sender in senders {
        answered.extend(sender.await.unwrap());
    }

    let mut kept = vec![];
    let mut page = format!("{room}/messages?limit=100&order=asc&after=2020-01-01T00:00:00Z");
    loop {
        let read = alice.get(&page).await.expect(200);
        kept.extend(
            read["data"].as_array().unwrap().iter().map(|one| one["content"].as_str().unwrap().to_owned()),
        );
        if read["pagination"]["hasMore"] != true {
            break;
        }
        let after = read["pagination"]["after"].as_str().unwrap();
        page = format!("{room}/messages?limit=100&order=asc&after={after}");
    }
    let distinct: BTreeSet<String> = kept.iter().cloned().collect();
    assert_eq!(distinct.len(), kept.len(), "a message is there twice");
    let lost: Vec<_> = answered.difference(&distinct).collect();
    assert!(lost.is_empty(), "answered messages are lost: {lost:?}");
    println!("{} answered messages, 0 lost", answered.len());
}

#[tokio::test]
async fn two_replicas_serve_behind_a_pooler_in_transaction_mode_with_one_session() {
    let cluster = Postgres::start(Durability::None).unwrap();
    for sessions in [1, 4] {
        let pooler = PgBouncer::start(cluster.socket(), "transaction", sessions, "").unwrap();
        let url = pooler.before(&cluster.database().unwrap());
        let replicas = [(); 2].map(|()| on(&url, &[("PARLOR_DATABASE_PREPARE", "off")]));
        let alice = replicas[0].user("alice").await;
        let room = alice.room("Chat", "public").await;
        alice.get("/ready").await.expect(200);
        let sending: Vec<_> = (0..60)
            .map(|n| {
                let sender = replicas[n % 2].session_of(&alice);
                let room = room.clone();
                tokio::spawn(async move {
                    sender.get(&format!("{room}/messages?limit=5")).await.expect(200);
                    sender.send(&room, &format!("message {n}")).await["seq"].as_i64().unwrap()
                })
            })
            .collect();
        let mut seqs = vec![];
        for sent in sending {
            seqs.push(sent.await.unwrap());
        }
        seqs.sort_unstable();
        assert_eq!(seqs, (1..=60).collect::<Vec<_>>());
        // What one session has prepared is no other's.
        let log = cluster.log().unwrap();
        assert!(!log.contains("prepared statement"), "{log}");
    }
}
