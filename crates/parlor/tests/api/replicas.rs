//! Two replicas on one PostgreSQL and one Redis: events, revocations, presence and limits are shared, with Redis and
//! without it.

use std::future::Future;
use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use test_support::RedisServer;

use crate::socket::{Socket, id};
use crate::suite::files::post;
use crate::support::{Parlor, Session};

/// The delays that the contract grants from one replica to another: by the bus, and by the store without it.
pub(crate) const BY_THE_BUS: Duration = Duration::from_secs(1);
pub(crate) const BY_THE_STORE: Duration = Duration::from_secs(5);

/// Starts two replicas that are connected to that Redis.
pub(crate) async fn two(redis: &RedisServer, settings: &[(&str, &str)]) -> [Parlor; 2] {
    let (database, redis) = (test_support::fresh_database().unwrap(), redis.url());
    let shared = [("DATABASE_URL", database.as_str()), ("REDIS_URL", redis.as_str())];
    let settings = [settings, &shared].concat();
    let replicas = [Parlor::with(&settings), Parlor::with(&settings)];
    for replica in &replicas {
        wait_for_status(replica, "ready").await;
    }
    replicas
}

/// Waits until `/ready` reports that status, with 200 all the while.
pub(crate) async fn wait_for_status(replica: &Parlor, status: &str) {
    let begun = Instant::now();
    loop {
        let ready = replica.anonymous().get("/ready").await.expect(200);
        if ready["status"] == status {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{ready}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Joins a room and waits until the join has taken effect: frames are answered in turn.
pub(crate) async fn join(socket: &mut Socket, room: &str, since: Option<i64>) {
    socket.join(room, since).await;
    socket.send(json!({"action": "ping"})).await;
    socket.until("pong").await;
}

/// Waits for something that must come in that time.
pub(crate) async fn within<T>(time: Duration, wanted: impl Future<Output = T>) -> T {
    tokio::time::timeout(time, wanted).await.expect("it comes in time")
}

async fn present(user: &Session, room: &str) -> Vec<String> {
    let present = user.get(&format!("{room}/presence")).await.expect(200);
    let users = present["data"].as_array().unwrap().iter();
    users.map(|user| user["username"].as_str().unwrap().to_owned()).collect()
}

/// Returns for each member, by name, whether it is shown as online.
async fn online(user: &Session, room: &str) -> Vec<(Value, Value)> {
    let page = user.get(&format!("{room}/members")).await.expect(200);
    let mut members: Vec<_> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| (member["user"]["username"].clone(), member["online"].clone()))
        .collect();
    members.sort_by_key(|(name, _)| name.to_string());
    members
}

#[tokio::test]
async fn the_quotas_hold_over_two_replicas() {
    let redis = RedisServer::start().unwrap();
    let settings = [("PARLOR_LIMITS", "off"), ("PARLOR_QUOTA_ROOMS", "3"), ("PARLOR_QUOTA_MEMBERSHIPS", "5")];
    let [one, two] = two(&redis, &settings).await;
    let (alice, bob) = (one.user("alice").await, one.user("bob").await);
    let both = |user: &Session| [one.session_of(user), two.session_of(user)];
    let sorted = |mut statuses: Vec<u16>| {
        statuses.sort_unstable();
        statuses
    };
    let alices = both(&alice);
    let made = futures_util::future::join_all((0..12).map(|n: usize| {
        let alice = &alices[n % 2];
        async move { alice.post("/api/rooms", json!({"name": format!("Room {n}")})).await.status }
    }));
    assert_eq!(sorted(made.await), [[201; 3].as_slice(), &[403; 9]].concat());
    let mut rooms = vec![];
    for n in 0..8 {
        let owner = one.user(&format!("owner-{n}")).await;
        rooms.push(owner.room(&format!("Another {n}"), "public").await);
    }
    let bobs = both(&bob);
    let joined = futures_util::future::join_all(rooms.iter().enumerate().map(|(n, room)| {
        let (bob, path) = (&bobs[n % 2], format!("{room}/join"));
        async move { bob.post(&path, json!({})).await.status }
    }));
    assert_eq!(sorted(joined.await), [[200; 5].as_slice(), &[403; 3]].concat());
}

#[tokio::test]
async fn an_event_at_one_replica_is_delivered_at_the_other_within_a_second() {
    let redis = RedisServer::start().unwrap();
    let [one, two] = two(&redis, &[("PARLOR_LIMITS", "off")]).await;
    let (alice, bob) = (one.user("alice").await, two.user("bob").await);
    let room = alice.room("Chat", "public").await;
    let (mut alices, mut bobs) = (Socket::of(&one, &alice).await, Socket::of(&two, &bob).await);
    join(&mut alices, &room, None).await;
    join(&mut bobs, &room, None).await;
    assert_eq!(within(BY_THE_BUS, alices.until("user-joined")).await["username"], "bob");
    for n in 0..20 {
        let content = format!("message {n}");
        let sent = alice.send(&room, &content).await;
        let event = within(BY_THE_BUS, bobs.next()).await;
        assert_eq!((&event["action"], &event["message"]), (&json!("new-message"), &json!(content)));
        assert_eq!(event["revision"], sent["revision"]);
    }
    bobs.send(json!({"action": "typing", "roomId": id(&room)})).await;
    assert_eq!(within(BY_THE_BUS, alices.until("typing")).await["username"], "bob");
    let metrics = two.metrics().await;
    assert!(metrics.lines().any(|line| line == "parlor_bus_up 1"), "{metrics}");
}

#[tokio::test]
async fn a_revocation_at_one_replica_takes_effect_at_the_other_within_a_second() {
    let redis = RedisServer::start().unwrap();
    let [one, two] = two(&redis, &[("PARLOR_LIMITS", "off")]).await;
    let (alice, bob) = (one.user("alice").await, one.user("bob").await);
    let room = alice.room("Chat", "public").await;
    let mut bobs = Socket::of(&two, &bob).await;
    join(&mut bobs, &room, None).await;
    alice.delete(&format!("{room}/members/{}", bob.id)).await.expect(204);
    assert_eq!(within(BY_THE_BUS, bobs.until("member-removed")).await["username"], "bob");
    alice.send(&room, "not for bob").await;
    bob.post("/api/auth/logout", json!({})).await.expect(204);
    assert_eq!(within(BY_THE_BUS, bobs.try_next()).await, Err(Some(1008)), "nothing before the end");
    two.session_of(&bob).get("/api/users/me").await.error(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn presence_is_shared_between_replicas() {
    let redis = RedisServer::start().unwrap();
    let [one, two] = two(&redis, &[("PARLOR_LIMITS", "off")]).await;
    let (alice, bob) = (one.user("alice").await, one.user("bob").await);
    let room = alice.room("Chat", "public").await;
    let (mut alices, mut bobs) = (Socket::of(&one, &alice).await, Socket::of(&two, &bob).await);
    join(&mut alices, &room, None).await;
    join(&mut bobs, &room, None).await;
    alices.until("user-joined").await;
    // Another socket at the other replica changes nothing, nor does its end.
    let mut again = Socket::of(&one, &bob).await;
    join(&mut again, &room, Some(0)).await;
    for replica in [&one, &two] {
        let alice = replica.session_of(&alice);
        assert_eq!(present(&alice, &room).await, ["alice", "bob"]);
        assert!(online(&alice, &room).await.iter().all(|(_, online)| *online == true));
    }
    again.send(json!({"action": "leave", "roomId": id(&room), "ref": 1})).await;
    again.until("ack").await;
    assert_eq!(present(&alice, &room).await, ["alice", "bob"]);
    bobs.send(json!({"action": "leave", "roomId": id(&room)})).await;
    let next = within(BY_THE_BUS, alices.next()).await;
    assert_eq!((&next["action"], &next["username"]), (&json!("user-left"), &json!("bob")));
    let members = [(json!("alice"), json!(true)), (json!("bob"), json!(false))];
    assert_eq!(online(&alice, &room).await, members);
    assert_eq!(present(&two.session_of(&alice), &room).await, ["alice"]);
}

#[tokio::test]
async fn users_of_a_replica_that_shuts_down_leave_presence_at_the_other() {
    let redis = RedisServer::start().unwrap();
    let [one, mut two] = two(&redis, &[("PARLOR_LIMITS", "off")]).await;
    let alice = one.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let mut alices = Socket::of(&one, &alice).await;
    join(&mut alices, &room, None).await;
    let mut names = vec![];
    let mut sockets = vec![];
    for n in 0..20 {
        let guest = two.user(&format!("guest-{n:02}")).await;
        let mut socket = Socket::of(&two, &guest).await;
        join(&mut socket, &room, None).await;
        sockets.push(socket);
        names.push(json!(format!("guest-{n:02}")));
    }
    let reading = sockets.into_iter().map(|mut socket| tokio::spawn(async move { socket.closed().await }));
    let reading: Vec<_> = reading.collect();
    let pid = two.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let mut left = vec![];
    for _ in &names {
        left.push(alices.until("user-left").await["username"].clone());
    }
    left.sort_by_key(Value::to_string);
    assert_eq!(left, names);
    for end in reading {
        assert_eq!(end.await.unwrap(), Some(1012));
    }
    assert!(tokio::task::spawn_blocking(move || two.process.wait()).await.unwrap().unwrap().success());
    assert_eq!(present(&alice, &room).await, ["alice"]);
}

#[tokio::test]
async fn limits_count_requests_to_either_replica() {
    let redis = RedisServer::start().unwrap();
    let [one, two] = two(&redis, &[("PARLOR_LIMIT_API", "10/1h")]).await;
    let alice = one.user("alice").await;
    let there = two.session_of(&alice);
    for n in (0..10).rev() {
        let answer = if n % 2 == 0 { &alice } else { &there }.get("/api/users/me").await;
        assert_eq!((answer.status, answer.header("ratelimit-remaining")), (200, Some(&*n.to_string())));
    }
    alice.get("/api/users/me").await.error(429, "RATE_LIMITED");
    there.get("/api/users/me").await.error(429, "RATE_LIMITED");
}

#[tokio::test]
async fn a_ticket_is_good_once_on_either_replica() {
    let redis = RedisServer::start().unwrap();
    let [here, there] = two(&redis, &[("PARLOR_LIMITS", "off")]).await;
    let alice = here.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let open = |replica: &Parlor, ticket: &str| {
        let request =
            replica.anonymous().request(reqwest::Method::GET, &format!("{room}/events?ticket={ticket}"));
        async move { request.open().await.unwrap().status().as_u16() }
    };
    let ticket = alice.client().issue_ticket().await.unwrap().ticket;
    assert_eq!(open(&there, &ticket).await, 200);
    for _ in 0..10 {
        let ticket = alice.client().issue_ticket().await.unwrap().ticket;
        let (one, two) = tokio::join!(open(&here, &ticket), open(&there, &ticket));
        assert_eq!(one + two, 200 + 401, "{one} {two}");
    }
}

#[tokio::test]
async fn without_redis_service_continues_and_nothing_is_missed() {
    let mut redis = RedisServer::start().unwrap();
    let [one, two] = two(&redis, &[("PARLOR_LIMIT_AUTH", "off")]).await;
    let (alice, bob, carol) = (one.user("alice").await, two.user("bob").await, one.user("carol").await);
    let room = alice.room("Chat", "public").await;
    let (mut bobs, mut carols) = (Socket::of(&two, &bob).await, Socket::of(&two, &carol).await);
    join(&mut bobs, &room, None).await;
    join(&mut carols, &room, None).await;
    bobs.until("user-joined").await;
    let mut sent = vec![];
    let mut received = vec![];

    redis.kill().unwrap();
    for n in 0..3 {
        let begun = Instant::now();
        sent.push(alice.send(&room, &format!("without {n}")).await["revision"].clone());
        assert!(begun.elapsed() < BY_THE_BUS, "a send does not wait: {:?}", begun.elapsed());
    }
    for _ in &sent {
        received.push(within(BY_THE_STORE, bobs.until("new-message")).await["revision"].clone());
    }
    carol.post("/api/auth/logout", json!({})).await.expect(204);
    assert_eq!(within(BY_THE_STORE, carols.closed()).await, Some(1008));
    for replica in [&one, &two] {
        wait_for_status(replica, "degraded").await;
    }
    assert_eq!(present(&bob, &room).await, ["bob"]);
    let metrics = one.metrics().await;
    assert!(metrics.lines().any(|line| line == "parlor_bus_up 0"), "{metrics}");

    redis.resume().unwrap();
    for n in 0..3 {
        sent.push(alice.send(&room, &format!("coming back {n}")).await["revision"].clone());
    }
    for replica in [&one, &two] {
        wait_for_status(replica, "ready").await;
    }
    for _ in 0..3 {
        received.push(within(BY_THE_STORE, bobs.until("new-message")).await["revision"].clone());
    }
    sent.push(alice.send(&room, "and on it goes").await["revision"].clone());
    received.push(within(BY_THE_BUS, bobs.until("new-message")).await["revision"].clone());
    assert_eq!(received, sent, "each once, and in order");
    // Redis came back empty; the replicas have restored presence.
    within(BY_THE_STORE, async { while present(&one.session_of(&bob), &room).await != ["bob"] {} }).await;
}

#[tokio::test]
async fn a_server_on_sqlite_may_have_redis_too() {
    let redis = RedisServer::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", folder.path().join("parlor.db").display());
    let parlor = Parlor::with(&[("DATABASE_URL", &database), ("REDIS_URL", &redis.url())]);
    wait_for_status(&parlor, "ready").await;
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let mut socket = Socket::of(&parlor, &alice).await;
    join(&mut socket, &room, None).await;
    alice.send(&room, "hello").await;
    assert_eq!(socket.until("new-message").await["message"], "hello");
}

#[tokio::test]
async fn replicas_share_the_quota_of_a_users_files() {
    let redis = RedisServer::start().unwrap();
    let replicas = two(&redis, &[("PARLOR_LIMITS", "off"), ("PARLOR_QUOTA_FILES", "1000000")]).await;
    let alice = replicas[0].user("alice").await;
    let at_the_other = replicas[1].session_of(&alice);
    let uploads = (0..12).map(|n| {
        let user = if n % 2 == 0 { &alice } else { &at_the_other };
        let part = Part::bytes(vec![7; 200_000]).file_name("a.bin");
        post(user, Form::new().part("file", part))
    });
    let mut statuses: Vec<_> = join_all(uploads).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [[201; 5].as_slice(), &[403; 7]].concat());
}
