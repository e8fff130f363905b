//! Laws of replies and threads.

use domain::account::UserRef;
use domain::event::ChangeKind;
use domain::message::{
    Anchor, Appended, Extras, HistoryQuery, Message, NewMessage, Position, Quote, Replies, SentExtras,
    Threads,
};
use domain::metadata::{Json, Metadata, SentMetadata};
use domain::room::{Revision, Seq};
use domain::{Error, MessageId, Refusal, RoomId, SortOrder, Timestamp};
use futures_util::future::join;

use super::append::refusal;
use crate::store::AnyStore;
use crate::store::fixtures::{
    self, at, content, delete, edit, message, new_message, private, send, users, window, with_key,
};

/// Creates a room of alice, and a message in it.
pub(super) async fn room_with_message(store: &impl AnyStore) -> (UserRef, RoomId, Message) {
    let [alice] = users(store).await;
    let room = fixtures::open(store, private(1, &alice)).await.id;
    let first = send(store, new_message(1, room, alice.id, "first")).await;
    (alice, room, first)
}

fn replying(new: NewMessage, to: &Message) -> NewMessage {
    NewMessage { extras: SentExtras { reply_to: Some(to.id), ..new.extras }, ..new }
}

fn in_thread(new: NewMessage, root: &Message) -> NewMessage {
    NewMessage { extras: SentExtras { thread: Some(root.id), ..new.extras }, ..new }
}

pub(super) fn object(key: &str, number: &str) -> SentMetadata {
    let members = vec![(key.to_owned(), Json::Number(number.to_owned())), ("b".to_owned(), Json::Null)];
    SentMetadata::check(&Json::Object(members)).unwrap()
}

pub(super) fn with_metadata(new: NewMessage, metadata: SentMetadata) -> NewMessage {
    NewMessage { extras: SentExtras { metadata, ..new.extras }, ..new }
}

/// Sends a message that was sent before; returns it as it is now.
async fn repeat(store: &impl AnyStore, new: NewMessage) -> Message {
    match store.append(new).await {
        Ok(Appended::Replayed(message)) => message,
        other => panic!("not a retry: {other:?}"),
    }
}

fn quote(of: &Message, text: Option<&str>, deleted_at: Option<Timestamp>) -> Quote {
    let sender = of.sender.clone();
    Quote { id: of.id, seq: of.seq, sender, content: text.map(content), deleted_at }
}

/// Returns the message as every reader returns it, which is the same.
pub(super) async fn everywhere(store: &impl AnyStore, of: &Message) -> Message {
    let found = message(store, of.room, of.id).await.unwrap();
    let in_windows =
        |messages: Vec<Message>| messages.into_iter().find(|message| message.id == of.id).unwrap();
    let read = store.window(of.room, window(Anchor::Newest, 100)).await.unwrap();
    assert_eq!(in_windows(read.messages), found);
    let newest = store.newest(of.room, 100, None).await.unwrap().unwrap();
    assert_eq!(in_windows(newest.window.messages), found);
    let changes = store.changes(of.room, Revision(0), Revision(0), 100).await.unwrap().unwrap();
    let changed = changes.items.into_iter().filter_map(|change| match change.kind {
        ChangeKind::Sent(message) | ChangeKind::Edited(message) | ChangeKind::Deleted(message) => {
            Some(message)
        }
        _ => None,
    });
    assert_eq!(in_windows(changed.collect()), found);
    let mut work = store.begin().await.unwrap();
    assert_eq!(work.message(of.room, of.id).await.unwrap().as_ref(), Some(&found));
    found
}

/// As it is at the reading, not at the sending; nothing of a tombstone but its place and sender.
pub async fn a_reply_quotes_the_message_as_it_is_now(store: impl AnyStore) {
    let (alice, room, first) = room_with_message(&store).await;
    let key = |n| with_key(replying(new_message(n, room, alice.id, "a reply"), &first), "key");
    let sent = send(&store, key(2)).await;
    let assert_quote = async |wanted: Quote| {
        let found = everywhere(&store, &sent).await;
        assert_eq!(found.extras().reply_to, Some(wanted.clone()));
        assert_eq!(repeat(&store, key(3)).await.extras().reply_to, Some(wanted), "of a retry");
    };
    assert_eq!(sent.extras().reply_to, Some(quote(&first, Some("first"), None)));
    assert_quote(quote(&first, Some("first"), None)).await;
    edit(&store, &first, "edited", alice.id, at(9_000)).await;
    assert_quote(quote(&first, Some("edited"), None)).await;
    delete(&store, &first, alice.id, at(9_001)).await;
    assert_quote(quote(&first, None, Some(at(9_001)))).await;
}

