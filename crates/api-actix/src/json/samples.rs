//! Things of the domain that examples show, as their surfaces would show them.

use std::net::IpAddr;

use domain::account::{AccessToken, Email, IssuedTicket, Profile, User, UserRef, Username};
use domain::audit::{AuditDetail, AuditEvent, AuditKind};
use domain::event::{Change, ChangeKind};
use domain::file::{ContentType, Digest, File, FileName};
use domain::invitation::Invitation;
use domain::membership::{Member, MyMembership, Reader, Role};
use domain::message::{Body, Content, Message, MessageState, Version, Window};
use domain::presence::Present;
use domain::room::{Access, Description, Revision, Room, RoomLog, RoomName, RoomView, Seq, Slug};
use domain::{AuditEventId, FileId, MessageId, RoomId, Timestamp, UserId};
use time::Duration;
use uuid::Uuid;

/// 2024-12-10T12:00:00Z.
const THEN: Duration = Duration::seconds(1_733_832_000);

pub(crate) const ROOM: RoomId = RoomId(id(2));
pub(crate) const FILE: FileId = FileId(id(4));

const fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0193_b089_3a00_7000_8000_0000_0000_0000 + n)
}

fn then() -> Timestamp {
    Timestamp::EPOCH.plus(THEN)
}

pub(crate) fn name(text: &str) -> Username {
    Username::stored(text.to_owned())
}

pub(crate) fn user() -> User {
    let email = Email::stored("john@example.com".to_owned());
    User { id: UserId(id(1)), username: name("john_doe"), email, created_at: then() }
}

pub(crate) fn profile() -> Profile {
    Profile { user: jane(), created_at: then() }
}

fn john() -> UserRef {
    user().as_ref()
}

pub(crate) fn room() -> Room {
    let access = Access::Public { slug: Slug::stored("general-discussion".to_owned()) };
    let about = Description::stored("A room for general conversations".to_owned());
    let name = RoomName::stored("General Discussion".to_owned());
    Room { description: Some(about), ..Room::starting(ROOM, name, access, john(), then()) }
}

fn jane() -> UserRef {
    UserRef { id: UserId(id(5)), username: name("jane_doe") }
}

pub(crate) fn token() -> AccessToken {
    AccessToken { text: "eyJ0eXAi…".to_owned(), expires_at: then().plus(Duration::DAY) }
}

pub(crate) fn ticket() -> IssuedTicket {
    let text = "6f1e0c8a5d2b4f0e9c7a1b3d5e7f9a0b6f1e0c8a5d2b4f0e9c7a1b3d5e7f9a0b".to_owned();
    IssuedTicket { text, expires_at: then().plus(Duration::seconds(30)) }
}

pub(crate) fn mine() -> MyMembership {
    MyMembership {
        role: Role::Admin,
        joined_at: then(),
        last_read_seq: Seq(1),
        unread_count: 0,
        mention_count: 0,
    }
}

/// The room as its creator sees it.
pub(crate) fn view() -> RoomView {
    let log = RoomLog { last_seq: Seq(1), revision: Revision(2), last_message_at: Some(then()) };
    let room = Room { member_count: 1, log, ..room() };
    RoomView { room, mine: Some(mine()), invited: false }
}

pub(crate) fn member() -> Member {
    Member { user: john(), role: Role::Admin, joined_at: then(), last_read_seq: Seq(1) }
}

pub(crate) fn reader() -> Reader {
    Reader { user: jane(), last_read_seq: Seq(1) }
}

pub(crate) fn present() -> Present {
    Present { user: john(), since: then() }
}

pub(crate) fn invitation() -> Invitation {
    let Room { id: room, name: room_name, .. } = room();
    Invitation { room, room_name, user: jane(), invited_by: john(), created_at: then() }
}

pub(crate) fn audit_event() -> AuditEvent {
    AuditEvent {
        id: AuditEventId(id(6)),
        kind: AuditKind::RoleChanged,
        detail: Some(AuditDetail::Role(Role::Admin)),
        room: Some(ROOM),
        actor: Some(john()),
        target: Some(jane()),
        message: None,
        address: Some(IpAddr::from([203, 0, 113, 7])),
        created_at: then(),
    }
}

pub(crate) fn window() -> Window {
    Window { messages: vec![message()], has_more: false }
}

pub(crate) fn change() -> Change {
    Change { room: ROOM, revision: message().revision, kind: ChangeKind::Sent(message()) }
}

pub(crate) fn message() -> Message {
    Message {
        id: MessageId(id(3)),
        room: ROOM,
        seq: Seq(1),
        revision: Revision(1),
        sender: john(),
        client_key: None,
        created_at: then(),
        edited_at: None,
        state: MessageState::Live(Body::Text(Content::stored("Hello everyone!".to_owned()))),
        file: None,
        extras: None,
    }
}

pub(crate) fn version() -> Version {
    let content = Content::stored("Hello everyone!".to_owned());
    Version { content: Some(content), changed_at: then(), changed_by: john() }
}

pub(crate) fn file() -> File {
    File {
        id: FILE,
        name: FileName::clean("my-document.pdf"),
        content_type: ContentType("application/pdf".to_owned()),
        size: 1_024_000,
        sha256: Digest([7; 32]),
        image: false,
        uploaded_by: john(),
        created_at: then(),
    }
}
