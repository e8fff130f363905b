//! Walking lists to their end: by cursors while others write, edit and delete; by pages in every order there is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Parlor, Session};

const LIMITS: [usize; 3] = [1, 7, 100];
/// The number of messages before the walks begin. Every third of them is deleted meanwhile.
const BEGINNING: usize = 130;

fn list(page: &Value) -> &Vec<Value> {
    page["data"].as_array().unwrap()
}

/// A walk through a room: its direction, its page size and its filter.
#[derive(Debug, Clone, Copy)]
struct Walk {
    newer: bool,
    limit: usize,
    filter: &'static str,
}

impl Walk {
    /// Walks from one end until `last` has been seen and nothing comes after it in the walk's direction; returns every
    /// `seq` as it came.
    async fn run(self, user: &Session, room: &str, last: i64) -> Vec<i64> {
        let Self { newer, limit, filter } = self;
        let (name, order) = if newer { ("after", "asc") } else { ("before", "desc") };
        let mut cursor = if newer { "after=1970-01-01T00:00:00Z".to_owned() } else { String::new() };
        let mut seen: Vec<i64> = vec![];
        loop {
            let path = format!("{room}/messages?order={order}&limit={limit}&{cursor}&{filter}");
            let page = user.get(&path).await.expect(200);
            let messages = list(&page);
            let more = page["pagination"]["hasMore"] == true;
            assert!(messages.len() <= limit, "{self:?}");
            assert!(!more || messages.len() == limit, "{self:?}: a page that is not the last is full");
            seen.extend(messages.iter().map(|message| message["seq"].as_i64().unwrap()));
            // Others may write for ever; a walk need not follow them.
            let arrived = newer && seen.last().is_some_and(|&seq| seq >= last);
            if arrived || !more {
                return seen;
            }
            cursor = format!("{name}={}", page["pagination"][name].as_str().unwrap());
        }
    }
}

/// Sends, edits and deletes in the room until `stop`, and deletes all of `doomed` at least.
async fn disturb(user: Session, room: String, kept: Vec<String>, doomed: Vec<String>, stop: Arc<AtomicBool>) {
    let mut doomed = doomed.into_iter();
    for kept in kept.iter().cycle() {
        user.send(&room, "in between").await;
        let edit = json!({"content": "edited"});
        user.patch(&format!("{room}/messages/{kept}"), edit).await.expect(200);
        let Some(gone) = doomed.next() else {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            continue;
        };
        user.delete(&format!("{room}/messages/{gone}")).await.expect(204);
    }
}

#[tokio::test]
async fn cursor_walks_show_each_message_once_and_in_order_while_others_write() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let room = alice.room("Chat", "public").await;
    bob.join(&room).await;
    let (mut kept, mut doomed) = (BTreeMap::new(), vec![]);
    for n in 0..BEGINNING {
        let message = alice.send(&room, &format!("message {n}")).await;
        let id = message["id"].as_str().unwrap().to_owned();
        if n % 3 == 2 {
            doomed.push(id);
        } else {
            kept.insert(message["seq"].as_i64().unwrap(), id);
        }
    }
    let stop = Arc::new(AtomicBool::new(false));
    let ids = kept.values().cloned().collect();
    let writing = tokio::spawn(disturb(alice.clone(), room.clone(), ids, doomed, stop.clone()));
    let others = format!("senderId={}", alice.id);
    let mut walks = vec![];
    for newer in [true, false] {
        for limit in LIMITS {
            for filter in ["", "type=text&markRead=false"] {
                walks.push(Walk { newer, limit, filter });
            }
        }
    }
    let last = i64::try_from(BEGINNING).unwrap();
    let walked = join_all(walks.iter().map(|walk| walk.run(&bob, &room, last))).await;
    let hers = bob.get(&format!("{room}/messages?limit=100&{others}")).await.expect(200);
    stop.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    assert_eq!(list(&hers).len(), 100);
    for (walk, mut seen) in walks.into_iter().zip(walked) {
        if !walk.newer {
            seen.reverse();
        }
        assert!(seen.is_sorted_by(|one, next| one < next), "{walk:?}: {seen:?}");
        if walk.filter.is_empty() {
            // Tombstones keep their places, so that nothing at all is missing.
            let (first, newest) = (seen[0], *seen.last().unwrap());
            assert_eq!((first, newest - first + 1), (1, i64::try_from(seen.len()).unwrap()), "{walk:?}");
        }
        let seen: BTreeSet<i64> = seen.into_iter().collect();
        let missing: Vec<_> = kept.keys().filter(|seq| !seen.contains(seq)).collect();
        assert!(missing.is_empty(), "{walk:?} missed {missing:?}");
    }
}

