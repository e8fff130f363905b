//! Encoding and decoding of all events, and the rejection of unknown ones.

use domain::account::Username;
use domain::file::{ContentType, Digest, File, FileName};
use domain::membership::Role;
use domain::message::{
    AttachmentKind, Body, ClientKey, Content, Emoji, Extras, Message, MessageKind, MessageState, PinChange,
    Quote, Reaction, ReactionChange, Replies,
};
use domain::metadata::Metadata;
use domain::room::{Access, Description, PrivateKind, Room, RoomLog, RoomName, Slug};
use domain::{FileId, MessageId, Timestamp};

use super::*;

const ME: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

fn at(micros: i64) -> Timestamp {
    Timestamp::from_unix_micros(1_763_712_345_678_901 + micros).unwrap()
}

fn user() -> UserRef {
    UserRef { id: UserId(Uuid::from_u128(3)), username: Username::parse("Ada_L").unwrap() }
}

fn file() -> File {
    File {
        id: FileId(Uuid::from_u128(4)),
        name: FileName::clean("a b\"c.png"),
        content_type: ContentType("image/png".into()),
        size: u64::MAX,
        sha256: Digest([7; 32]),
        image: true,
        uploaded_by: user(),
        created_at: at(1),
    }
}

fn text() -> Message {
    Message {
        id: MessageId(Uuid::from_u128(5)),
        room: RoomId(Uuid::from_u128(6)),
        seq: Seq(7),
        revision: Revision(8),
        sender: user(),
        client_key: Some(ClientKey::parse("k 1").unwrap()),
        created_at: at(2),
        edited_at: Some(at(3)),
        state: MessageState::Live(Body::Text(Content::parse("\u{1f408} \"hello\"\n\\").unwrap())),
        file: None,
        extras: None,
    }
}

/// A message with every extra.
fn rich() -> Message {
    let (id, content) = (MessageId(Uuid::from_u128(9)), Some(Content::parse("\"a\"").unwrap()));
    let extras = Extras {
        reply_to: Some(Quote { id, seq: Seq(1), sender: user(), content, deleted_at: Some(at(8)) }),
        thread: Some(id),
        replies: Some(Replies { count: 3, last_at: at(9) }),
        reactions: vec![Reaction {
            emoji: Emoji::parse("\u{1f44d}").unwrap(),
            count: 11,
            users: vec![user()],
        }],
        mentions: vec![user()],
        mentions_room: true,
        pinned_at: Some(at(10)),
        metadata: Metadata::stored(Some(r#"{"b":1.0,"a":"\n"}"#.into())),
    };
    Message { extras: extras.kept(), ..text() }
}

fn picture() -> Message {
    let body = Body::Attachment { kind: AttachmentKind::Image, file: file().id, caption: None };
    let file = Some(Box::new(file()));
    Message { client_key: None, edited_at: None, state: MessageState::Live(body), file, ..text() }
}

fn tombstone() -> Message {
    Message { state: MessageState::Deleted { kind: MessageKind::File, at: at(4) }, ..text() }
}

fn reaction() -> ReactionChange {
    let Message { id: message, seq, .. } = text();
    ReactionChange {
        message, seq, emoji: Emoji::parse("❤\u{fe0f}").unwrap(), count: u32::MAX, user: user()
    }
}

fn pin(pinned_at: Option<Timestamp>) -> PinChange {
    let Message { id: message, seq, .. } = text();
    PinChange { message, seq, pinned_at, user: user() }
}

fn room(access: Access) -> Room {
    Room {
        id: RoomId(Uuid::from_u128(6)),
        name: RoomName::parse("Talk").unwrap(),
        description: Some(Description::parse("of this\nand that").unwrap()),
        metadata: Metadata::stored(Some(r#"{"a":[1.0]}"#.into())),
        access,
        created_by: user(),
        created_at: at(5),
        updated_at: at(6),
        member_count: 9,
        log: RoomLog { last_seq: Seq(10), revision: Revision(11), last_message_at: Some(at(7)) },
        changed_revision: Revision(12),
    }
}

fn all() -> Vec<Event> {
    let public = Access::Public { slug: Slug::stored("talk-2".into()) };
    let changes = [
        ChangeKind::Sent(text()),
        ChangeKind::Edited(picture()),
        ChangeKind::Edited(rich()),
        ChangeKind::Deleted(tombstone()),
        ChangeKind::ReactionAdded(reaction()),
        ChangeKind::ReactionRemoved(reaction()),
        ChangeKind::MessagePinned(pin(Some(at(8)))),
        ChangeKind::MessageUnpinned(pin(None)),
        ChangeKind::MemberAdded(user(), Role::Admin),
        ChangeKind::MemberRemoved(user(), Role::Member),
        ChangeKind::RoleChanged(user(), Role::Admin),
        ChangeKind::RoomUpdated(Box::new(room(public))),
        ChangeKind::RoomUpdated(Box::new(room(Access::Private(PrivateKind::Group)))),
        ChangeKind::RoomDeleted,
    ];
    let room_id = RoomId(Uuid::from_u128(6));
    let changed =
        changes.map(|kind| Event::Changed(Change { room: room_id, revision: Revision(i64::MAX), kind }));
    let kinds = [
        EphemeralKind::Joined,
        EphemeralKind::Left,
        EphemeralKind::Typing,
        EphemeralKind::Read(ReadMark { seq: Seq(3), by: None }),
        EphemeralKind::Read(ReadMark { seq: Seq(3), by: Some(Uuid::from_u128(9)) }),
        EphemeralKind::Unread(Seq(2)),
    ];
    let ephemeral = kinds.map(|kind| Event::Ephemeral(EphemeralEvent { room: room_id, user: user(), kind }));
    let session = SessionId(Uuid::from_u128(8));
    let revoked = [
        Revocation::Session(session),
        Revocation::Sessions { user: user().id, except: Some(session) },
        Revocation::Sessions { user: user().id, except: None },
    ]
    .map(Event::Revoked)
    .into_iter()
    .chain([Event::Own(user().id, room_id)]);
    changed.into_iter().chain(ephemeral).chain(revoked).collect()
}

#[test]
fn every_event_decodes_to_what_was_encoded() {
    for event in all() {
        let payload = encode(&event, OTHER).unwrap();
        assert_eq!(decode(&payload, ME).unwrap(), Some(event), "{}", String::from_utf8_lossy(&payload));
    }
}

#[test]
fn a_replica_skips_its_own_events_of_any_version() {
    for event in all() {
        assert_eq!(decode(&encode(&event, ME).unwrap(), ME).unwrap(), None);
    }
    let later = format!(r#"{{"v": 9, "from": "{ME}", "event": {{"is": "news"}}}}"#);
    assert_eq!(decode(later.as_bytes(), ME).unwrap(), None);
}

#[test]
fn an_unknown_version_or_kind_is_rejected_with_the_reason() {
    let payload = |v: u32, event: &str| format!(r#"{{"v": {v}, "from": "{OTHER}", "event": {event}}}"#);
    let session = r#"{"is": "session-ended", "session": "00000000-0000-0000-0000-000000000001", "new": 1}"#;
    assert!(decode(payload(1, session).as_bytes(), ME).unwrap().is_some(), "a field of a later program");
    for (text, reason) in [
        (payload(2, session), "version 2"),
        (payload(1, r#"{"is": "news"}"#), "unknown variant"),
        ("hello".to_owned(), "expected"),
    ] {
        let error = decode(text.as_bytes(), ME).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}
