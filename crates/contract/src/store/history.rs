//! Laws of windows of a room's history.

mod model;

pub use model::a_random_history_equals_its_model;

use domain::account::UserRef;
use domain::membership::Role;
use domain::message::{
    Anchor, AnnotationAct, AttachmentKind, Body, HistoryQuery, Message, MessageKind, NewMessage, Position,
    SentExtras, Window,
};
use domain::metadata::{Json, SentMetadata};
use domain::room::{Room, Seq};
use domain::{RoomId, SortOrder, Timestamp};
use futures_util::future::{join, join_all};

use crate::store::AnyStore;
use crate::store::fixtures::{
    self, annotate, at, delete, edit, join as join_room, message, new_message, private, react, send,
    stored_image, users, window, with_key,
};

/// Creates a room of two members who send `count` messages in turn, every fifth of them a tombstone; oldest first.
pub(crate) async fn populated(store: &impl AnyStore, count: u32) -> (UserRef, Room, Vec<Message>) {
    let [alice, bob] = users(store).await;
    let room = fixtures::open(store, private(1, &alice)).await;
    join_room(store, room.id, bob.id, Role::Member, at(2)).await;
    for n in 1..=count {
        let sender = if n % 2 == 0 { &bob } else { &alice };
        let sent = send(store, new_message(n, room.id, sender.id, &format!("message {n}"))).await;
        if n % 5 == 0 {
            delete(store, &sent, alice.id, at(n.into())).await;
        }
    }
    let mut all = vec![];
    for n in 1..=count {
        all.extend(message(store, room.id, fixtures::message_id(n)).await);
    }
    (alice, room, all)
}

/// The position of a message at which the next window begins.
type Cursor = fn(&Message) -> Position;
const CURSORS: [Cursor; 2] =
    [|message| Position::Seq(message.seq), |message| Position::Time(message.created_at)];

/// Reads backwards from the newest message; returns the whole history, oldest first.
async fn read_back(store: &impl AnyStore, room: RoomId, query: HistoryQuery, cursor: Cursor) -> Vec<Message> {
    let mut all: Vec<Message> = vec![];
    let mut query = query;
    loop {
        let mut read = store.window(room, query).await.unwrap();
        let full = read.messages.len() == usize::try_from(query.limit).unwrap();
        assert!(full || !read.has_more, "a window that is not full has no more: {query:?}");
        if let Some(oldest) = read.messages.first() {
            assert!(all.first().is_none_or(|before| oldest.seq < before.seq), "{query:?} leads nowhere");
            query.anchor = Anchor::Before(cursor(oldest));
        }
        read.messages.append(&mut all);
        all = read.messages;
        if !read.has_more {
            return all;
        }
    }
}

/// Reads forwards from the query's anchor.
async fn read_on(store: &impl AnyStore, room: RoomId, query: HistoryQuery, cursor: Cursor) -> Vec<Message> {
    let mut all: Vec<Message> = vec![];
    let mut query = query;
    loop {
        let read = store.window(room, query).await.unwrap();
        let full = read.messages.len() == usize::try_from(query.limit).unwrap();
        assert!(full || !read.has_more, "a window that is not full has no more: {query:?}");
        if let Some(newest) = read.messages.last() {
            assert!(all.last().is_none_or(|before| newest.seq > before.seq), "{query:?} leads nowhere");
            query.anchor = Anchor::After(cursor(newest));
        }
        all.extend(read.messages);
        if !read.has_more {
            return all;
        }
    }
}

const BEGINNING: Anchor = Anchor::After(Position::Seq(Seq(0)));

