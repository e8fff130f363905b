//! State that replicas share.

use std::collections::BTreeSet;

use contract::cluster::{at, room, user};
use domain::SessionId;
use domain::event::{EphemeralEvent, EphemeralKind, Event, Revocation};
use domain::limit::{LimitClass, LimitKey, LimitSet};
use domain::presence::Present;
use test_support::RedisServer;
use uuid::Uuid;

use crate::fixtures::{Calls, LEASE, Replica, event, soon};

fn connection(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// Returns a server and two replicas on it.
async fn two() -> (RedisServer, [(Replica, Calls); 2]) {
    let server = RedisServer::start().unwrap();
    let url = server.url();
    let replicas = [Replica::up(&url, 1).await, Replica::up(&url, 2).await];
    (server, replicas)
}

#[tokio::test]
async fn every_replica_receives_every_event_once() {
    let (_server, [(one, mut first), (two, mut second)]) = two().await;
    for n in 0..500 {
        one.publish(n);
    }
    for n in 0..500 {
        assert_eq!((first.event().await, second.event().await), (event(n), event(n)));
    }
    // A duplicate at the first replica would arrive before this event.
    let last = Event::Revoked(Revocation::Session(SessionId(Uuid::from_u128(7))));
    two.shared.bus.publish(last.clone());
    assert_eq!((first.event().await, second.event().await), (last.clone(), last));
}

#[tokio::test]
async fn databases_of_one_server_are_separate() {
    let server = RedisServer::start().unwrap();
    let (here, mut calls) = Replica::up(&format!("{}/1", server.url()), 1).await;
    let (there, _) = Replica::up(&format!("{}/2", server.url()), 2).await;
    let (also_here, _) = Replica::up(&format!("{}/1", server.url()), 3).await;
    there.publish(1);
    there.shared.presence.enter(room(1), user(1), connection(1), at(1)).await;
    assert!(here.shared.presence.present(room(1)).await.is_empty());
    also_here.publish(2);
    assert_eq!(calls.event().await, event(2));
}

/// A debt of two days more is kept: so Redis would keep it after its clock was set back by two days.
#[tokio::test]
async fn a_clock_of_redis_that_is_set_back_makes_nobody_wait_longer_than_the_period() {
    const DAYS: i64 = 2 * 86_400 * 1_000_000;
    let (server, [(one, _), _]) = two().await;
    let key = || LimitKey::Account("ada".into());
    let peek = || one.shared.limits.peek(LimitSet::API, LimitClass::Auth, key());
    one.shared.limits.acquire(LimitSet::API, LimitClass::Auth, key()).await.unwrap();
    let name = server.cli(&["KEYS", "parlor:limit:*"]).unwrap().trim().to_owned();
    let paid_at = || server.cli(&["GET", &name]).unwrap().trim().parse::<i64>().unwrap();
    let before = paid_at();
    server.cli(&["SET", &name, &(before + DAYS).to_string()]).unwrap();
    let seen = peek().await.unwrap().unwrap();
    assert_eq!((seen.remaining, seen.reset), (0, time::Duration::DAY));
    // It is paid off by the new time from then on.
    assert!(paid_at() < before + DAYS / 2 + 60_000_000);
    assert!(peek().await.unwrap().unwrap().reset < time::Duration::DAY);
}

#[tokio::test]
async fn limits_count_the_requests_at_all_replicas() {
    let (_server, [(one, _), (two, _)]) = two().await;
    let key = || LimitKey::Account("ada".into());
    for n in 0..10 {
        let limits = if n % 2 == 0 { &one.shared.limits } else { &two.shared.limits };
        assert!(limits.acquire(LimitSet::API, LimitClass::Auth, key()).await.unwrap().unwrap().allowed);
    }
    for replica in [one, two] {
        assert!(
            !replica
                .shared
                .limits
                .acquire(LimitSet::API, LimitClass::Auth, key())
                .await
                .unwrap()
                .unwrap()
                .allowed
        );
        let seen = replica.shared.limits.peek(LimitSet::API, LimitClass::Auth, key()).await.unwrap().unwrap();
        assert_eq!(seen.remaining, 0);
    }
}

#[tokio::test]
async fn a_user_is_present_while_connected_to_any_replica() {
    let (_server, [(one, _), (two, _)]) = two().await;
    let (one, two) = (one.shared.presence, two.shared.presence);
    assert!(one.enter(room(1), user(1), connection(1), at(1)).await);
    assert!(!two.enter(room(1), user(1), connection(2), at(2)).await);
    assert!(two.enter(room(1), user(2), connection(3), at(3)).await);
    let both = [Present { user: user(1), since: at(1) }, Present { user: user(2), since: at(3) }];
    for presence in [&one, &two] {
        assert_eq!(presence.present(room(1)).await, both);
        assert_eq!(presence.present_in(vec![room(1), room(2)]).await.len(), 2);
    }
    assert!(!one.leave(room(1), user(1).id, connection(1)).await);
    assert_eq!(one.present(room(1)).await, both);
    assert!(two.leave(room(1), user(1).id, connection(2)).await);
    assert_eq!(one.present(room(1)).await, both[1..]);
}

#[tokio::test]
async fn marks_can_be_read_and_removed_at_any_replica() {
    let (_server, [(one, _), (two, _)]) = two().await;
    let (one, two) = (one.shared.marks, two.shared.marks);
    one.mark(room(1), user(1), at(0), at(60)).await;
    one.mark(room(2), user(2), at(0), at(60)).await;
    let seen: BTreeSet<_> = two
        .marked(vec![room(1), room(2)], at(1))
        .await
        .into_iter()
        .map(|(room, user)| (room, user.id))
        .collect();
    assert_eq!(seen, BTreeSet::from([(room(1), user(1).id), (room(2), user(2).id)]));
    two.unmark(room(1), user(1).id).await;
    assert_eq!(one.marked(vec![room(1), room(2)], at(1)).await, [(room(2), user(2))]);
}

#[tokio::test]
async fn every_key_expires() {
    let (server, [(one, _), _]) = two().await;
    one.shared.presence.enter(room(1), user(1), connection(1), at(1)).await;
    one.shared.marks.mark(room(1), user(1), at(0), at(60)).await;
    one.shared.limits.acquire(LimitSet::API, LimitClass::Auth, LimitKey::User(user(1).id)).await.unwrap();
    one.shared.presence.renew().await;
    let keys = server.cli(&["--raw", "KEYS", "*"]).unwrap();
    assert_eq!(keys.lines().count(), 6, "{keys}");
    for key in keys.lines() {
        assert!(server.cli(&["PTTL", key]).unwrap().trim().parse::<i64>().unwrap() > 0, "{key}");
    }
}

/// Renews the leases of these replicas until there are events, and returns them.
async fn renewed_events(replicas: [&Replica; 2]) -> Vec<EphemeralEvent> {
    soon(async {
        loop {
            let mut events = vec![];
            for replica in replicas {
                events.extend(replica.shared.presence.renew().await);
            }
            if !events.is_empty() {
                return events;
            }
            tokio::time::sleep(LEASE / 40).await;
        }
    })
    .await
}

#[tokio::test]
async fn leases_of_a_dead_replica_expire_and_are_announced_once() {
    let (server, [(one, _), (two, _)]) = two().await;
    let (three, _) = Replica::up(&server.url(), 3).await;
    for (n, replica) in [(1, &one), (1, &two), (2, &two), (3, &three)] {
        replica.shared.presence.enter(room(1), user(n), connection(n), at(1)).await;
    }
    three.shared.presence.enter(room(2), user(2), connection(4), at(1)).await;
    // The second replica does not renew any more.
    let went = EphemeralEvent { room: room(1), user: user(2), kind: EphemeralKind::Left };
    let (first, third) = tokio::join!(one.shared.presence.renew(), three.shared.presence.renew());
    assert_eq!((first, third), (vec![], vec![]));
    let announced = renewed_events([&one, &three]).await;
    assert_eq!(announced, std::slice::from_ref(&went));
    assert_eq!(three.shared.presence.renew().await, []);
    let here: Vec<_> =
        one.shared.presence.present(room(1)).await.into_iter().map(|present| present.user).collect();
    assert_eq!(here, [user(1), user(3)], "the first replica has a lease for the first user too");
    assert_eq!(three.shared.presence.present(room(2)).await.len(), 1, "the other room is unaffected");
    // The second replica renews again.
    assert_eq!(two.shared.presence.renew().await, [EphemeralEvent { kind: EphemeralKind::Joined, ..went }]);
    assert_eq!(one.shared.presence.present(room(1)).await.len(), 3);
    assert_eq!(two.shared.presence.renew().await, []);
}

/// Moves all times of a room's presence: as if Redis's clock had been set the other way.
fn move_times(server: &RedisServer, millis: i64) {
    const SCRIPT: &str = "
        local all = redis.call('HGETALL', KEYS[1])
        for i = 1, #all, 2 do
          local record = cjson.decode(all[i + 1])
          for replica, till in pairs(record.leases) do record.leases[replica] = till + ARGV[1] end
          redis.call('HSET', KEYS[1], all[i], cjson.encode(record))
          redis.call('ZINCRBY', KEYS[2], ARGV[1], all[i])
        end
        local clocks = redis.call('HGETALL', KEYS[3])
        for i = 1, #clocks, 2 do
          local at, own = string.match(clocks[i + 1], '^(%d+) (%d+)$')
          redis.call('HSET', KEYS[3], clocks[i], string.format('%.0f %s', at + ARGV[1], own))
        end
        return #clocks / 2";
    let [present, leases, clocks] =
        ["present", "leases", "clocks"].map(|key| format!("parlor:{{{}}}:{key}", room(1)));
    let moved = server.cli(&["--raw", "EVAL", SCRIPT, "3", &present, &leases, &clocks, &millis.to_string()]);
    assert_eq!(moved.unwrap().trim(), "2", "both replicas have renewed");
}

#[tokio::test]
async fn a_clock_of_redis_that_steps_neither_ends_nor_prolongs_presence() {
    const DAY: i64 = 86_400_000;
    let (server, [(one, _), (two, _)]) = two().await;
    for (n, replica) in [(1, &one), (2, &two)] {
        replica.shared.presence.enter(room(1), user(n), connection(n), at(1)).await;
        assert_eq!(replica.shared.presence.renew().await, []);
    }
    for step in [-DAY, DAY] {
        move_times(&server, step);
        for replica in [&one, &two] {
            assert_eq!(replica.shared.presence.renew().await, []);
            assert_eq!(replica.shared.presence.present(room(1)).await.len(), 2);
        }
    }
    // The second replica does not renew any more when the clock is set back.
    move_times(&server, DAY);
    let went = EphemeralEvent { room: room(1), user: user(2), kind: EphemeralKind::Left };
    assert_eq!(renewed_events([&one, &one]).await, [went]);
    assert_eq!(one.shared.presence.present(room(1)).await.len(), 1);
}

/// A mark that lapses in two days was set before the clock was set back.
#[tokio::test]
async fn a_clock_that_is_set_back_prolongs_no_mark_by_more_than_its_time() {
    let (_server, [(one, _), (two, _)]) = two().await;
    let day = |n: i64| at(0).plus(time::Duration::days(n));
    one.shared.marks.mark(room(1), user(1), day(1), day(2)).await;
    assert_eq!(two.shared.marks.marked(vec![room(1)], at(0)).await.len(), 1);
    assert_eq!(two.shared.marks.marked(vec![room(1)], day(1)).await, []);
}
