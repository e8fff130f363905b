//! The stream of one room by the Rust client, cut at random moments.

use std::time::Duration;

use parlor_client::{Client, Event};

use super::live::cut_at_random;
use super::proxy::Proxy;
use super::{public_room, user};
use crate::support::Parlor;

const MESSAGES: usize = 60;
/// Long enough for a slow machine; a test that waits for it has failed.
const TIMEOUT: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_room_stream_that_is_cut_at_random_moments_misses_and_doubles_nothing() {
    let parlor = Parlor::start();
    let proxy = Proxy::to(&parlor.url).await;
    let alice = user(&parlor, "alice").await;
    let room = public_room(&alice).await;
    let since = alice.room(room).get().await.unwrap().revision;
    let behind = Client::new(&proxy.url).unwrap().with_token(alice.token().unwrap());
    let sending = async {
        for n in 0..MESSAGES {
            alice.room(room).send(n.to_string()).await.unwrap();
        }
    };
    let receiving = async {
        let mut stream =
            behind.room(room).stream(since).backoff(Duration::from_millis(5), Duration::from_millis(50));
        let mut contents = vec![];
        while contents.len() < MESSAGES {
            if let Event::NewMessage(message) = stream.next().await.unwrap() {
                assert_eq!(message.revision, stream.revision());
                contents.push(message.content.unwrap());
            }
        }
        contents
    };
    let both = async { tokio::join!(sending, receiving).1 };
    let contents = tokio::select! {
        contents = tokio::time::timeout(TIMEOUT, both) => contents.expect("everything comes in time"),
        () = cut_at_random(&proxy) => panic!("cuts never end"),
    };
    assert_eq!(contents, (0..MESSAGES).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_room_stream_ends_with_the_room() {
    let parlor = Parlor::start();
    let alice = user(&parlor, "alice").await;
    let room = public_room(&alice).await;
    let mut stream = alice.room(room).stream(0);
    while !matches!(stream.next().await.unwrap(), Event::CaughtUp { .. }) {}
    alice.room(room).delete().await.unwrap();
    assert!(matches!(stream.next().await.unwrap(), Event::RoomDeleted { .. }));
    assert_eq!(stream.next().await.unwrap_err().code(), Some("ROOM_NOT_FOUND"));
}