/// By seq and by time, for every limit, tombstones included; each window is oldest first, whatever its order.
pub async fn windows_concatenate_to_the_whole_history_in_both_directions(store: impl AnyStore) {
    let (_, room, all) = populated(&store, 24).await;
    assert_eq!(all.len(), 24);
    for limit in [1, 5, 6, 23, 24, 25, 100] {
        for cursor in CURSORS {
            for order in [SortOrder::Ascending, SortOrder::Descending] {
                let newest = HistoryQuery { order, ..window(Anchor::Newest, limit) };
                assert_eq!(read_back(&store, room.id, newest, cursor).await, all, "back by {limit}");
                let oldest = HistoryQuery { order, ..window(BEGINNING, limit) };
                assert_eq!(read_on(&store, room.id, oldest, cursor).await, all, "on by {limit}");
            }
        }
    }
    let nothing = Window { messages: vec![], has_more: false };
    for anchor in [Anchor::Before(Position::Seq(Seq(1))), Anchor::After(Position::Seq(Seq(24)))] {
        assert_eq!(store.window(room.id, window(anchor, 10)).await.unwrap(), nothing);
    }
    assert_eq!(
        store.window(private(2, &all[0].sender).id, window(Anchor::Newest, 10)).await.unwrap(),
        nothing
    );
}

/// Neither appends nor deletions move the position of a cursor.
pub async fn windows_lose_and_double_nothing_while_others_write(store: impl AnyStore) {
    let (alice, room, all) = populated(&store, 40).await;
    let writing = tokio::spawn({
        let (store, all) = (store.clone(), all.clone());
        async move {
            for (n, old) in (1_000..).zip(all.iter().filter(|message| message.deleted_at().is_none())) {
                let send = send(&store, new_message(n, room.id, alice.id, "meanwhile"));
                join(send, delete(&store, old, alice.id, at(n.into()))).await;
            }
        }
    });
    let mut rounds = 0;
    while !writing.is_finished() || rounds < 2 {
        for cursor in CURSORS {
            for read in [
                read_back(&store, room.id, window(Anchor::Newest, 3), cursor).await,
                read_on(&store, room.id, window(BEGINNING, 3), cursor).await,
            ] {
                let seqs: Vec<i64> = read.iter().map(|message| message.seq.0).collect();
                assert!(seqs.len() >= all.len());
                assert_eq!(seqs, (1..=i64::try_from(seqs.len()).unwrap()).collect::<Vec<_>>());
            }
        }
        rounds += 1;
    }
    writing.await.unwrap();
}

/// The windows of other rooms that are read with them change nothing.
pub async fn windows_that_are_read_at_the_same_time_are_of_their_rooms(store: impl AnyStore) {
    let (alice, first, _) = populated(&store, 9).await;
    let mut rooms = vec![first.id];
    for n in 2..=4 {
        let room = fixtures::open(&store, private(n, &alice)).await.id;
        for message in 1..=n {
            send(&store, new_message(100 * n + message, room, alice.id, &format!("room {n}"))).await;
        }
        rooms.push(room);
    }
    let position = |seq| Position::Seq(Seq(seq));
    let anchors = [
        BEGINNING,
        Anchor::After(position(2)),
        Anchor::Before(position(3)),
        Anchor::Before(position(i64::MAX)),
        Anchor::Before(position(1)),
        Anchor::Newest,
    ];
    let asked: Vec<_> = rooms
        .iter()
        .flat_map(|&room| anchors.map(|anchor| [1, 2, 50].map(|limit| (room, window(anchor, limit)))))
        .flatten()
        .collect();
    let together = join_all(asked.iter().map(|&(room, query)| store.window(room, query))).await;
    for ((room, query), found) in asked.into_iter().zip(together) {
        assert_eq!(found.unwrap(), store.window(room, query).await.unwrap(), "{query:?}");
    }
    let all = store.window(rooms[3], window(BEGINNING, 50)).await.unwrap().messages;
    assert!(all.len() == 4 && all.iter().all(|message| message.room == rooms[3]));
}

