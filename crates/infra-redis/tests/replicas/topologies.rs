//! Clusters, and servers behind sentinels.

use std::collections::BTreeSet;

use contract::cluster::{at, room, user};
use domain::limit::{LimitClass, LimitKey, LimitSet};
use test_support::{RedisCluster, RedisServer};
use uuid::Uuid;

use crate::fixtures::{Replica, event, soon};

#[tokio::test]
async fn replicas_share_all_nodes_of_a_cluster() {
    let cluster = RedisCluster::start().unwrap();
    let url = cluster.url();
    let ((one, mut first), (two, mut second)) = (Replica::up(&url, 1).await, Replica::up(&url, 2).await);
    for n in 0..100 {
        one.publish(n);
        assert_eq!((first.event().await, second.event().await), (event(n), event(n)));
    }
    let rooms: Vec<_> = (1..=60).map(room).collect();
    for place in &rooms {
        assert!(one.shared.presence.enter(*place, user(1), Uuid::from_u128(1), at(1)).await);
        assert!(!two.shared.presence.enter(*place, user(1), Uuid::from_u128(2), at(2)).await);
        one.shared.marks.mark(*place, user(2), at(0), at(60)).await;
    }
    assert_eq!(two.shared.presence.renew().await, []);
    let found: BTreeSet<_> =
        two.shared.presence.present_in(rooms.clone()).await.into_iter().map(|(room, _)| room).collect();
    assert_eq!(found, rooms.iter().copied().collect());
    assert_eq!(two.shared.marks.marked(rooms, at(1)).await.len(), 60);
    for n in 0..60 {
        let key = || LimitKey::User(user(n).id);
        assert!(
            one.shared.limits.acquire(LimitSet::API, LimitClass::Api, key()).await.unwrap().unwrap().allowed
        );
        assert!(
            !two.shared.limits.acquire(LimitSet::API, LimitClass::Api, key()).await.unwrap().unwrap().allowed
        );
    }
    assert!(one.redis.is_up() && two.redis.is_up(), "the answers come from Redis");
    for node in cluster.nodes() {
        let size = node.cli(&["DBSIZE"]).unwrap();
        assert!(size.trim() != "0", "every node has some keys");
    }
}

#[tokio::test]
async fn replicas_follow_the_sentinels_to_a_new_master() {
    let mut master = RedisServer::start().unwrap();
    let address = master.address();
    let (host, port) = address.split_once(':').unwrap();
    let replica = RedisServer::with(&["--replicaof", &format!("{host} {port}")]).unwrap();
    let sentinel = RedisServer::sentinel(&master).unwrap();
    // The sentinel discovers the replica through the master.
    soon(async {
        while !sentinel.cli(&["SENTINEL", "REPLICAS", "main"]).unwrap().contains(&replica.address()) {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await;
    let url = format!("redis+sentinel://{}/main", sentinel.address());
    let ((one, mut first), (two, mut second)) = (Replica::up(&url, 1).await, Replica::up(&url, 2).await);
    one.publish(1);
    assert_eq!(second.event().await, event(1));

    master.kill().unwrap();
    soon(one.redis.wait_until(false)).await;
    soon(two.redis.wait_until(false)).await;
    soon(one.redis.wait_until(true)).await;
    soon(two.redis.wait_until(true)).await;
    assert!(replica.cli(&["ROLE"]).unwrap().contains("master"));
    first.clear();
    second.clear();
    two.publish(2);
    assert_eq!(first.event().await, event(2));
    assert!(one.shared.presence.enter(room(1), user(1), Uuid::from_u128(1), at(1)).await);
    assert!(!two.shared.presence.enter(room(1), user(1), Uuid::from_u128(2), at(2)).await);
}
