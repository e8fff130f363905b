//! Admission and revocation at three replicas on one PostgreSQL, with Redis and without it: who is let in at one is let in at all at
//! once, even where they were refused a moment before; who is removed is refused everywhere in time.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use test_support::RedisServer;

use crate::replicas::wait_for_status;
use crate::socket::id;
use crate::support::{Parlor, Session};

/// Starts three replicas.
async fn three(redis: Option<&RedisServer>) -> [Parlor; 3] {
    let database = test_support::fresh_database().unwrap();
    let url = redis.map(RedisServer::url);
    let mut settings = vec![("PARLOR_LIMITS", "off"), ("DATABASE_URL", database.as_str())];
    settings.extend(url.as_ref().map(|url| ("REDIS_URL", url.as_str())));
    let replicas = [(); 3].map(|()| Parlor::with(&settings));
    for replica in &replicas {
        wait_for_status(replica, "ready").await;
    }
    replicas
}

/// Returns the statuses of a user's requests to all replicas, sent together.
async fn ask(everywhere: &[Session], path: &str) -> Vec<u16> {
    join_all(everywhere.iter().map(|user| async move { user.get(path).await.status })).await
}

async fn who_is_let_in_is_let_in_everywhere(redis: Option<RedisServer>) {
    let replicas = three(redis.as_ref()).await;
    let (alice, bob) = (replicas[0].user("alice").await, replicas[0].user("bob").await);
    let bobs: Vec<Session> = replicas.iter().map(|replica| replica.session_of(&bob)).collect();
    for n in 0..12 {
        let room = alice.room(&format!("Room {n}"), "public").await;
        let history = format!("{room}/messages");
        // Twice, so that a cache would know.
        assert_eq!(ask(&bobs, &history).await, [403; 3]);
        assert_eq!(ask(&bobs, &history).await, [403; 3]);
        bobs[n % 3].post(&format!("{room}/join"), json!({})).await.expect(200);
        assert_eq!(ask(&bobs, &history).await, [200; 3], "joined at {}", n % 3);
    }
    for n in 0..6 {
        let room = alice.room(&format!("Private {n}"), "private").await;
        assert_eq!(ask(&bobs, &room).await, [404; 3]);
        alice.post(&format!("{room}/invitations"), json!({"userId": bob.id})).await.expect(201);
        assert_eq!(ask(&bobs, &room).await, [200; 3], "invited");
        bobs[n % 3].post(&format!("{room}/join"), json!({})).await.expect(200);
        assert_eq!(ask(&bobs, &format!("{room}/messages")).await, [200; 3], "joined at {}", n % 3);
    }
}

#[tokio::test]
async fn who_is_let_in_at_one_of_three_replicas_is_let_in_at_all_at_once() {
    who_is_let_in_is_let_in_everywhere(Some(RedisServer::start().unwrap())).await;
}

#[tokio::test]
async fn who_is_let_in_at_one_of_three_replicas_without_a_bus_is_let_in_at_all_at_once() {
    who_is_let_in_is_let_in_everywhere(None).await;
}

async fn who_is_removed_is_refused_everywhere(redis: Option<RedisServer>, within: Duration) {
    let replicas = three(redis.as_ref()).await;
    let (alice, bob) = (replicas[0].user("alice").await, replicas[0].user("bob").await);
    let bobs: Vec<Session> = replicas.iter().map(|replica| replica.session_of(&bob)).collect();
    for (replica, there) in replicas.iter().zip(&bobs) {
        let room = alice.room("Chat", "public").await;
        let history = format!("{room}/messages");
        bob.post(&format!("{room}/join"), json!({})).await.expect(200);
        assert_eq!(ask(&bobs, &history).await, [200; 3]);
        let remover = replica.session_of(&alice);
        remover.delete(&format!("{room}/members/{}", bob.id)).await.expect(204);
        let removed = Instant::now();
        assert_eq!(there.get(&history).await.status, 403, "at once where it was answered");
        while ask(&bobs, &history).await != [403; 3] {
            assert!(removed.elapsed() < within, "{}: {:?}", id(&room), removed.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn who_is_removed_at_one_of_three_replicas_is_refused_at_all_within_a_second() {
    who_is_removed_is_refused_everywhere(Some(RedisServer::start().unwrap()), Duration::from_secs(1)).await;
}

#[tokio::test]
async fn who_is_removed_at_one_of_three_replicas_without_a_bus_is_refused_at_all_within_five_seconds() {
    who_is_removed_is_refused_everywhere(None, Duration::from_secs(5)).await;
}