/// A tombstone has no kind, but keeps its sender.
pub async fn windows_of_one_kind_or_sender_contain_those_only(store: impl AnyStore) {
    let (alice, room, mut all) = populated(&store, 20).await;
    for (n, kind) in [(21, AttachmentKind::Image), (22, AttachmentKind::File), (23, AttachmentKind::Image)] {
        let file = fixtures::stored_image(&store, n, &alice).await.id;
        let body = Body::Attachment { kind, file, caption: None };
        all.push(send(&store, NewMessage { body, ..new_message(n, room.id, alice.id, "a file") }).await);
    }
    for kind in [None, Some(MessageKind::Text), Some(MessageKind::Image), Some(MessageKind::File)] {
        for sender in [None, Some(alice.id), Some(fixtures::user(2).id), Some(fixtures::user(3).id)] {
            let wanted: Vec<Message> =
                all.iter().filter(|message| fits(message, kind, sender)).cloned().collect();
            let newest = HistoryQuery { kind, sender, ..window(Anchor::Newest, 3) };
            let oldest = HistoryQuery { anchor: BEGINNING, ..newest };
            assert_eq!(read_back(&store, room.id, newest, CURSORS[0]).await, wanted, "{newest:?}");
            assert_eq!(read_on(&store, room.id, oldest, CURSORS[0]).await, wanted, "{oldest:?}");
        }
    }
}

fn fits(message: &Message, kind: Option<MessageKind>, sender: Option<domain::UserId>) -> bool {
    kind.is_none_or(|kind| message.body().is_some_and(|body| body.kind() == kind))
        && sender.is_none_or(|sender| message.sender.id == sender)
}

/// To the microsecond, in both directions.
pub async fn a_window_at_a_moment_excludes_that_moment(store: impl AnyStore) {
    let (_, room, all) = populated(&store, 3).await;
    let moved = |by: i64| Timestamp::from_unix_micros(all[1].created_at.unix_micros() + by).unwrap();
    for (anchor, wanted) in [
        (Anchor::Before(Position::Time(moved(0))), &all[..1]),
        (Anchor::Before(Position::Time(moved(1))), &all[..2]),
        (Anchor::After(Position::Time(moved(0))), &all[2..]),
        (Anchor::After(Position::Time(moved(-1))), &all[1..]),
    ] {
        assert_eq!(store.window(room.id, window(anchor, 10)).await.unwrap().messages, wanted, "{anchor:?}");
    }
}

/// Each message differs from a plain text in one thing, so that none is shown for the sake of another.
pub async fn a_window_shows_all_that_a_message_shows(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await.id;
    join_room(&store, room, bob.id, Role::Member, at(2)).await;
    let image = stored_image(&store, 1, &alice).await;
    let picture = Body::Attachment { kind: AttachmentKind::Image, file: image.id, caption: None };
    let text = |n| new_message(n, room, alice.id, "a text");
    let mut sent = vec![];
    for n in 1..=6 {
        sent.push(send(&store, text(n)).await);
    }
    edit(&store, &sent[2], "another text", alice.id, at(20)).await;
    delete(&store, &sent[3], alice.id, at(21)).await;
    react(&store, &sent[4], bob.id, "\u{2764}\u{fe0f}").await;
    annotate(&store, &sent[5], alice.id, AnnotationAct::Pin).await;
    let none = SentExtras::default();
    let replying = SentExtras { reply_to: Some(sent[0].id), ..none.clone() };
    let in_thread = SentExtras { thread: Some(sent[1].id), ..none.clone() };
    let members = vec![("a".to_owned(), Json::Null)];
    let described = SentExtras { metadata: SentMetadata::check(&Json::Object(members)).unwrap(), ..none };
    for new in [
        NewMessage { extras: replying, ..text(7) },
        NewMessage { extras: in_thread, ..text(8) },
        NewMessage { extras: described, ..text(9) },
        NewMessage { body: picture, ..text(10) },
        new_message(11, room, alice.id, "to @User-2"),
        new_message(12, room, alice.id, "to @room"),
        with_key(text(13), "key"),
    ] {
        send(&store, new).await;
    }
    let mut all = vec![];
    for n in 1..=13 {
        all.extend(message(&store, room, fixtures::message_id(n)).await);
    }
    assert_eq!(all.len(), 13);
    for anchor in [Anchor::Newest, Anchor::Before(Position::Seq(Seq(100))), BEGINNING] {
        assert_eq!(store.window(room, window(anchor, 20)).await.unwrap().messages, all, "{anchor:?}");
    }
    assert_eq!(store.newest(room, 20, None).await.unwrap().unwrap().window.messages, all);
}
