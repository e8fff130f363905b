//! Outages of Redis: crashes, hangs and restarts, which replicas survive.

use std::time::{Duration, Instant};

use contract::cluster::{at, room, user};
use domain::event::{EphemeralEvent, EphemeralKind};
use domain::limit::{LimitClass, LimitKey, LimitSet};
use test_support::RedisServer;
use uuid::Uuid;

use crate::fixtures::{Replica, event, soon};

/// Timeout of requests in production.
const REQUEST_TIMEOUT: Duration = Duration::from_millis(200);

fn connection(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

#[tokio::test]
async fn an_empty_redis_is_restored_after_a_crash() {
    let mut server = RedisServer::start().unwrap();
    let url = server.url();
    let ((one, mut first), (two, mut second)) = (Replica::up(&url, 1).await, Replica::up(&url, 2).await);
    one.shared.presence.enter(room(1), user(1), connection(1), at(1)).await;
    two.shared.presence.enter(room(1), user(2), connection(2), at(2)).await;
    let before = one.shared.presence.present(room(1)).await;
    assert_eq!(before.len(), 2);
    first.resync().await;
    second.resync().await;

    server.kill().unwrap();
    soon(one.redis.wait_until(false)).await;
    soon(two.redis.wait_until(false)).await;
    // Each replica answers from its own memory.
    one.publish(1);
    assert_eq!(first.event().await, event(1));
    assert_eq!(one.shared.presence.present(room(1)).await, before[..1]);
    assert_eq!(two.shared.presence.present_in(vec![room(1)]).await, [(room(1), user(2))]);
    assert!(two.shared.presence.enter(room(1), user(3), connection(3), at(3)).await);
    assert!(two.shared.presence.enter(room(2), user(3), connection(3), at(3)).await);
    assert!(two.shared.presence.leave(room(2), user(3).id, connection(3)).await);
    assert_eq!(two.shared.presence.renew().await, []);

    first.clear();
    server.resume().unwrap();
    // Both resync, and receive each other's events again.
    first.resync().await;
    second.resync().await;
    soon(one.redis.wait_until(true)).await;
    two.publish(2);
    assert_eq!(first.event().await, event(2));
    // Known users are restored silently; those who came during the outage are announced.
    assert_eq!(one.shared.presence.renew().await, []);
    let joined = EphemeralEvent { room: room(1), user: user(3), kind: EphemeralKind::Joined };
    assert_eq!(two.shared.presence.renew().await, [joined]);
    let after = one.shared.presence.present(room(1)).await;
    assert_eq!(after[..2], before);
    assert_eq!(after[2].user, user(3));
}

#[tokio::test]
async fn events_published_during_a_reconnect_arrive() {
    let server = RedisServer::start().unwrap();
    let url = server.url();
    let ((one, _), (_two, mut second)) = (Replica::up(&url, 1).await, Replica::up(&url, 2).await);
    server.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]).unwrap();
    server.cli(&["CLIENT", "KILL", "TYPE", "normal"]).unwrap();
    soon(one.redis.wait_until(false)).await;
    // Waits for the connection. The other replica may not be subscribed then, which is why it resyncs afterwards.
    one.publish(1);
    second.resync().await;
    soon(one.redis.wait_until(true)).await;
    one.publish(2);
    let mut received = second.event().await;
    if received == event(1) {
        received = second.event().await;
    }
    assert_eq!(received, event(2));
}

#[tokio::test]
async fn a_hanging_redis_delays_one_request_shortly_and_further_ones_not_at_all() {
    let server = RedisServer::start().unwrap();
    let (one, mut calls) = Replica::up_with_timeout(&server.url(), 1, REQUEST_TIMEOUT).await;
    let key = || LimitKey::User(user(1).id);
    let acquired = one.shared.limits.acquire(LimitSet::API, LimitClass::Auth, key()).await.unwrap().unwrap();
    assert_eq!(acquired.remaining, 9);
    server.freeze().unwrap();

    let started = Instant::now();
    let (local, first, marked) = tokio::join!(
        one.shared.limits.acquire(LimitSet::API, LimitClass::Auth, key()),
        one.shared.presence.enter(room(1), user(1), connection(1), at(1)),
        one.shared.marks.mark(room(1), user(1), at(0), at(60)),
    );
    assert!(started.elapsed() < Duration::from_millis(600), "{:?}", started.elapsed());
    assert!(first);
    let () = marked;
    assert_eq!(local.unwrap().unwrap().remaining, 9, "the replica counts by itself, from zero");

    let started = Instant::now();
    for n in 0..100 {
        one.publish(n);
        one.shared.limits.peek(LimitSet::API, LimitClass::Auth, key()).await.unwrap();
        assert_eq!(one.shared.presence.present(room(1)).await.len(), 1);
        assert_eq!(one.shared.marks.marked(vec![room(1)], at(1)).await.len(), 1);
    }
    assert!(started.elapsed() < Duration::from_millis(200), "no request waits: {:?}", started.elapsed());
    assert_eq!(calls.event().await, event(0));
    soon(one.redis.wait_until(false)).await;

    server.thaw().unwrap();
    soon(one.redis.wait_until(true)).await;
    let peeked = one.shared.limits.peek(LimitSet::API, LimitClass::Auth, key()).await.unwrap().unwrap();
    assert!(peeked.remaining <= 9, "Redis still has the count");
}

#[tokio::test]
async fn a_hanging_redis_is_detected_without_requests() {
    let server = RedisServer::start().unwrap();
    let (one, mut calls) = Replica::up_with_timeout(&server.url(), 1, REQUEST_TIMEOUT).await;
    server.freeze().unwrap();
    let started = Instant::now();
    soon(one.redis.wait_until(false)).await;
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    calls.clear();
    server.thaw().unwrap();
    calls.resync().await;
}

#[tokio::test]
async fn a_redis_that_starts_late_is_found() {
    let mut server = RedisServer::start().unwrap();
    server.kill().unwrap();
    let (sink, _calls) = contract::cluster::sink();
    let one = Replica::start(&server.url(), 1, sink, contract::cluster::quotas());
    one.publish(1);
    assert!(!one.redis.is_up());
    server.resume().unwrap();
    soon(one.redis.wait_until(true)).await;
}