#[tokio::test]
async fn a_cursor_of_a_deleted_message_keeps_its_place() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    for n in 1..=5 {
        alice.send(&room, &n.to_string()).await;
    }
    let page = alice.get(&format!("{room}/messages?limit=3")).await.expect(200);
    let third = &list(&page)[2];
    alice.delete(&format!("{room}/messages/{}", third["id"].as_str().unwrap())).await.expect(204);
    alice.send(&room, "6").await;
    for (name, expected) in [("before", vec![1, 2]), ("after", vec![6])] {
        let cursor = page["pagination"][name].as_str().unwrap();
        let path = format!("{room}/messages?order=asc&type=text&{name}={cursor}");
        let found = alice.get(&path).await.expect(200);
        let seqs: Vec<_> = list(&found).iter().map(|message| message["seq"].as_i64().unwrap()).collect();
        assert_eq!(seqs, expected, "{name}");
    }
}

/// Reads every page of a list, up to and including the first empty one; returns the ids as they came.
async fn pages(user: &Session, path: &str, limit: usize, id: fn(&Value) -> &Value) -> Vec<String> {
    let mut ids = vec![];
    for number in 1.. {
        let page = user.get(&format!("{path}&limit={limit}&page={number}")).await.expect(200);
        ids.extend(list(&page).iter().map(|item| id(item).as_str().unwrap().to_owned()));
        let total = usize::try_from(page["pagination"]["total"].as_u64().unwrap()).unwrap();
        let expected = json!({"page": number, "limit": limit, "total": total, "hasMore": ids.len() < total});
        assert_eq!(page["pagination"], expected, "{path}");
        if list(&page).is_empty() {
            assert_eq!(ids.len(), total, "{path}");
            break;
        }
    }
    ids
}

#[tokio::test]
async fn page_walks_show_each_room_once_in_every_order() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let mut rooms = BTreeSet::new();
    // Names, sizes and last messages are shared by many, so that the id has to decide.
    for n in 0..23 {
        let room = alice.room(["Same", "same", "Other"][n % 3], "public").await;
        if n % 4 == 0 {
            alice.send(&room, "hello").await;
        }
        if n % 5 == 0 {
            bob.join(&room).await;
        }
        rooms.insert(room.rsplit('/').next().unwrap().to_owned());
    }
    for sort in ["createdAt", "name", "memberCount", "lastMessageAt"] {
        for order in ["asc", "desc"] {
            let path = format!("/api/rooms?sort={sort}&order={order}");
            let mut walks = vec![];
            for limit in LIMITS {
                walks.push(pages(&bob, &path, limit, |room| &room["id"]).await);
            }
            assert_eq!(walks[0], walks[1], "{path}");
            assert_eq!(walks[1], walks[2], "{path}");
            assert_eq!(walks[0].len(), rooms.len(), "{path}");
            assert_eq!(walks[0].iter().cloned().collect::<BTreeSet<_>>(), rooms, "{path}");
        }
    }
}

#[tokio::test]
async fn page_walks_show_each_member_once_while_roles_change() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Chat", "public").await;
    let mut members = vec![alice.id.clone()];
    let mut guests = vec![];
    for n in 0..8 {
        let guest = parlor.user(&format!("guest-{n}")).await;
        guest.join(&room).await;
        members.push(guest.id.clone());
        guests.push(guest);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let busy = tokio::spawn({
        let (alice, room, guests, stop) = (alice.clone(), room.clone(), guests.clone(), stop.clone());
        async move {
            for (n, guest) in guests.iter().cycle().enumerate() {
                guest.send(&room, "busy").await;
                let role = if n / guests.len() % 2 == 0 { "admin" } else { "member" };
                let path = format!("{room}/members/{}", guest.id);
                alice.patch(&path, json!({"role": role})).await.expect(200);
                if stop.load(Ordering::Relaxed) {
                    return;
                }
            }
        }
    });
    let path = format!("{room}/members?");
    for limit in LIMITS {
        let walked = pages(&guests[0], &path, limit, |member| &member["user"]["id"]).await;
        assert_eq!(walked, members, "in the order in which they came, by {limit}");
    }
    stop.store(true, Ordering::Relaxed);
    busy.await.unwrap();
    let admins = alice.get(&format!("{room}/members?role=admin&limit=100")).await.expect(200);
    let others = alice.get(&format!("{room}/members?role=member&limit=100")).await.expect(200);
    assert_eq!(list(&admins).len() + list(&others).len(), members.len());
    assert!(list(&admins).iter().all(|member| member["role"] == "admin"));
}
