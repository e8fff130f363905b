//! Laws of searches in messages.

use domain::membership::Role;
use domain::message::{Message, NewMessage, TimelinePosition};
use domain::search::{CandidateQuery, SearchQuery, Unindexed};
use domain::{RoomId, UserId};
use futures_util::future::join_all;

use crate::store::AnyStore;
use crate::store::fixtures::{
    self, at, delete, delete_room, edit, join, leave, new_message, private, send, users,
};

fn query(text: &str) -> CandidateQuery {
    let keys = SearchQuery::parse(text).unwrap().keys();
    CandidateQuery { keys, room: None, sender: None, before: None, limit: 100 }
}

/// The numbers of the messages that the index finds, newest first.
async fn found(store: &impl AnyStore, user: UserId, query: CandidateQuery) -> Vec<u128> {
    numbers(&store.candidates(user, query).await.unwrap())
}

fn numbers(messages: &[Message]) -> Vec<u128> {
    messages.iter().map(|message| message.id.0.as_u128()).collect()
}

/// Message `n` of a user, which is as late as its number.
async fn say(store: &impl AnyStore, n: u32, room: RoomId, by: UserId, text: &str) -> Message {
    send(store, new_message(n, room, by, text)).await
}

/// The message comes with all that it shows.
pub async fn a_message_is_found_by_its_present_words(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    let first = say(&store, 1, room.id, alice.id, "The red fox, the RED fox").await;
    say(&store, 2, room.id, alice.id, "A blue fox \"jumps\" over \\ and 日本語 👍").await;
    say(&store, 3, room.id, alice.id, "...").await;
    for (text, wanted) in [
        ("red", vec![1]),
        ("FOX", vec![2, 1]),
        ("fox re*", vec![1]),
        ("fo*", vec![2, 1]),
        ("red blue", vec![]),
        ("blue jumps 本語 👍", vec![2]),
        ("日", vec![2]),
        ("green", vec![]),
    ] {
        assert_eq!(found(&store, alice.id, query(text)).await, wanted, "{text}");
    }
    let whole = store.candidates(alice.id, query("red")).await.unwrap();
    assert_eq!(whole, std::slice::from_ref(&first));
    edit(&store, &first, "The green fox", alice.id, at(20)).await;
    assert!(found(&store, alice.id, query("red")).await.is_empty());
    assert_eq!(found(&store, alice.id, query("green fox")).await, [1]);
    delete(&store, &first, alice.id, at(21)).await;
    assert!(found(&store, alice.id, query("green")).await.is_empty());
    assert_eq!(found(&store, alice.id, query("fox")).await, [2]);
    assert_eq!(store.unindexed().await.unwrap(), Unindexed::default());
}

/// Each message is found at once, by its present words alone, before and after its entries are made.
pub async fn messages_are_found_before_and_after_they_are_in_the_index(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    join(&store, room.id, bob.id, Role::Member, at(1)).await;
    let mut sent = vec![];
    for n in 1..=50 {
        let by = if n % 10 == 0 { bob.id } else { alice.id };
        sent.push(say(&store, n, room.id, by, &format!("Word number{n} Straße")).await);
        assert_eq!(found(&store, bob.id, query(&format!("number{n}"))).await, [u128::from(n)]);
        assert_eq!(
            found(&store, bob.id, query("strasse word")).await,
            (1..=u128::from(n)).rev().collect::<Vec<u128>>()
        );
    }
    // The first is in the index, the last is not.
    for (n, message) in [(1, &sent[0]), (50, &sent[49])] {
        edit(&store, message, "Written anew", message.sender.id, at(100 + n)).await;
        assert!(found(&store, bob.id, query(&format!("number{n}"))).await.is_empty());
    }
    delete(&store, &sent[1], alice.id, at(200)).await;
    delete(&store, &sent[48], alice.id, at(201)).await;
    for indexed in [false, true] {
        assert_eq!(found(&store, bob.id, query("anew")).await, [50, 1]);
        assert_eq!(found(&store, bob.id, query("word")).await, (3..=48).rev().collect::<Vec<u128>>());
        assert_eq!(found(&store, bob.id, query("number4*")).await.len(), 10, "4 and 40 to 48");
        let by_bob = CandidateQuery { sender: Some(bob.id), ..query("word") };
        assert_eq!(found(&store, bob.id, by_bob).await, [40, 30, 20, 10]);
        let earlier = Some(TimelinePosition::Message(sent[44].created_at, sent[44].id));
        let earlier = CandidateQuery { before: earlier, limit: 3, ..query("word") };
        assert_eq!(found(&store, bob.id, earlier).await, [44, 43, 42]);
        assert_eq!(store.unindexed().await.unwrap(), Unindexed::default());
        let added = store.index_room(None, 100).await.unwrap();
        assert_eq!(added.is_none(), indexed, "{added:?}");
    }
    assert_eq!(store.index_edits(10).await.unwrap(), 0);
}

