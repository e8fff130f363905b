//! A store with values in every column of every table, for tests that copy or migrate whole stores.

use domain::admin::LinkHash;
use domain::audit::{AuditDetail, AuditEntry, AuditKind};
use domain::file::Reservation;
use domain::membership::Role;
use domain::message::{Anchor, AnnotationAct, AttachmentKind, Body, Message, NewMessage, SentExtras};
use domain::metadata::{Json, Metadata, SentMetadata};
use domain::room::{Access, PrivateKind};
use domain::{RoomId, UserId};
use futures_util::future::join_all;

use crate::store::AnyStore;
use crate::store::audit::{entry, record};
use crate::store::directs;
use crate::store::fixtures::{
    self, annotate, at, content, delete, delete_room, described, edit, file_id, invite, join, leave,
    new_message, open, private, public, react, send, session_of, show, store_file, store_ticket,
    stored_image, ticket, users, window, with_key,
};
use crate::store::idempotency::{answer, keep};

/// The room with the most data, its admin, and the number of its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filled {
    /// The room.
    pub room: RoomId,
    /// Its admin.
    pub admin: UserId,
    /// The number of its messages, tombstones included.
    pub messages: u32,
}

/// Fills an empty store with every kind of data, and `more` messages.
pub async fn fill(store: &impl AnyStore, messages: u32) -> Filled {
    let [alice, bob, carol, dave] = users(store).await;
    let mut here = described(public(1, &alice), "Caf\u{e9} \u{1f980}", "It's \"here\"; --\ttab");
    here.metadata = Metadata::stored(Some(r#"{"a":[1.0]}"#.to_owned()));
    let here = open(store, here).await;
    let group = open(store, private(2, &bob)).await;
    let mut pair = private(3, &carol);
    pair.access = Access::Private(PrivateKind::Group);
    open(store, pair).await;
    directs::open(store, 5, &[alice.clone(), bob.clone()]).await.unwrap();
    let gone = open(store, public(4, &dave)).await;
    let hidden = open(store, public(6, &dave)).await;
    show(store, hidden.id, false).await;
    for user in [&bob, &carol] {
        join(store, here.id, user.id, Role::Member, at(10)).await;
    }
    invite(store, group.id, carol.id, bob.id, at(11)).await;

    let image = stored_image(store, 1, &alice).await;
    store_file(store, fixtures::file(2, &bob)).await;
    let kept = send(store, with_key(new_message(1, here.id, alice.id, "kept"), "key 1")).await;
    let changed = send(store, new_message(2, here.id, alice.id, "two lines\nof words \u{10ffff}")).await;
    edit(store, &changed, "other words", alice.id, at(20)).await;
    edit(store, &changed, "the last words", alice.id, at(21)).await;
    let body = Body::Attachment {
        kind: AttachmentKind::Image,
        file: image.id,
        caption: Some(content("seen from here, @User-2 @room")),
    };
    let metadata = Json::Object(vec![("n".to_owned(), Json::Number("1.0".to_owned()))]);
    let metadata = SentMetadata::check(&metadata).unwrap();
    let extras = SentExtras { reply_to: Some(kept.id), thread: Some(kept.id), metadata };
    send(store, NewMessage { body, extras, ..new_message(3, here.id, alice.id, "no words") }).await;
    react(store, &kept, bob.id, "\u{2764}\u{fe0f}").await;
    annotate(store, &kept, alice.id, AnnotationAct::Pin).await;
    let lost = send(store, with_key(new_message(4, here.id, bob.id, "lost"), "key 1")).await;
    delete(store, &lost, alice.id, at(22)).await;
    send(store, new_message(5, gone.id, dave.id, "nobody reads this")).await;
    let more: Vec<_> =
        (0..messages).map(|n| new_message(100 + n, here.id, bob.id, &format!("message {n}"))).collect();
    // As many at once as share a commit.
    for news in more.chunks(250) {
        join_all(news.iter().map(|new| send(store, new.clone()))).await;
    }

    let deletion = AuditEntry {
        detail: Some(AuditDetail::ByServerAdmin),
        room: Some(here.id),
        actor: Some(alice.id),
        target: Some(bob.id),
        message: Some(lost.id),
        address: Some(std::net::IpAddr::from([203, 0, 113, 7])),
        ..entry(1, AuditKind::MessageDeleted)
    };
    record(store, [deletion, entry(2, AuditKind::LoginFailed)]).await;
    leave(store, here.id, carol.id).await;
    delete_room(store, gone.id, at(30)).await;
    let mut work = store.begin().await.unwrap();
    work.set_server_admin(alice.id, true).await.unwrap();
    work.set_disabled(dave.id, Some(at(40))).await.unwrap();
    work.offer_admin_link(LinkHash::of("secret"), at(60)).await.unwrap();
    let reservation = Reservation { file: file_id(3), user: alice.id, bytes: 5, expires_at: at(50) };
    work.reserve(reservation).await.unwrap();
    work.quarantine(vec![file_id(4)], at(40)).await.unwrap();
    work.count_change().await.unwrap();
    work.end_session(session_of(dave.id), at(40)).await.unwrap();
    work.commit().await.unwrap();
    for n in 1..=2 {
        store_ticket(store, ticket(n, session_of(alice.id), 60)).await;
    }
    assert!(keep(store, answer(1, 1, 10), 0).await);
    Filled { room: here.id, admin: alice.id, messages: 4 + messages }
}

/// Returns all messages of a room of at most a hundred, oldest first.
pub async fn history(store: &impl AnyStore, room: RoomId) -> Vec<Message> {
    let read = store.window(room, window(Anchor::Newest, 100)).await.unwrap();
    assert!(!read.has_more);
    read.messages
}
