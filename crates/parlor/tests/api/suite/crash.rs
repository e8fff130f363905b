//! Answered messages after the server was killed.

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::Method;
use serde_json::json;
use tokio::sync::Notify;

use crate::support::{self, Parlor};

#[tokio::test]
async fn every_answered_message_survives_a_kill_once_and_in_place() {
    let mut parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let enough = Arc::new(Notify::new());
    let senders: Vec<_> = (0..8)
        .map(|sender| {
            let (alice, room, enough) = (alice.clone(), room.clone(), enough.clone());
            tokio::spawn(async move {
                let mut answered = vec![];
                loop {
                    let key = format!("{sender}-{}", answered.len());
                    let body = json!({"content": key, "clientId": key});
                    let request = alice.request(Method::POST, &format!("{room}/messages")).json(&body);
                    let Some(answer) = support::try_send(request).await else { break answered };
                    let message = answer.expect(201);
                    answered.push((key, message["data"]["seq"].as_i64().unwrap()));
                    if answered.len() == 10 {
                        enough.notify_one();
                    }
                }
            })
        })
        .collect();
    enough.notified().await;
    parlor.kill();
    let mut answered = BTreeMap::new();
    for sender in senders {
        answered.extend(sender.await.unwrap());
    }
    assert!(answered.len() >= 10);

    parlor.restart();
    // The same token, at the new address.
    let alice = parlor.session_of(&alice);
    let (mut stored, mut after) = (BTreeMap::new(), String::new());
    loop {
        let page = alice.get(&format!("{room}/messages?order=asc&limit=100&{after}")).await.expect(200);
        for message in page["data"].as_array().unwrap() {
            let key = message["clientId"].as_str().unwrap().to_owned();
            assert_eq!(stored.insert(key, message["seq"].as_i64().unwrap()), None, "twice");
        }
        // Without a cursor the newest come: start at the beginning of time instead.
        if after.is_empty() {
            stored.clear();
            after = "after=1970-01-01T00:00:00Z".to_owned();
        } else if page["pagination"]["hasMore"] == true {
            after = format!("after={}", page["pagination"]["after"].as_str().unwrap());
        } else {
            break;
        }
    }
    for (key, seq) in &answered {
        assert_eq!(stored.get(key), Some(seq), "{key}");
    }
    let mut seqs: Vec<i64> = stored.values().copied().collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=i64::try_from(stored.len()).unwrap()).collect::<Vec<_>>());
}