async fn say_number(store: &impl AnyStore, n: u32, room: RoomId, by: UserId) -> Message {
    say(store, n, room, by, &format!("word number{n}")).await
}

/// With so many messages, the index of a room has stretches of each size, of which the former ones became part.
pub async fn messages_are_found_in_stretches_of_every_size(store: impl AnyStore) {
    const MESSAGES: u32 = 1_260;
    const TOGETHER: u32 = 60;
    let [alice] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    let mut sent = vec![];
    for first in (1..=MESSAGES).step_by(60) {
        let numbers = first..first + TOGETHER;
        sent.extend(join_all(numbers.map(|n| say_number(&store, n, room.id, alice.id))).await);
        for n in [1, first / 2 + 1, first + TOGETHER - 1] {
            assert_eq!(found(&store, alice.id, query(&format!("number{n}"))).await, [u128::from(n)]);
        }
    }
    let of = |n: u32| &sent[usize::try_from(n).unwrap() - 1];
    for n in [5, 1_100, 1_200, 1_255] {
        edit(&store, of(n), "changed", alice.id, at(i64::from(MESSAGES + n))).await;
        delete(&store, of(n + 1), alice.id, at(i64::from(MESSAGES + n))).await;
        for gone in [n, n + 1] {
            assert!(found(&store, alice.id, query(&format!("number{gone}"))).await.is_empty());
        }
    }
    assert_eq!(found(&store, alice.id, query("changed")).await, [1_255, 1_200, 1_100, 5]);
    assert_eq!(found(&store, alice.id, query("number12* word")).await.len(), 1 + 10 + 61 - 4);
    let mut walked: Vec<Message> = vec![];
    loop {
        let before = walked.last().map(|last| TimelinePosition::Message(last.created_at, last.id));
        let page = store.candidates(alice.id, CandidateQuery { before, ..query("word") }).await.unwrap();
        if page.is_empty() {
            break;
        }
        walked.extend(page);
    }
    assert_eq!(walked.len(), usize::try_from(MESSAGES).unwrap() - 8);
}

/// A member who comes back finds everything again.
pub async fn rooms_of_which_the_user_is_a_member_now_are_searched(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let [first, second] =
        [fixtures::open(&store, private(1, &alice)).await, fixtures::open(&store, private(2, &alice)).await];
    join(&store, first.id, bob.id, Role::Member, at(2)).await;
    say(&store, 1, first.id, alice.id, "a word").await;
    say(&store, 2, second.id, alice.id, "a word").await;
    assert_eq!(found(&store, alice.id, query("word")).await, [2, 1]);
    assert_eq!(found(&store, bob.id, query("word")).await, [1]);
    leave(&store, first.id, bob.id).await;
    assert!(found(&store, bob.id, query("word")).await.is_empty());
    join(&store, first.id, bob.id, Role::Member, at(90)).await;
    assert_eq!(found(&store, bob.id, query("word")).await, [1]);
    assert!(
        found(&store, bob.id, CandidateQuery { room: Some(second.id), ..query("word") }).await.is_empty()
    );
    delete_room(&store, first.id, at(91)).await;
    assert!(found(&store, bob.id, query("word")).await.is_empty());
    assert_eq!(found(&store, alice.id, query("word")).await, [2]);
}

