//! Redis dies, hangs, and comes back; replicas go on.

use std::time::{Duration, Instant};

use contract::cluster::{at, room, user};
use domain::event::{EphemeralEvent, EphemeralKind};
use domain::limit::{LimitClass, LimitKey, LimitSet};
use test_support::RedisServer;
use uuid::Uuid;

use crate::world::{Replica, event, soon};

/// How long requests of the real server wait.
const SHORT: Duration = Duration::from_millis(200);

fn connection(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

#[tokio::test]
async fn a_redis_that_died_and_came_back_empty_is_filled_again() {
    let mut server = RedisServer::start().unwrap();
    let url = server.url();
    let ((one, mut first), (two, mut second)) = (Replica::up(&url, 1).await, Replica::up(&url, 2).await);
    one.shared.presence.enter(room(1), user(1), connection(1), at(1)).await;
    two.shared.presence.enter(room(1), user(2), connection(2), at(2)).await;
    let before = one.shared.presence.present(room(1)).await;
    assert_eq!(before.len(), 2);
    first.missed().await;
    second.missed().await;

    server.kill().unwrap();
    soon(one.redis.until(false)).await;
    soon(two.redis.until(false)).await;
    // Each answers what it knows by itself, and goes on.
    one.tell(1);
    assert_eq!(first.event().await, event(1));
    assert_eq!(one.shared.presence.present(room(1)).await, before[..1]);
    assert_eq!(two.shared.presence.present_in(vec![room(1)]).await, [(room(1), user(2))]);
    assert!(two.shared.presence.enter(room(1), user(3), connection(3), at(3)).await);
    assert!(two.shared.presence.enter(room(2), user(3), connection(3), at(3)).await);
    assert!(two.shared.presence.leave(room(2), user(3).id, connection(3)).await);
    assert_eq!(two.shared.presence.renew().await, []);

    first.clear();
    server.resume().unwrap();
    // Both are told that they may have missed something, and hear each other again.
    first.missed().await;
    second.missed().await;
    soon(one.redis.until(true)).await;
    two.tell(2);
    assert_eq!(first.event().await, event(2));
    // What is not new is put back without a word; what the others could not hear of, they hear now.
    assert_eq!(one.shared.presence.renew().await, []);
    let came = EphemeralEvent { room: room(1), user: user(3), kind: EphemeralKind::Joined };
    assert_eq!(two.shared.presence.renew().await, [came]);
    let after = one.shared.presence.present(room(1)).await;
    assert_eq!(after[..2], before);
    assert_eq!(after[2].user, user(3));
}

#[tokio::test]
async fn what_is_told_while_the_connection_is_made_anew_arrives() {
    let server = RedisServer::start().unwrap();
    let url = server.url();
    let ((one, _), (_two, mut second)) = (Replica::up(&url, 1).await, Replica::up(&url, 2).await);
    server.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]).unwrap();
    server.cli(&["CLIENT", "KILL", "TYPE", "normal"]).unwrap();
    soon(one.redis.until(false)).await;
    // Waits for the connection; by then the other may still be without its own, which is why it looks then.
    one.tell(1);
    second.missed().await;
    soon(one.redis.until(true)).await;
    one.tell(2);
    let mut heard = second.event().await;
    if heard == event(1) {
        heard = second.event().await;
    }
    assert_eq!(heard, event(2));
}

#[tokio::test]
async fn a_redis_that_hangs_holds_nobody_up_for_long_and_the_next_not_at_all() {
    let server = RedisServer::start().unwrap();
    let (one, mut heard) = Replica::waiting(&server.url(), 1, SHORT).await;
    let key = || LimitKey::User(user(1).id);
    let taken = one.shared.limits.acquire(LimitSet::API, LimitClass::Auth, key()).await.unwrap().unwrap();
    assert_eq!(taken.remaining, 9);
    server.freeze().unwrap();

    let begun = Instant::now();
    let (by_itself, first, marked) = tokio::join!(
        one.shared.limits.acquire(LimitSet::API, LimitClass::Auth, key()),
        one.shared.presence.enter(room(1), user(1), connection(1), at(1)),
        one.shared.marks.mark(room(1), user(1), at(0), at(60)),
    );
    assert!(begun.elapsed() < Duration::from_millis(600), "{:?}", begun.elapsed());
    assert!(first);
    let () = marked;
    assert_eq!(by_itself.unwrap().unwrap().remaining, 9, "it counts anew, by itself");

    let begun = Instant::now();
    for n in 0..100 {
        one.tell(n);
        one.shared.limits.peek(LimitSet::API, LimitClass::Auth, key()).await.unwrap();
        assert_eq!(one.shared.presence.present(room(1)).await.len(), 1);
        assert_eq!(one.shared.marks.marked(vec![room(1)], at(1)).await.len(), 1);
    }
    assert!(begun.elapsed() < Duration::from_millis(200), "nobody waits: {:?}", begun.elapsed());
    assert_eq!(heard.event().await, event(0));
    soon(one.redis.until(false)).await;

    server.thaw().unwrap();
    soon(one.redis.until(true)).await;
    let seen = one.shared.limits.peek(LimitSet::API, LimitClass::Auth, key()).await.unwrap().unwrap();
    assert!(seen.remaining <= 9, "what was counted before is known again");
}

#[tokio::test]
async fn a_redis_that_hangs_unasked_is_noticed() {
    let server = RedisServer::start().unwrap();
    let (one, mut heard) = Replica::waiting(&server.url(), 1, SHORT).await;
    server.freeze().unwrap();
    let begun = Instant::now();
    soon(one.redis.until(false)).await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    heard.clear();
    server.thaw().unwrap();
    heard.missed().await;
}

#[tokio::test]
async fn a_redis_that_comes_late_is_found() {
    let mut server = RedisServer::start().unwrap();
    server.kill().unwrap();
    let (sink, _heard) = contract::cluster::ear();
    let one = Replica::start(&server.url(), 1, sink, contract::cluster::quotas());
    one.tell(1);
    assert!(!one.redis.is_up());
    server.resume().unwrap();
    soon(one.redis.until(true)).await;
}
