//! Laws of single messages, and of their former contents.

use domain::account::{Email, User, UserRef};
use domain::audit::{AuditReader, FormerContent, MessageAudit};
use domain::membership::Role;
use domain::message::{
    Anchor, AttachmentKind, Body, Message, MessageKind, MessageState, NewMessage, Position,
};
use domain::room::{Revision, Room, RoomName, Seq};
use domain::{RoomId, Timestamp};

use crate::store::AnyStore;
use crate::store::fixtures::{
    self, at, content, delete, described, edit, join, last_moment, message, message_id, new_message, private,
    public, send, store_user, users, window, with_key,
};

fn body(kind: Option<AttachmentKind>, text: Option<&str>) -> Body {
    let file = fixtures::file_id(77);
    match kind {
        Some(kind) => Body::Attachment { kind, file, caption: text.map(content) },
        None => Body::Text(content(text.unwrap())),
    }
}

/// Creates a room of alice's with a message of every kind; each has a key of its own.
async fn one_of_every_kind(store: &impl AnyStore) -> (UserRef, Vec<Message>) {
    let [alice] = users(store).await;
    let room = fixtures::open(store, private(1, &alice)).await;
    fixtures::stored_image(store, 77, &alice).await;
    let (image, file) = (Some(AttachmentKind::Image), Some(AttachmentKind::File));
    let mut sent = vec![];
    for (n, (kind, text)) in (1..).zip([
        (None, Some("text")),
        (image, None),
        (image, Some("caption")),
        (file, None),
        (file, Some("read")),
    ]) {
        let new = with_key(new_message(n, room.id, alice.id, "key"), &format!("key {n}"));
        sent.push(send(store, NewMessage { body: body(kind, text), ..new }).await);
    }
    (alice, sent)
}

/// Every reader returns the same.
async fn assert_stored(store: &impl AnyStore, wanted: &[Message]) {
    for wanted in wanted {
        assert_eq!(message(store, wanted.room, wanted.id).await.as_ref(), Some(wanted));
        let audit = AuditReader::message(store, wanted.id).await.unwrap().unwrap();
        assert_eq!(audit.message, *wanted);
        let mut work = store.begin().await.unwrap();
        assert_eq!(work.message(wanted.room, wanted.id).await.unwrap().as_ref(), Some(wanted));
    }
    let read = store.window(wanted[0].room, window(Anchor::Newest, 100)).await.unwrap();
    assert_eq!(read.messages, wanted);
}

/// With its key and its seq.
pub async fn every_kind_of_message_comes_back_whole(store: impl AnyStore) {
    let (alice, sent) = one_of_every_kind(&store).await;
    let first = Message {
        id: message_id(1),
        room: private(1, &alice).id,
        seq: Seq(1),
        revision: Revision(2),
        sender: alice.clone(),
        client_key: Some(domain::message::ClientKey::parse("key 1").unwrap()),
        created_at: at(1_000),
        edited_at: None,
        state: MessageState::Live(body(None, Some("text"))),
        file: None,
        extras: None,
    };
    assert_eq!(sent[1].file.as_ref().map(|file| file.id), Some(fixtures::file_id(77)));
    assert_eq!(sent[0], first);
    assert_stored(&store, &sent).await;
}

/// At its seq, and it still shows its file.
pub async fn an_edited_message_has_the_new_content(store: impl AnyStore) {
    let (alice, mut sent) = one_of_every_kind(&store).await;
    for message in &mut sent {
        message.revision = edit(&store, message, "new text", alice.id, at(9_001)).await;
        message.edited_at = Some(at(9_001));
        let kind = match message.body() {
            Some(Body::Attachment { kind, .. }) => Some(*kind),
            _ => None,
        };
        message.state = MessageState::Live(body(kind, Some("new text")));
    }
    assert_stored(&store, &sent).await;
}