/// Several rooms, messages of one moment, and more messages than a page; by one word, several, and a beginning.
pub async fn pages_of_a_search_concatenate_to_all(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let mut rooms = vec![];
    for n in 1..=3 {
        let room = fixtures::open(&store, private(n, &alice)).await;
        join(&store, room.id, bob.id, Role::Member, at(3)).await;
        rooms.push(room.id);
    }
    let mut sent = vec![];
    for n in 1..=30_u32 {
        let (room, by) = (
            rooms[usize::from(n % 3 == 0) + usize::from(n % 5 == 0)],
            if n % 4 == 0 { bob.id } else { alice.id },
        );
        let new = new_message(n, room, by, if n % 2 == 0 { "even number" } else { "odd numbers" });
        // Each third moment has messages of different rooms.
        sent.push(send(&store, NewMessage { at: at(i64::from(n / 3) * 1_000), ..new }).await);
    }
    sent.sort_by_key(|message| std::cmp::Reverse((message.created_at, message.id)));
    let even = |message: &&Message| message.id.0.as_u128().is_multiple_of(2);
    for (text, sender, room) in [
        ("number*", None, None),
        ("even", None, None),
        ("number even", None, None),
        ("even number", Some(bob.id), None),
        ("even", None, Some(rooms[0])),
        ("even numb*", Some(alice.id), Some(rooms[1])),
    ] {
        let wanted: Vec<Message> = sent
            .iter()
            .filter(|message| text == "number*" || even(message))
            .filter(|message| sender.is_none_or(|sender| message.sender.id == sender))
            .filter(|message| room.is_none_or(|room| message.room == room))
            .cloned()
            .collect();
        for limit in [1, 4, 50] {
            let mut walked: Vec<Message> = vec![];
            loop {
                let before = walked.last().map(|last| TimelinePosition::Message(last.created_at, last.id));
                let query = CandidateQuery { sender, room, before, limit, ..query(text) };
                let page = store.candidates(bob.id, query).await.unwrap();
                assert!(page.len() <= usize::try_from(limit).unwrap());
                let last = page.len() < usize::try_from(limit).unwrap();
                walked.extend(page);
                if last {
                    break;
                }
            }
            assert_eq!(walked, wanted, "{text} by {limit}");
        }
        let moment = sent[10].created_at;
        let query =
            CandidateQuery { sender, room, before: Some(TimelinePosition::Time(moment)), ..query(text) };
        let earlier = wanted.into_iter().filter(|message| message.created_at < moment);
        assert_eq!(store.candidates(bob.id, query).await.unwrap(), earlier.collect::<Vec<_>>(), "{text}");
    }
}

/// Each room has a message with the word, sent in the order of their numbers, and the first one a later message.
pub async fn a_search_finds_what_is_in_any_of_many_rooms(store: impl AnyStore) {
    const ROOMS: u32 = 150;
    let [alice] = users(&store).await;
    let mut rooms = vec![];
    for n in 1..=ROOMS {
        let room = fixtures::open(&store, private(n, &alice)).await;
        say(&store, n, room.id, alice.id, &format!("word number{n}")).await;
        rooms.push(room.id);
    }
    say(&store, ROOMS + 1, rooms[0], alice.id, "nothing of it").await;
    for n in [1, ROOMS / 2, ROOMS] {
        assert_eq!(found(&store, alice.id, query(&format!("word number{n}"))).await, [u128::from(n)]);
    }
    let all: Vec<u128> = (1..=u128::from(ROOMS)).rev().collect();
    let mut walked: Vec<Message> = vec![];
    while walked.len() < all.len() {
        let before = walked.last().map(|last| TimelinePosition::Message(last.created_at, last.id));
        let page = CandidateQuery { before, limit: 40, ..query("word") };
        let page = store.candidates(alice.id, page).await.unwrap();
        assert!(!page.is_empty());
        walked.extend(page);
    }
    assert_eq!(numbers(&walked), all);
}
