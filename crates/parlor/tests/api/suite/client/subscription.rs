//! All rooms by the Rust client: a subscription that is cut at random moments, and syncs.

use std::collections::HashMap;
use std::time::Duration;

use parlor_client::{Client, Event, Method, RoomId, SubscriptionEvent};

use super::live::cut_at_random;
use super::proxy::Proxy;
use super::{public_room, user};
use crate::support::Parlor;

const ROOMS: usize = 3;
const MESSAGES: usize = 60;
/// Long enough for a slow machine; a test that waits for it has failed.
const TIMEOUT: Duration = Duration::from_mins(2);

/// The rooms as a subscriber knows them: the revision of each, and the contents of its messages in their order.
#[derive(Default)]
struct Known(HashMap<RoomId, (i64, Vec<String>)>);

impl Known {
    fn messages(&self) -> usize {
        self.0.values().map(|(_, messages)| messages.len()).sum()
    }

    /// Takes a lasting event, which must be the next of its room.
    fn take(&mut self, event: &Event) {
        let (Some(room), Some(revision)) = (event.room(), event.revision()) else { return };
        let (known, messages) = self.0.entry(room).or_default();
        assert_eq!(revision, *known + 1, "{event:?}");
        *known = revision;
        if let Event::NewMessage(message) = event {
            messages.push(message.content.clone().unwrap());
        }
    }

    /// Takes the state of a room: reads what lies between.
    async fn catch_up(&mut self, client: &Client, room: RoomId, revision: i64) {
        let (known, messages) = self.0.entry(room).or_default();
        assert!(*known <= revision, "{revision} after {known}");
        while *known < revision {
            let path = format!("/api/rooms/{room}/changes?since={known}&limit=100");
            let Ok(answer) = client.request(Method::GET, &path).send().await else { continue };
            for change in answer.body["data"].as_array().into_iter().flatten() {
                let changed = change["revision"].as_i64().unwrap();
                if changed <= revision && change["action"] == "new-message" {
                    messages.push(change["message"].as_str().unwrap().to_owned());
                }
                *known = changed.min(revision);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_is_cut_at_random_moments_misses_and_doubles_nothing() {
    let parlor = Parlor::start();
    let proxy = Proxy::to(&parlor.url).await;
    let (alice, bob) = (user(&parlor, "alice").await, user(&parlor, "bob").await);
    let mut rooms = vec![];
    for _ in 0..ROOMS {
        rooms.push(public_room(&alice).await);
        bob.room(rooms[rooms.len() - 1]).join().await.unwrap();
    }
    let behind = Client::new(&proxy.url).unwrap().with_token(bob.token().unwrap());
    let sending = async {
        for n in 0..MESSAGES {
            alice.room(rooms[n % ROOMS]).send(n.to_string()).await.unwrap();
        }
    };
    let receiving = async {
        let eager = |wait: u64| Duration::from_millis(wait);
        let mut subscription = behind.subscription(None).backoff(eager(5), eager(50));
        let mut known = Known::default();
        while known.messages() < MESSAGES {
            match subscription.next().await.unwrap() {
                SubscriptionEvent::Room(room) => {
                    known.catch_up(&bob, room.room.id, room.room.revision).await;
                }
                SubscriptionEvent::Event(event) => known.take(&event),
                _ => {}
            }
        }
        known
    };
    let both = async { tokio::join!(sending, receiving).1 };
    let known = tokio::select! {
        known = tokio::time::timeout(TIMEOUT, both) => known.expect("everything comes in time"),
        () = cut_at_random(&proxy) => panic!("cuts never end"),
    };
    for (place, room) in rooms.iter().enumerate() {
        let expected: Vec<_> = (place..MESSAGES).step_by(ROOMS).map(|n| n.to_string()).collect();
        assert_eq!(known.0[room].1, expected);
    }
}

#[tokio::test]
async fn a_sync_returns_rooms_and_then_what_changed() {
    let parlor = Parlor::start();
    let alice = user(&parlor, "alice").await;
    let room = public_room(&alice).await;
    let first = alice.sync(None, Duration::ZERO).await.unwrap();
    assert_eq!((first.rooms[0].room.id, &first.rooms[0].last_message), (room, &None));
    alice.room(room).send("Hello").await.unwrap();
    let next = alice.sync(Some(&first.cursor), Duration::from_secs(30)).await.unwrap();
    let last = next.rooms[0].last_message.as_ref().and_then(|message| message.content.as_deref());
    assert_eq!((last, next.has_more, next.left.len()), (Some("Hello"), false, 0));
}