/// At its seq, and it keeps its kind.
pub async fn a_deleted_message_is_a_tombstone(store: impl AnyStore) {
    let (alice, mut sent) = one_of_every_kind(&store).await;
    sent[0].revision = edit(&store, &sent[0], "new text", alice.id, at(9_001)).await;
    sent[0].edited_at = Some(at(9_001));
    for message in &mut sent {
        message.revision = delete(&store, message, alice.id, at(9_002)).await;
        message.state = MessageState::Deleted { kind: message.kind(), at: at(9_002) };
        message.file = None;
    }
    assert_stored(&store, &sent).await;
    let kinds =
        [MessageKind::Text, MessageKind::Image, MessageKind::Image, MessageKind::File, MessageKind::File];
    assert_eq!(sent.iter().map(Message::kind).collect::<Vec<_>>(), kinds);
}

/// A message that does not exist is in no room.
pub async fn a_message_is_found_in_its_own_room_only(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let here = fixtures::open(&store, private(1, &alice)).await;
    let there = fixtures::open(&store, private(2, &alice)).await;
    let sent = send(&store, new_message(1, here.id, alice.id, "hello")).await;
    assert_eq!(message(&store, here.id, sent.id).await, Some(sent.clone()));
    for (room, id) in [(there.id, sent.id), (here.id, message_id(2))] {
        assert_eq!(message(&store, room, id).await, None);
        let mut work = store.begin().await.unwrap();
        assert_eq!(work.message(room, id).await.unwrap(), None);
    }
    assert_eq!(AuditReader::message(&store, message_id(2)).await.unwrap(), None);
}

/// An edit or a deletion that names another room changes neither.
pub async fn a_message_is_changed_in_its_own_room_only(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let here = fixtures::open(&store, private(1, &alice)).await;
    let there = fixtures::open(&store, private(2, &alice)).await;
    let sent = send(&store, new_message(1, here.id, alice.id, "hello")).await;
    let elsewhere = Message { room: there.id, ..sent.clone() };
    edit(&store, &elsewhere, "another text", alice.id, at(5)).await;
    delete(&store, &elsewhere, alice.id, at(6)).await;
    assert_stored(&store, std::slice::from_ref(&sent)).await;
    let untouched = MessageAudit { message: sent.clone(), former: vec![], deleted_by: None };
    assert_eq!(audit(&store, &sent).await, untouched);
    assert_eq!(message(&store, there.id, sent.id).await, None);
}

/// Scripts, marks, emoji, quotes, wildcards, white space; up to the greatest length.
pub async fn text_survives_as_it_was_written(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let mut texts = vec![
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{1f1e9}\u{1f1ea} \u{2764}\u{fe0f}".to_owned(),
        "n\u{303}\u{331} Z\u{351}\u{36b}\u{343} \u{1112}\u{1161}\u{11ab}".to_owned(),
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{202e}\u{645}\u{631}\u{62d}\u{628}\u{627} \u{feff}x\u{200b}y"
            .to_owned(),
        "'; DROP TABLE users; -- \"\" `` $1 ?1 :x {} \\".to_owned(),
        "100 % _ \\% \\_ \\\\ \\n \\u0000 %s".to_owned(),
        "one\n\ttwo\n\n\nthree \t four".to_owned(),
        "\u{10ffff}\u{fffd}\u{e000}\u{2028}\u{2029}x".to_owned(),
        "NULL".to_owned(),
    ];
    texts.push("\u{1f408}".repeat(1000));
    let room = fixtures::open(&store, private(1, &alice)).await;
    for (n, text) in (1..).zip(&texts) {
        let sent = send(&store, new_message(n, room.id, alice.id, text)).await;
        assert_eq!(sent.body(), Some(&Body::Text(content(text))));
        assert_eq!(message(&store, room.id, sent.id).await, Some(sent.clone()), "{text:?}");
        edit(
            &store,
            &sent,
            &format!("{text}!").chars().rev().take(1000).collect::<String>(),
            alice.id,
            at(1),
        )
        .await;
        let audit = AuditReader::message(&store, sent.id).await.unwrap().unwrap();
        assert_eq!(audit.former[0].content, Some(content(text)));
    }
    for (n, text) in (10..).zip(&texts[..8]) {
        let name: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let room = described(public(n, &alice), "Room", text);
        let room = Room { name: RoomName::stored(name), ..room };
        let room = fixtures::open(&store, room).await;
        assert_eq!(fixtures::room(&store, room.id, &alice).await.unwrap().room, room);
    }
    let email = Email::stored("\"o'neil\\%_\"@b\u{fc}cher.example".into());
    let user = User { email, ..fixtures::user(9) };
    store_user(&store, user.clone()).await.unwrap();
    assert_eq!(store.user(user.id).await.unwrap(), Some(user));
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_unix_micros(micros).unwrap()
}

