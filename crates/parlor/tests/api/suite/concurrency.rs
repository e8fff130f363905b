//! Concurrency: many clients do the same at once.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;

use crate::support::Parlor;

#[tokio::test]
async fn twenty_sends_of_one_key_are_one_message() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let messages = format!("{}/messages", alice.room("Chat", "public").await);
    let sends: Vec<_> = (0..20)
        .map(|_| {
            let (alice, path) = (alice.clone(), messages.clone());
            tokio::spawn(async move { alice.post(&path, json!({"content": "once", "clientId": "k"})).await })
        })
        .collect();
    let (mut statuses, mut ids) = (vec![], BTreeSet::new());
    for send in sends {
        let answer = send.await.unwrap();
        statuses.push(answer.status);
        ids.insert(answer.body["data"]["id"].as_str().unwrap().to_owned());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200; 19], vec![201]].concat());
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn concurrent_senders_make_one_order_without_a_gap() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let sends: Vec<_> = (0..50)
        .map(|n| {
            let (alice, room) = (alice.clone(), room.clone());
            tokio::spawn(
                async move { alice.send(&room, &format!("message {n}")).await["seq"].as_i64().unwrap() },
            )
        })
        .collect();
    let mut seqs = BTreeSet::new();
    for send in sends {
        seqs.insert(send.await.unwrap());
    }
    assert_eq!(seqs, (1..=50).collect());
    assert_eq!(alice.get(&room).await.expect(200)["data"]["revision"], 51);
}

#[tokio::test]
async fn one_of_many_admins_who_leave_at_once_stays() {
    let parlor = Parlor::start();
    let first = parlor.user("admin-0").await;
    let room = first.room("Chat", "public").await;
    let mut admins = vec![first.clone()];
    for n in 1..8 {
        let admin = parlor.user(&format!("admin-{n}")).await;
        admin.join(&room).await;
        first.patch(&format!("{room}/members/{}", admin.id), json!({"role": "admin"})).await.expect(200);
        admins.push(admin);
    }
    let leaves: Vec<_> = admins
        .into_iter()
        .map(|admin| {
            let path = format!("{room}/leave");
            tokio::spawn(async move { admin.post(&path, json!({})).await.status })
        })
        .collect();
    let mut statuses = vec![];
    for leave in leaves {
        statuses.push(leave.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![204; 7], vec![409]].concat());
}

#[tokio::test]
async fn concurrent_changes_and_removals_of_members_are_all_answered() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let mut rooms = vec![];
    for n in 0..20 {
        let room = alice.room(&format!("Room {n}"), "public").await;
        bob.join(&room).await;
        rooms.push(room);
    }
    // More at a time than there are connections to the database: a holder of one must not wait for another.
    let changes = rooms.iter().flat_map(|room| [(room, "admin"), (room, "member"), (room, "admin")]);
    let changes = changes.map(|(room, role)| {
        let (alice, path) = (alice.clone(), format!("{room}/members/{}", bob.id));
        async move { alice.patch(&path, json!({"role": role})).await.expect(200) }
    });
    join_all(changes).await;
    let removals = rooms.iter().map(|room| {
        let (alice, path) = (alice.clone(), format!("{room}/members/{}", bob.id));
        async move { alice.delete(&path).await.expect(204) }
    });
    join_all(removals).await;
    let mine = bob.get("/api/rooms?joined=true").await.expect(200);
    assert_eq!(mine["pagination"]["total"], 0);
}
