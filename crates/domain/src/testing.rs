//! Short ways to make values and mocks in this crate's tests. Wherever somebody calls, it is user 1.

use std::sync::{Arc, Weak};

use async_trait::async_trait;
use mockall::Sequence;
use mockall::predicate::eq;
use uuid::Uuid;

use crate::account::{
    AccountWrites, Credentials, Email, Identity, MockAccountReader, NewUser, PasswordHash, Session,
    SessionWrites, User, UserRef, Username,
};
use crate::event::{Change, ChangeKind, Event, MockEventBus};
use crate::file::{ContentType, Digest, File, FileName, FileRemoval, FileWrites};
use crate::invitation::{Invitation, InvitationWrites, Invitee, NewInvitation};
use crate::membership::{Membership, MembershipWrites, MockMemberReader, Role, RoomStanding, Standing};
use crate::message::{Body, Content, Deletion, Edit, Message, MessageState, MessageWrites};
use crate::room::{Access, Revision, Room, RoomLog, RoomName, RoomView, RoomWrites, Seq, Slug, Visibility};
use crate::store::{MockStore, UnitOfWork};
use crate::{
    Error, FileId, MessageId, MockClock, MockIdSource, Refusal, Result, RoomId, SessionId, StoreError,
    Timestamp, UserId,
};

mockall::mock! {
    pub(crate) UnitOfWork {}

    #[async_trait]
    impl AccountWrites for UnitOfWork {
        async fn insert_user(&mut self, user: NewUser) -> Stored<()>;
        async fn set_password(&mut self, user: UserId, to: PasswordHash, from: Option<PasswordHash>) -> Stored<bool>;
        async fn set_server_admin(&mut self, user: UserId, admin: bool) -> Stored<()>;
    }

    #[async_trait]
    impl SessionWrites for UnitOfWork {
        async fn insert_session(&mut self, session: Session, password: PasswordHash) -> Stored<bool>;
        async fn extend_session(&mut self, session: SessionId, expires_at: Timestamp) -> Stored<bool>;
        async fn end_session(&mut self, session: SessionId, at: Timestamp) -> Stored<()>;
        async fn end_sessions(&mut self, user: UserId, except: Option<SessionId>, at: Timestamp) -> Stored<()>;
    }

    #[async_trait]
    impl RoomWrites for UnitOfWork {
        async fn free_slug(&mut self, candidates: Vec<Slug>) -> Stored<Slug>;
        async fn claim_slug(&mut self, slug: Slug) -> Stored<bool>;
        async fn insert_room(&mut self, room: Room) -> Stored<()>;
        async fn lock_room(&mut self, room: RoomId) -> Stored<Option<Room>>;
        async fn save_room(&mut self, room: Room) -> Stored<()>;
        async fn delete_room(&mut self, room: RoomId, revision: Revision, at: Timestamp) -> Stored<()>;
    }

    #[async_trait]
    impl MembershipWrites for UnitOfWork {
        async fn membership(&mut self, room: RoomId, user: UserId) -> Stored<Option<Membership>>;
        async fn admin_count(&mut self, room: RoomId) -> Stored<i64>;
        async fn save_membership(&mut self, membership: Membership) -> Stored<()>;
        async fn insert_memberships(&mut self, memberships: Vec<Membership>) -> Stored<()>;
        async fn longest_standing(
            &mut self,
            room: RoomId,
            except: UserId,
        ) -> Stored<Option<(UserRef, Membership)>>;
        async fn end_membership(
            &mut self,
            room: RoomId,
            user: UserId,
            revision: Revision,
            at: Timestamp,
        ) -> Stored<()>;
    }

    #[async_trait]
    impl InvitationWrites for UnitOfWork {
        async fn invitation(&mut self, room: RoomId, user: UserId) -> Stored<Option<Invitation>>;
        async fn insert_invitation(&mut self, invitation: NewInvitation) -> Stored<()>;
        async fn delete_invitation(&mut self, room: RoomId, user: UserId) -> Stored<bool>;
    }

    #[async_trait]
    impl MessageWrites for UnitOfWork {
        async fn message(&mut self, room: RoomId, message: MessageId) -> Stored<Option<Message>>;
        async fn edit_message(&mut self, edit: Edit) -> Stored<()>;
        async fn delete_message(&mut self, deletion: Deletion) -> Stored<()>;
    }

    #[async_trait]
    impl FileWrites for UnitOfWork {
        async fn insert_file(&mut self, file: File) -> Stored<()>;
        async fn delete_file(&mut self, file: FileId, by: UserId) -> Stored<FileRemoval>;
    }

    #[async_trait]
    impl UnitOfWork for UnitOfWork {
        async fn commit(self: Box<Self>) -> Stored<()>;
    }
}

type Stored<T> = std::result::Result<T, StoreError>;

/// So many microseconds after the beginning of time.
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

/// A text of ten bytes that `user-<by>` uploaded.
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
    Identity { user: user(n), session: SessionId(Uuid::from_u128(n)), server_admin: false }
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