/// From the first year to the last, and they are compared as precisely.
pub async fn times_survive_to_the_microsecond(store: impl AnyStore) {
    let first = -62_167_219_200_000_000;
    let last = last_moment().unix_micros();
    let times = [first, first + 1, -1, 0, 1, 999_999, 1_767_225_600_123_456, 1_767_225_600_123_457, last];
    let [alice] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    for (n, micros) in (10..).zip(times) {
        let user = User { created_at: moment(micros), ..fixtures::user(n) };
        store_user(&store, user.clone()).await.unwrap();
        assert_eq!(store.user(user.id).await.unwrap(), Some(user), "{micros}");
        // No session lives at the last moment, so nothing is sent then.
        if micros == last {
            continue;
        }
        let new = NewMessage { at: moment(micros), ..new_message(n, room.id, alice.id, "hello") };
        let sent = send(&store, new).await;
        assert_eq!(sent.created_at, moment(micros));
        assert_eq!(message(&store, room.id, sent.id).await, Some(sent), "{micros}");
    }
    for (n, micros) in (0..).zip(times) {
        let query = window(Anchor::Before(Position::Time(moment(micros))), 100);
        assert_eq!(store.window(room.id, query).await.unwrap().messages.len(), n, "{micros}");
    }
}

async fn audit(store: &impl AnyStore, message: &Message) -> MessageAudit {
    AuditReader::message(store, message.id).await.unwrap().unwrap()
}

/// Oldest first, each with its end and the user who changed it; the last content of a deleted message is included.
pub async fn former_contents_are_kept_for_audit(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room: RoomId = fixtures::open(&store, private(1, &alice)).await.id;
    join(&store, room, bob.id, Role::Member, at(2)).await;
    let former = |text: Option<&str>, until, changed_by: &UserRef| FormerContent {
        content: text.map(content),
        until: at(until),
        changed_by: changed_by.clone(),
    };

    let text = send(&store, new_message(1, room, bob.id, "one")).await;
    assert_eq!(
        audit(&store, &text).await,
        MessageAudit { message: text.clone(), former: vec![], deleted_by: None }
    );
    edit(&store, &text, "two", bob.id, at(20)).await;
    edit(&store, &text, "three", bob.id, at(10)).await;
    let mut wanted = vec![former(Some("one"), 20, &bob), former(Some("two"), 10, &bob)];
    assert_eq!(audit(&store, &text).await.former, wanted);
    delete(&store, &text, alice.id, at(30)).await;
    wanted.push(former(Some("three"), 30, &alice));
    let message = message(&store, room, text.id).await.unwrap();
    let deleted = MessageAudit { message, former: wanted, deleted_by: Some(alice.clone()) };
    assert_eq!(audit(&store, &text).await, deleted);

    fixtures::stored_image(&store, 77, &bob).await;
    let picture =
        NewMessage { body: body(Some(AttachmentKind::Image), None), ..new_message(2, room, bob.id, "none") };
    let picture = send(&store, picture).await;
    edit(&store, &picture, "caption", bob.id, at(40)).await;
    delete(&store, &picture, bob.id, at(50)).await;
    let found = audit(&store, &picture).await;
    assert_eq!(found.former, [former(None, 40, &bob), former(Some("caption"), 50, &bob)]);
    assert_eq!(found.deleted_by, Some(bob));
}
