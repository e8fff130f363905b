//! Laws of appending messages.

use domain::account::UserRef;
use domain::membership::Role;
use domain::message::{Appended, Body, Message, NewMessage};
use domain::room::{Revision, Room, Seq};
use domain::{Error, Refusal, RoomId, SessionId, UserId};
use futures_util::future::{join, join_all};

use crate::store::AnyStore;
use crate::store::fixtures::{
    self, at, content, delete, delete_room, edit, invite, join as join_room, last_moment, leave, message,
    new_message, private, public, room, send, session_of, users, with_key,
};

pub(super) async fn refusal(store: &impl AnyStore, new: NewMessage) -> Refusal {
    match store.append(new).await {
        Err(Error::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// Creates two users, and a private room of both.
async fn a_room_of_two(store: &impl AnyStore) -> ([UserRef; 2], Room) {
    let pair = users(store).await;
    let room = fixtures::open(store, private(1, &pair[0])).await;
    join_room(store, room.id, pair[1].id, Role::Member, at(2)).await;
    (pair, room)
}

/// Even where every message has an earlier time than the one before.
pub async fn concurrent_appends_make_one_gapless_order_with_rising_times(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let here = fixtures::open(&store, private(1, &alice)).await;
    let news = (1..=20)
        .map(|n| NewMessage { at: at(-1_000 * i64::from(n)), ..new_message(n, here.id, alice.id, "hello") });
    let appended = join_all(news.map(|new| send(&store, new))).await;
    let mut messages: Vec<Message> = appended;
    messages.sort_by_key(|message| message.seq);
    let seqs: Vec<Seq> = messages.iter().map(|message| message.seq).collect();
    assert_eq!(seqs, (1..=20).map(Seq).collect::<Vec<_>>());
    let revisions: Vec<Revision> = messages.iter().map(|message| message.revision).collect();
    assert_eq!(revisions, (2..=21).map(Revision).collect::<Vec<_>>());
    for pair in messages.windows(2) {
        assert!(pair[0].created_at < pair[1].created_at, "{pair:?}");
    }
    for sent in &messages {
        assert_eq!(message(&store, here.id, sent.id).await.as_ref(), Some(sent));
    }
    let log = room(&store, here.id, &alice).await.unwrap().room.log;
    assert_eq!((log.last_seq, log.revision), (Seq(20), Revision(21)));
    assert_eq!(log.last_message_at, messages.last().map(|message| message.created_at));
}

/// Ended, lapsed, of another user, or unknown: the append is refused for that reason, whatever the room.
pub async fn a_session_that_has_ended_appends_nothing(store: impl AnyStore) {
    let ([alice, bob], here) = a_room_of_two(&store).await;
    let hers = new_message(1, here.id, alice.id, "hello");
    let in_his_name = NewMessage { session: session_of(bob.id), ..hers.clone() };
    assert_eq!(refusal(&store, in_his_name.clone()).await, Refusal::Unauthenticated);
    let mut work = store.begin().await.unwrap();
    work.end_session(session_of(bob.id), at(5)).await.unwrap();
    work.commit().await.unwrap();
    let news = [
        new_message(2, here.id, bob.id, "ended"),
        in_his_name,
        NewMessage { session: SessionId(bob.id.0), ..hers.clone() },
        NewMessage { at: last_moment(), ..hers.clone() },
        NewMessage { room: RoomId(bob.id.0), ..new_message(3, here.id, bob.id, "nowhere") },
    ];
    for new in news {
        assert_eq!(refusal(&store, new).await, Refusal::Unauthenticated);
    }
    assert_eq!(send(&store, hers).await.seq, Seq(1));
}

/// No revision is used twice, and none is skipped.
pub async fn appends_and_edits_at_once_share_one_gapless_revision(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let here = fixtures::open(&store, private(1, &alice)).await;
    let first = send(&store, new_message(100, here.id, alice.id, "first")).await;
    let sends = join_all((1..=10).map(|n| send(&store, new_message(n, here.id, alice.id, "hello"))));
    let edits = join_all((1..=5).map(|n| edit(&store, &first, "changed", alice.id, at(n))));
    let (sent, mut revisions) = join(sends, edits).await;
    revisions.extend(sent.iter().map(|message| message.revision));
    revisions.sort_unstable();
    assert_eq!(revisions, (3..=17).map(Revision).collect::<Vec<_>>());
    assert_eq!(room(&store, here.id, &alice).await.unwrap().room.log.revision, Revision(17));
}

/// The second append returns the first message, and takes no seq.
pub async fn same_key_twice_is_one_message(store: impl AnyStore) {
    let ([alice, _], here) = a_room_of_two(&store).await;
    let first = send(&store, with_key(new_message(1, here.id, alice.id, "hello"), "key")).await;
    let again = store.append(with_key(new_message(2, here.id, alice.id, "hello"), "key")).await.unwrap();
    assert_eq!(again, Appended::Replayed(first));
    let next = send(&store, new_message(3, here.id, alice.id, "next")).await;
    assert_eq!(next.seq, Seq(2));
    assert_eq!(message(&store, here.id, fixtures::message_id(2)).await, None);
}

/// One is new; the others replay it.
pub async fn same_key_at_once_is_one_message(store: impl AnyStore) {
    let ([alice, _], here) = a_room_of_two(&store).await;
    let news = (1..=20).map(|n| with_key(new_message(n, here.id, alice.id, "hello"), "key"));
    let appended = join_all(news.map(|new| store.append(new))).await;
    let (mut new, mut replayed) = (vec![], vec![]);
    for appended in appended {
        match appended.unwrap() {
            Appended::New(message) => new.push(message),
            Appended::Replayed(message) => replayed.push(message),
        }
    }
    assert_eq!((new.len(), replayed.len()), (1, 19));
    assert!(replayed.iter().all(|message| *message == new[0]), "{replayed:?}");
    assert_eq!(room(&store, here.id, &alice).await.unwrap().room.log.last_seq, Seq(1));
}

/// Edited, or a tombstone: the key still names the first message.
pub async fn same_key_returns_the_message_as_it_is_now(store: impl AnyStore) {
    let ([alice, _], here) = a_room_of_two(&store).await;
    let new = with_key(new_message(1, here.id, alice.id, "hello"), "key");
    let sent = send(&store, new.clone()).await;
    edit(&store, &sent, "another text", alice.id, at(5)).await;
    let edited = message(&store, here.id, sent.id).await.unwrap();
    assert_eq!(edited.body(), Some(&Body::Text(content("another text"))));
    assert_eq!(store.append(new.clone()).await.unwrap(), Appended::Replayed(edited));
    delete(&store, &sent, alice.id, at(6)).await;
    let tombstone = message(&store, here.id, sent.id).await.unwrap();
    assert_eq!(tombstone.body(), None);
    assert_eq!(store.append(new).await.unwrap(), Appended::Replayed(tombstone));
}

/// Even after the message was edited.
pub async fn same_key_with_another_body_is_a_conflict(store: impl AnyStore) {
    let ([alice, _], here) = a_room_of_two(&store).await;
    let sent = send(&store, with_key(new_message(1, here.id, alice.id, "hello"), "key")).await;
    let other = with_key(new_message(2, here.id, alice.id, "bye"), "key");
    assert_eq!(refusal(&store, other.clone()).await, Refusal::IdempotencyConflict);
    edit(&store, &sent, "bye", alice.id, at(5)).await;
    assert_eq!(refusal(&store, other).await, Refusal::IdempotencyConflict);
    assert_eq!(room(&store, here.id, &alice).await.unwrap().room.log.last_seq, Seq(1));
}

/// Keys are case-sensitive.
pub async fn a_key_names_one_message_per_sender_and_room(store: impl AnyStore) {
    let ([alice, bob], here) = a_room_of_two(&store).await;
    let there = fixtures::open(&store, private(2, &alice)).await;
    for (n, room, sender, key) in [
        (1, here.id, &alice, "key"),
        (2, here.id, &bob, "key"),
        (3, there.id, &alice, "key"),
        (4, here.id, &alice, "Key"),
    ] {
        let sent = send(&store, with_key(new_message(n, room, sender.id, "hello"), key)).await;
        assert_eq!(sent.id, fixtures::message_id(n));
    }
}

/// They are refused like any stranger, even for a key of their own.
pub async fn a_removed_members_append_is_refused(store: impl AnyStore) {
    let ([alice, bob], here) = a_room_of_two(&store).await;
    let square = fixtures::open(&store, public(2, &alice)).await;
    join_room(&store, square.id, bob.id, Role::Member, at(3)).await;
    for (n, room, expected) in [(1, here.id, Refusal::RoomNotFound), (2, square.id, Refusal::NotAMember)] {
        let new = with_key(new_message(n, room, bob.id, "hello"), "key");
        send(&store, new.clone()).await;
        leave(&store, room, bob.id).await;
        assert_eq!(refusal(&store, new).await, expected);
        assert_eq!(refusal(&store, new_message(n + 10, room, bob.id, "hello")).await, expected);
    }
}

/// An invited user finds it, but is not a member.
pub async fn a_strangers_append_finds_no_private_room(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let here = fixtures::open(&store, private(1, &alice)).await;
    let new = new_message(1, here.id, bob.id, "hello");
    assert_eq!(refusal(&store, new.clone()).await, Refusal::RoomNotFound);
    invite(&store, here.id, bob.id, alice.id, at(2)).await;
    assert_eq!(refusal(&store, new).await, Refusal::NotAMember);
}

/// A deleted room does not exist.
pub async fn an_append_needs_a_room_and_a_sender_that_exist(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let square = fixtures::open(&store, public(1, &alice)).await;
    let unknown = UserId(uuid::Uuid::from_u128(99));
    assert_eq!(refusal(&store, new_message(1, square.id, unknown, "hello")).await, Refusal::Unauthenticated);
    let nowhere = private(2, &alice);
    assert_eq!(refusal(&store, new_message(1, nowhere.id, alice.id, "hello")).await, Refusal::RoomNotFound);
    delete_room(&store, square.id, at(5)).await;
    assert_eq!(refusal(&store, new_message(1, square.id, alice.id, "hello")).await, Refusal::RoomNotFound);
}

/// Even those that share its commit.
pub async fn a_refused_append_does_not_affect_the_others(store: impl AnyStore) {
    let ([alice, bob], here) = a_room_of_two(&store).await;
    let there = fixtures::open(&store, private(2, &bob)).await;
    send(&store, with_key(new_message(100, here.id, alice.id, "hello"), "key")).await;
    let news = (1..=30).map(|n| match n % 5 {
        0 => new_message(n, there.id, alice.id, "a stranger's"),
        1 => with_key(new_message(n, here.id, alice.id, "another body"), "key"),
        2 => new_message(n, private(3, &alice).id, alice.id, "nowhere"),
        _ => new_message(n, here.id, bob.id, "hello"),
    });
    let appended = join_all(news.map(|new| store.append(new))).await;
    let stored = appended.iter().filter(|appended| matches!(appended, Ok(Appended::New(_)))).count();
    let refused = appended.iter().filter(|appended| matches!(appended, Err(Error::Refused(_)))).count();
    assert_eq!((stored, refused), (12, 18), "{appended:?}");
    assert_eq!(room(&store, here.id, &alice).await.unwrap().room.log.last_seq, Seq(13));
    assert_eq!(room(&store, there.id, &bob).await.unwrap().room.log.last_seq, Seq(0));
}

/// Its message may be stored or not, but the order has no gap.
pub async fn a_caller_that_is_dropped_does_not_affect_the_others(store: impl AnyStore) {
    let ([alice, _], here) = a_room_of_two(&store).await;
    let tasks: Vec<_> = (1..=10)
        .map(|n| {
            let (store, new) = (store.clone(), new_message(n, here.id, alice.id, "hello"));
            tokio::spawn(async move { store.append(new).await })
        })
        .collect();
    for task in tasks.iter().step_by(3) {
        task.abort();
    }
    let mut answered = 0;
    for (n, task) in tasks.into_iter().enumerate() {
        match task.await {
            Ok(appended) => {
                appended.unwrap();
                answered += 1;
            }
            Err(error) => assert!(error.is_cancelled() && n % 3 == 0, "{error}"),
        }
    }
    let next = send(&store, new_message(50, here.id, alice.id, "next")).await;
    assert!((answered + 1..=11).contains(&next.seq.0), "{answered} {next:?}");
    let all = fixtures::window(domain::message::Anchor::Newest, 100);
    let seqs: Vec<i64> = store.window(here.id, all).await.unwrap().messages.iter().map(|m| m.seq.0).collect();
    assert_eq!(seqs, (1..=next.seq.0).collect::<Vec<_>>());
}
