//! Fixtures: values and mocks for the tests of this crate. The caller is always user 1.

mod audit;
mod marks;
mod quotas;
mod sessions;
mod stores;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Weak};

use mockall::Sequence;
use mockall::predicate::eq;
use uuid::Uuid;

use crate::account::{Credentials, Email, Identity, PasswordHash, User, UserRef, Username};
use crate::event::{Change, ChangeKind, Event, MockEventBus};
use crate::file::{ContentType, Digest, File, FileName};
use crate::invitation::Invitation;
use crate::membership::{Membership, MockMemberReader, Role, RoomStanding, Standing};
use crate::message::{Body, Content, Message, MessageState};
use crate::metadata::Metadata;
use crate::room::{Access, PrivateKind, Revision, Room, RoomLog, RoomName, RoomView, Seq, Slug, Visibility};
use crate::store::MockUnitOfWork;
use crate::{
    Error, FileId, MessageId, MockClock, MockIdSource, Refusal, Result, RoomId, SessionId, Timestamp, UserId,
};

pub(crate) use audit::{audit_event_id, expect_record, expect_record_by, expect_record_from, trail};
pub(crate) use marks::marks;
pub(crate) use quotas::{at_quotas_of_a_user, expect_full_memberships, owner_at_quota};
pub(crate) use sessions::sessions;
pub(crate) use stores::{accounts_before, expect_begin_in, sessionless, store, store_in, store_of};

/// Returns the time `micros` microseconds after 1970.
pub(crate) fn at(micros: i64) -> Timestamp {
    Timestamp::from_unix_micros(micros).unwrap()
}

pub(crate) fn user_id(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

pub(crate) fn room_id(n: u128) -> RoomId {
    RoomId(Uuid::from_u128(n))
}

pub(crate) fn message_id(n: u128) -> MessageId {
    MessageId(Uuid::from_u128(n))
}

pub(crate) fn file_id(n: u128) -> FileId {
    FileId(Uuid::from_u128(n))
}

/// A text file of ten bytes that `user-<by>` uploaded.
pub(crate) fn file(n: u128, by: u128) -> File {
    File {
        id: file_id(n),
        name: FileName::clean(&format!("file-{n}.txt")),
        content_type: ContentType("text/plain".into()),
        size: 10,
        sha256: Digest([7; 32]),
        image: false,
        uploaded_by: user(by),
        created_at: at(2),
    }
}

/// `user-<n>`.
pub(crate) fn user(n: u128) -> UserRef {
    UserRef { id: user_id(n), username: Username::parse(&format!("user-{n}")).unwrap() }
}

/// `user-<n>`, signed in.
pub(crate) fn caller(n: u128) -> Identity {
    let session = SessionId(Uuid::from_u128(n));
    Identity { user: user(n), session, server_admin: false, address: Some(address_of(n)) }
}

/// The address from which `user-<n>` calls.
pub(crate) fn address_of(n: u128) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(n))
}

/// The account of `user-<n>`.
pub(crate) fn account(n: u128) -> User {
    let email = Email::parse(&format!("user-{n}@example.org")).unwrap();
    User { id: user_id(n), username: user(n).username, email, created_at: at(1) }
}

pub(crate) fn hash(text: &str) -> PasswordHash {
    PasswordHash(text.to_owned())
}

/// The account of `user-<n>`, and its password hash `hash`.
pub(crate) fn credentials(n: u128) -> Credentials {
    Credentials { user: account(n), password: hash("hash") }
}

/// A public room with three members, seven messages and nine changes.
pub(crate) fn room(n: u128) -> Room {
    Room {
        id: room_id(n),
        name: RoomName::parse(&format!("Room {n}")).unwrap(),
        description: None,
        metadata: Metadata::EMPTY,
        access: Access::Public { slug: Slug::stored(format!("room-{n}")) },
        created_by: user(2),
        created_at: at(1),
        updated_at: at(1),
        member_count: 3,
        log: RoomLog { last_seq: Seq(7), revision: Revision(9), last_message_at: Some(at(3)) },
        changed_revision: Revision(0),
    }
}

/// The same as a private room.
pub(crate) fn private_room(n: u128) -> Room {
    Room { access: Access::Private(PrivateKind::ByInvitation), ..room(n) }
}

/// The room after one more change.
pub(crate) fn changed(mut room: Room) -> Room {
    room.log.revision = room.log.revision.next();
    room
}

/// A member who joined at revision 4 and has read five messages.
pub(crate) fn membership(room: u128, user: u128, role: Role) -> Membership {
    Membership {
        room: room_id(room),
        user: user_id(user),
        role,
        joined_at: at(2),
        last_read_seq: Seq(5),
        revision: Revision(4),
        joined_revision: Revision(4),
    }
}

/// An invitation by user 2.
pub(crate) fn invitation(room: &Room, invited: u128) -> Invitation {
    Invitation {
        room: room.id,
        room_name: room.name.clone(),
        user: user(invited),
        invited_by: user(2),
        created_at: at(2),
    }
}