/// By their number and the time of the latest; without a living one there is none.
pub async fn a_message_shows_the_living_replies_in_its_thread(store: impl AnyStore) {
    let (alice, room, first) = room_with_message(&store).await;
    assert_eq!(everywhere(&store, &first).await.extras().replies, None);
    let mut replies = vec![];
    for n in 2..=4 {
        replies.push(send(&store, in_thread(new_message(n, room, alice.id, "a reply"), &first)).await);
    }
    let assert_replies = async |wanted: &[&Message]| {
        let count = u32::try_from(wanted.len()).unwrap();
        let wanted = wanted.last().map(|last| Replies { count, last_at: last.created_at });
        assert_eq!(everywhere(&store, &first).await.extras().replies, wanted);
    };
    assert_replies(&[&replies[0], &replies[1], &replies[2]]).await;
    delete(&store, &replies[2], alice.id, at(9_000)).await;
    assert_replies(&[&replies[0], &replies[1]]).await;
    delete(&store, &replies[0], alice.id, at(9_001)).await;
    assert_replies(&[&replies[1]]).await;
    delete(&store, &replies[1], alice.id, at(9_002)).await;
    assert_replies(&[]).await;
    let again = send(&store, in_thread(new_message(5, room, alice.id, "again"), &first)).await;
    assert_replies(&[&again]).await;

    // Replies outlive it, in their thread.
    delete(&store, &first, alice.id, at(9_003)).await;
    assert_replies(&[]).await;
    assert_eq!(everywhere(&store, &again).await.extras().thread, Some(first.id));
}

