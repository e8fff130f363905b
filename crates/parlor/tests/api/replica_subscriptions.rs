//! Two replicas on one PostgreSQL: a subscription at one receives what its user does, or is done to, at the other; with Redis
//! and without it.

use std::time::Duration;

use serde_json::{Value, json};
use test_support::RedisServer;

use crate::replicas::{BY_THE_BUS, BY_THE_STORE, two, within};
use crate::socket::{Socket, id};
use crate::support::{Parlor, Session};

/// Bob subscribes at one replica, and everything else happens at the other.
async fn follow(replicas: [&Parlor; 2], time: Duration) {
    let [there, here] = replicas;
    let (alice, bob) = (there.user("alice").await, there.user("bob").await);
    let kept = alice.room("Kept", "public").await;
    bob.join(&kept).await;
    let mut socket = Socket::of(here, &here.session_of(&bob)).await;
    socket.send(json!({"action": "subscribe"})).await;
    socket.until("synced").await;

    let secret = alice.room("Secret", "private").await;
    invite(&alice, &secret, &bob).await;
    let invited = within(time, socket.until("invited")).await;
    assert_eq!(invited["invitation"]["roomId"], id(&secret));
    bob.join(&secret).await;
    let entered = within(time, socket.until("room")).await;
    assert_eq!(entered["room"]["id"], id(&secret));
    alice.send(&secret, "Hello").await;
    // By the bus the event comes, by the store the room's new state.
    let told = within(time, async {
        loop {
            let event = socket.next().await;
            match event["action"].as_str() {
                Some("new-message") => return event["message"].clone(),
                Some("room") => return event["room"]["lastMessage"]["content"].clone(),
                _ => {}
            }
        }
    });
    assert_eq!(told.await, "Hello");
    bob.post(&format!("{secret}/read"), json!({"seq": 1})).await.expect(204);
    let read = within(time, socket.until("read")).await;
    assert_eq!((&read["seq"], &read["unreadCount"]), (&json!(1), &json!(0)));
    let own = bob.room("Own", "public").await;
    let made = within(time, socket.until("room")).await;
    assert_eq!(made["room"]["id"], id(&own));
    alice.delete(&format!("{secret}/members/{}", bob.id)).await.expect(204);
    assert_eq!(within(time, socket.until("member-removed")).await["roomId"], id(&secret));
    assert_eq!(within(time, socket.until("room-left")).await["roomId"], id(&secret));
    wait_for_a_change(here, &bob, &alice, &kept, time).await;
}

async fn invite(by: &Session, room: &str, user: &Session) {
    by.post(&format!("{room}/invitations"), json!({"userId": user.id})).await.expect(201);
}

/// A sync that waits at one replica is answered by a change at another.
async fn wait_for_a_change(here: &Parlor, bob: &Session, alice: &Session, room: &str, time: Duration) {
    let bob = here.session_of(bob);
    let mut synced = bob.get("/api/sync").await.expect(200);
    while synced["data"]["rooms"].as_array().is_some_and(|rooms| !rooms.is_empty()) {
        let cursor = synced["pagination"]["cursor"].as_str().unwrap().to_owned();
        synced = bob.get(&format!("/api/sync?since={cursor}")).await.expect(200);
    }
    let cursor = synced["pagination"]["cursor"].as_str().unwrap();
    let path = format!("/api/sync?wait=30&since={cursor}");
    let waiting = bob.get(&path);
    let (answer, ()) = tokio::join!(within(time, waiting), async {
        alice.send(room, "Again").await;
    });
    let answer: Value = answer.expect(200);
    assert_eq!(answer["data"]["rooms"][0]["lastMessage"]["content"], "Again");
}

#[tokio::test]
async fn a_subscription_follows_its_user_over_replicas() {
    let redis = RedisServer::start().unwrap();
    let [one, two] = two(&redis, &[("PARLOR_LIMITS", "off")]).await;
    follow([&one, &two], BY_THE_BUS).await;
}

#[tokio::test]
async fn without_redis_a_subscription_follows_its_user_by_the_store() {
    let database = test_support::fresh_database().unwrap();
    let settings = [("DATABASE_URL", database.as_str()), ("PARLOR_LIMITS", "off")];
    let [one, two] = [Parlor::with(&settings), Parlor::with(&settings)];
    follow([&one, &two], BY_THE_STORE).await;
}