/// A public room of three, with seven messages and nine lasting changes.
pub(crate) fn room(n: u128) -> Room {
    Room {
        id: room_id(n),
        name: RoomName::parse(&format!("Room {n}")).unwrap(),
        description: None,
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
    Room { access: Access::Private { group: false }, ..room(n) }
}

/// The room as it is after one more lasting change.
pub(crate) fn changed(mut room: Room) -> Room {
    room.log.revision = room.log.revision.next();
    room
}

/// Somebody who came in at revision 4 and has read five messages.
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

/// By user 2.
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
    }
}

/// The same after it was deleted.
pub(crate) fn tombstone(sender: u128) -> Message {
    let message = message(sender);
    Message { state: MessageState::Deleted { kind: message.kind(), at: at(4) }, ..message }
}

/// The room as a stranger sees it.
pub(crate) fn view(room: Room) -> RoomView {
    RoomView { room, mine: None, invited: false }
}

pub(crate) fn clock(micros: i64) -> Arc<MockClock> {
    let mut clock = MockClock::new();
    clock.expect_now().return_const(at(micros));
    Arc::new(clock)
}

/// Gives out that one id.
pub(crate) fn ids(n: u128) -> Arc<MockIdSource> {
    let mut ids = MockIdSource::new();
    ids.expect_next().times(1).return_const(Uuid::from_u128(n));
    Arc::new(ids)
}

/// A store in which this unit of work is begun, and no other. One that does not expect a commit fails at it.
pub(crate) fn store(work: MockUnitOfWork) -> Arc<MockStore> {
    let mut store = MockStore::new();
    store.expect_begin().times(1).return_once(|| Ok(Box::new(work)));
    Arc::new(store)
}

/// Accounts that are asked for the one of that id once, and before that store begins a unit of work: who holds a
/// connection must not wait for another.
pub(crate) fn accounts_before(
    id: UserId,
    known: Option<UserRef>,
    work: MockUnitOfWork,
) -> (Arc<MockStore>, Arc<MockAccountReader>) {
    let mut order = Sequence::new();
    let mut accounts = MockAccountReader::new();
    let asked = accounts.expect_find().with(eq(Invitee::Id(id))).times(1).in_sequence(&mut order);
    asked.return_once(|_| Ok(known));
    let mut store = MockStore::new();
    store.expect_begin().times(1).in_sequence(&mut order).return_once(|| Ok(Box::new(work)));
    (Arc::new(store), Arc::new(accounts))
}

/// The next lasting change of room 1, as it is told.
pub(crate) fn told(kind: ChangeKind) -> Event {
    Event::Changed(Change { room: room_id(1), revision: Revision(10), kind })
}

/// Expects that one event and no other.
pub(crate) fn publishing(event: Event) -> MockEventBus {
    let mut events = MockEventBus::new();
    events.expect_publish().with(eq(event)).times(1).return_const(());
    events
}

/// Expects the commit and that one event, which nobody may hear of before it is true.
pub(crate) fn committing(work: &mut MockUnitOfWork, event: Event) -> MockEventBus {
    let mut order = Sequence::new();
    work.expect_commit().times(1).in_sequence(&mut order).returning(|| Ok(()));
    let mut events = MockEventBus::new();
    events.expect_publish().with(eq(event)).times(1).in_sequence(&mut order).return_const(());
    events
}

/// Points somewhere for as long as the unit of work goes on, which never ends a session.
pub(crate) fn going_on(work: &mut MockUnitOfWork) -> Weak<()> {
    let inside = Arc::new(());
    let watch = Arc::downgrade(&inside);
    work.expect_end_session().times(0).returning(move |_, _| {
        let _ = &inside;
        Ok(())
    });
    watch
}

/// A unit of work that locks the room for the caller, who stands to it so.
pub(crate) fn opened(room: Room, standing: Standing) -> MockUnitOfWork {
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

/// Units of work in which the caller sees no room 1: it is gone, or private and not theirs.
pub(crate) fn unseen() -> [MockUnitOfWork; 2] {
    let mut gone = MockUnitOfWork::new();
    gone.expect_lock_room().with(eq(room_id(1))).times(1).return_once(|_| Ok(None));
    [gone, opened(private_room(1), Standing::Stranger)]
}

/// Says how the caller stands to room 1, of which a member has read five messages.
pub(crate) fn members(visibility: Visibility, standing: Standing) -> MockMemberReader {
    let found = RoomStanding { visibility, standing, last_read_seq: Seq(5) };
    let mut members = MockMemberReader::new();
    let asked = members.expect_standing().with(eq(room_id(1)), eq(user_id(1))).times(1);
    asked.return_once(move |_, _| Ok(Some(found)));
    members
}

/// Says that there is no room 1, or that it is private and the caller a stranger.
pub(crate) fn members_unseen() -> [MockMemberReader; 2] {
    let mut gone = MockMemberReader::new();
    gone.expect_standing().with(eq(room_id(1)), eq(user_id(1))).times(1).return_once(|_, _| Ok(None));
    [gone, members(Visibility::Private, Standing::Stranger)]
}

/// Which rule said no.
pub(crate) fn refusal<T>(result: Result<T>) -> Refusal {
    match result.err() {
        Some(Error::Refused(refusal)) => refusal,
        other => panic!("no rule said no: {other:?}"),
    }
}
