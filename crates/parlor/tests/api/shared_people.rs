//! Direct rooms and read marks at two replicas on one PostgreSQL and one Redis.

use futures_util::future::join_all;
use serde_json::json;
use test_support::RedisServer;

use crate::replicas::{BY_THE_BUS, join, two, within};
use crate::socket::Socket;

#[tokio::test]
async fn people_who_write_to_each_other_at_two_replicas_get_one_room() {
    let redis = RedisServer::start().unwrap();
    let [one, two] = two(&redis, &[("PARLOR_LIMITS", "off")]).await;
    let (alice, bob) = (one.user("alice").await, one.user("bob").await);
    for round in 0..5 {
        let third = one.user(&format!("third-{round}")).await;
        let callers = [alice.clone(), two.session_of(&bob), two.session_of(&third), one.session_of(&bob)];
        let people = json!({"userIds": [alice.id, bob.id, third.id]});
        let asked = (0..12).map(|n: usize| callers[n % 4].post("/api/directs", people.clone()));
        let answers = join_all(asked).await;
        let made = answers.iter().filter(|answer| answer.status == 201).count();
        let mut rooms: Vec<String> =
            answers.into_iter().map(|answer| answer.body["data"]["id"].to_string()).collect();
        rooms.sort();
        rooms.dedup();
        assert_eq!((made, rooms.len()), (1, 1), "{rooms:?}");
    }
}

#[tokio::test]
async fn a_mark_that_moves_at_one_replica_reaches_connections_at_the_other() {
    let redis = RedisServer::start().unwrap();
    let [one, two] = two(&redis, &[("PARLOR_LIMITS", "off")]).await;
    let (alice, bob) = (one.user("alice").await, one.user("bob").await);
    let room = alice.room("Hall", "public").await;
    bob.join(&room).await;
    for n in 1..=5 {
        alice.send(&room, &format!("message {n}")).await;
    }
    let (alice_there, bob_there) = (two.session_of(&alice), two.session_of(&bob));
    let mut watcher = Socket::of(&two, &alice_there).await;
    join(&mut watcher, &room, None).await;
    let mut own = Socket::of(&two, &bob_there).await;
    join(&mut own, &room, None).await;
    bob.post(&format!("{room}/read"), json!({"seq": 4})).await.expect(204);
    for socket in [&mut watcher, &mut own] {
        assert_eq!(within(BY_THE_BUS, socket.until("read")).await["seq"], 4);
    }
    bob.post(&format!("{room}/unread"), json!({"seq": 2})).await.expect(204);
    // At the end of the second that the first mark began.
    assert_eq!(within(2 * BY_THE_BUS, own.until("read")).await["seq"], 1);
    // The other replica knows of it: the page moves the mark on from there.
    bob_there.get(&format!("{room}/messages")).await.expect(200);
    assert_eq!(bob.get(&room).await.expect(200)["data"]["membership"]["lastReadSeq"], 5);
    assert_eq!(within(2 * BY_THE_BUS, watcher.until("read")).await["seq"], 5, "`unread` was not among them");
}