/// Neither those sent with it nor those that came later.
pub async fn a_tombstone_shows_nothing_beside_its_content(store: impl AnyStore) {
    let (alice, room, first) = room_with_message(&store).await;
    let new = replying(new_message(2, room, alice.id, "a reply"), &first);
    let sent = send(&store, with_metadata(in_thread(new, &first), object("a", "1"))).await;
    let extras = Extras {
        reply_to: Some(quote(&first, Some("first"), None)),
        thread: Some(first.id),
        metadata: Metadata::stored(Some(r#"{"a":1,"b":null}"#.to_owned())),
        ..Extras::NONE
    };
    assert_eq!(everywhere(&store, &sent).await.extras(), &extras);
    for deleted in [&sent, &first] {
        delete(&store, deleted, alice.id, at(9_000)).await;
        assert_eq!(everywhere(&store, deleted).await.extras, None);
    }
}

/// Absent, of another room, or deleted: it can be neither replied to nor begin a thread. One in a thread begins none.
pub async fn only_living_messages_of_the_room_are_replied_to(store: impl AnyStore) {
    let (alice, room, first) = room_with_message(&store).await;
    let other = fixtures::open(&store, private(2, &alice)).await.id;
    let elsewhere = send(&store, new_message(2, other, alice.id, "elsewhere")).await;
    let gone = send(&store, new_message(3, room, alice.id, "gone")).await;
    delete(&store, &gone, alice.id, at(9_000)).await;
    let unknown = Message { id: fixtures::message_id(99), ..first.clone() };
    for named in [&elsewhere, &gone, &unknown] {
        for new in [replying, in_thread].map(|name| name(new_message(4, room, alice.id, "a reply"), named)) {
            assert_eq!(refusal(&store, new).await, Refusal::MessageNotFound);
        }
    }
    let reply = send(&store, in_thread(new_message(5, room, alice.id, "a reply"), &first)).await;
    let nested = in_thread(new_message(6, room, alice.id, "nested"), &reply);
    assert_eq!(refusal(&store, nested).await, Refusal::InThread);
    let quoting = replying(new_message(7, room, alice.id, "quoting"), &reply);
    assert_eq!(send(&store, in_thread(quoting, &first)).await.seq, Seq(4), "refused messages take no place");
}

/// The messages that it names may be gone by then; under the same key another send is a conflict.
pub async fn a_retry_is_recognised_by_all_that_was_sent(store: impl AnyStore) {
    let (alice, room, first) = room_with_message(&store).await;
    let plain = |n| with_key(new_message(n, room, alice.id, "words"), "key");
    let metadata = |number| object("a", number);
    let full = |n| with_metadata(in_thread(replying(plain(n), &first), &first), metadata("1"));
    let sent = send(&store, full(2)).await;
    delete(&store, &first, alice.id, at(9_000)).await;
    let same = with_metadata(full(3), metadata("1.0"));
    assert_eq!(repeat(&store, same).await.id, sent.id);
    for other in [
        plain(4),
        in_thread(with_metadata(plain(4), metadata("1")), &first),
        replying(with_metadata(plain(4), metadata("1")), &first),
        with_metadata(full(4), metadata("2")),
        with_metadata(full(4), SentMetadata::default()),
    ] {
        assert_eq!(refusal(&store, other).await, Refusal::IdempotencyConflict);
    }
}

/// The reply came first, or found no message.
pub async fn a_reply_and_the_deletion_of_its_message_exclude_each_other(store: impl AnyStore) {
    let (alice, room, _) = room_with_message(&store).await;
    for n in 0..20 {
        let target = send(&store, new_message(100 + n, room, alice.id, "quoted")).await;
        let reply = in_thread(replying(new_message(200 + n, room, alice.id, "a reply"), &target), &target);
        let (replied, deleted) =
            join(store.append(reply), delete(&store, &target, alice.id, at(9_000))).await;
        match replied {
            Ok(Appended::New(reply)) => assert!(reply.revision < deleted, "{reply:?}"),
            Err(Error::Refused(refused)) => assert_eq!(refused, Refusal::MessageNotFound),
            other => panic!("{other:?}"),
        }
    }
}

/// Sends ten messages after the first: every other one is a reply in its thread, of which the third is deleted, as is the third
/// of the others. Returns the living replies, and the messages outside the thread.
async fn room_with_thread(store: &impl AnyStore) -> (RoomId, MessageId, Vec<Seq>, Vec<Seq>) {
    let (alice, room, first) = room_with_message(store).await;
    let (mut replies, mut others) = (vec![], vec![first.seq]);
    for n in 2..=11 {
        let new = new_message(n, room, alice.id, "a message");
        let sent = send(store, if n % 2 == 0 { in_thread(new, &first) } else { new }).await;
        if n == 6 || n == 7 {
            delete(store, &sent, alice.id, at(9_000)).await;
        }
        match n {
            6 => {}
            _ if n % 2 == 0 => replies.push(sent.seq),
            _ => others.push(sent.seq),
        }
    }
    (room, first.id, replies, others)
}

/// Walks through a history in windows of two, from its end or its beginning.
async fn walk(store: &impl AnyStore, room: RoomId, threads: Threads, order: SortOrder) -> Vec<Seq> {
    let mut walked = vec![];
    let mut anchor = match order {
        SortOrder::Descending => Anchor::Newest,
        SortOrder::Ascending => Anchor::After(Position::Seq(Seq(0))),
    };
    loop {
        let query = HistoryQuery { threads, ..window(anchor, 2) };
        let read = store.window(room, query).await.unwrap();
        let mut seqs: Vec<Seq> = read.messages.iter().map(|message| message.seq).collect();
        if order == SortOrder::Descending {
            seqs.reverse();
        }
        walked.extend(&seqs);
        let Some(last) = seqs.last().filter(|_| read.has_more) else { return walked };
        anchor = match order {
            SortOrder::Descending => Anchor::Before(Position::Seq(*last)),
            SortOrder::Ascending => Anchor::After(Position::Seq(*last)),
        };
    }
}

/// A thread has its living replies; outside are all others with their tombstones.
pub async fn windows_of_a_thread_and_outside_threads_have_those_messages_only(store: impl AnyStore) {
    let (room, root, replies, others) = room_with_thread(&store).await;
    for (threads, wanted) in [(Threads::Of(root), replies), (Threads::Outside, others)] {
        let ascending = walk(&store, room, threads, SortOrder::Ascending).await;
        assert_eq!(ascending, wanted, "{threads:?}");
        let mut descending = walk(&store, room, threads, SortOrder::Descending).await;
        descending.reverse();
        assert_eq!(descending, wanted, "{threads:?}");
    }
    let empty = Threads::Of(fixtures::message_id(3));
    assert!(walk(&store, room, empty, SortOrder::Ascending).await.is_empty());
    // A thread is of one room.
    let [_, bob] = store_pair(&store).await;
    let elsewhere = fixtures::open(&store, private(9, &bob)).await.id;
    assert!(walk(&store, elsewhere, Threads::Of(root), SortOrder::Ascending).await.is_empty());
}

/// Stores another user beside the first one.
async fn store_pair(store: &impl AnyStore) -> [UserRef; 2] {
    let [one, two] = [1, 2].map(fixtures::user);
    fixtures::store_user(store, two.clone()).await.unwrap();
    [one.as_ref(), two.as_ref()]
}