/// Message 7 of room 1.
pub(crate) fn message(sender: u128) -> Message {
    Message {
        id: message_id(7),
        room: room_id(1),
        seq: Seq(7),
        revision: Revision(9),
        sender: user(sender),
        client_key: None,
        created_at: at(3),
        edited_at: None,
        state: MessageState::Live(Body::Text(Content::parse("hello").unwrap())),
        file: None,
        extras: None,
    }
}

/// The same message, deleted.
pub(crate) fn tombstone(sender: u128) -> Message {
    let message = message(sender);
    Message { state: MessageState::Deleted { kind: message.kind(), at: at(4) }, ..message }
}

/// The room as a stranger sees it.
pub(crate) fn view(room: Room) -> RoomView {
    RoomView { room, mine: None, invited: false }
}

/// The address of a client.
pub(crate) fn address() -> std::net::IpAddr {
    std::net::Ipv4Addr::new(192, 0, 2, 1).into()
}

pub(crate) fn clock(micros: i64) -> Arc<MockClock> {
    let mut clock = MockClock::new();
    clock.expect_now().return_const(at(micros));
    Arc::new(clock)
}

/// Returns this id once.
pub(crate) fn ids(n: u128) -> Arc<MockIdSource> {
    let mut ids = MockIdSource::new();
    ids.expect_next().times(1).return_const(Uuid::from_u128(n));
    Arc::new(ids)
}

/// The event of the next change of room 1.
pub(crate) fn change_event(kind: ChangeKind) -> Event {
    Event::Changed(Change { room: room_id(1), revision: Revision(10), kind })
}

/// Expects that event and no other.
pub(crate) fn publishing(event: Event) -> MockEventBus {
    let mut events = MockEventBus::new();
    events.expect_publish().with(eq(event)).times(1).return_const(());
    events
}

/// A bus on which it may be published once that a user's own relation to a room changed.
pub(crate) fn own_events() -> Arc<MockEventBus> {
    let mut events = MockEventBus::new();
    let own = events.expect_publish().withf(|event| matches!(event, Event::Own(..)));
    own.times(0..=1).return_const(());
    Arc::new(events)
}

/// Expects the commit and then that event, which must not be published before the change is durable.
pub(crate) fn committing(work: &mut MockUnitOfWork, event: Event) -> MockEventBus {
    let mut order = Sequence::new();
    work.expect_commit().times(1).in_sequence(&mut order).returning(|| Ok(()));
    let mut events = MockEventBus::new();
    events.expect_publish().with(eq(event)).times(1).in_sequence(&mut order).return_const(());
    events
}

/// Returns a pointer that is alive as long as the unit of work, which must not end a session.
pub(crate) fn lifetime(work: &mut MockUnitOfWork) -> Weak<()> {
    let inside = Arc::new(());
    let watch = Arc::downgrade(&inside);
    work.expect_end_session().times(0).returning(move |_, _| {
        let _ = &inside;
        Ok(())
    });
    watch
}

/// A unit of work that locks the room for the caller, who has that standing.
pub(crate) fn locked_room(room: Room, standing: Standing) -> MockUnitOfWork {
    let (id, invited) = (room.id, standing == Standing::Invited);
    let mine = match standing {
        Standing::Member(role) => Some(Membership { room: id, ..membership(1, 1, role) }),
        Standing::Invited | Standing::Stranger => None,
    };
    let mut work = MockUnitOfWork::new();
    if mine.is_none() {
        let open = invited.then(|| invitation(&room, 1));
        work.expect_invitation().with(eq(id), eq(user_id(1))).times(1).return_once(|_, _| Ok(open));
    }
    work.expect_membership().with(eq(id), eq(user_id(1))).times(1).return_once(|_, _| Ok(mine));
    work.expect_lock_room().with(eq(id)).times(1).return_once(|_| Ok(Some(room)));
    work
}

/// Units of work in which room 1 does not exist for the caller: deleted, or private and not theirs.
pub(crate) fn invisible_rooms() -> [MockUnitOfWork; 2] {
    let mut deleted = MockUnitOfWork::new();
    deleted.expect_lock_room().with(eq(room_id(1))).times(1).return_once(|_| Ok(None));
    [deleted, locked_room(private_room(1), Standing::Stranger)]
}

/// Returns the caller's standing in room 1, of which a member has read five messages.
pub(crate) fn members(visibility: Visibility, standing: Standing) -> MockMemberReader {
    let found = RoomStanding { visibility, direct: false, standing, last_read_seq: Seq(5) };
    let mut members = MockMemberReader::new();
    let read = members.expect_standing().with(eq(room_id(1)), eq(user_id(1))).times(1);
    read.return_once(move |_, _| Ok(Some(found)));
    members
}

/// Room 1 does not exist, or is private and the caller a stranger.
pub(crate) fn members_of_invisible_rooms() -> [MockMemberReader; 2] {
    let mut deleted = MockMemberReader::new();
    deleted.expect_standing().with(eq(room_id(1)), eq(user_id(1))).times(1).return_once(|_, _| Ok(None));
    [deleted, members(Visibility::Private, Standing::Stranger)]
}

/// Returns the refusal of a rejected call.
pub(crate) fn refusal<T>(result: Result<T>) -> Refusal {
    match result.err() {
        Some(Error::Refused(refusal)) => refusal,
        other => panic!("not a refusal: {other:?}"),
    }
}
