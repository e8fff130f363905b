//! Fixtures: the data of laws, created through the ports.

mod annotations;
mod messages;
mod tickets;

pub(crate) use annotations::{annotate, annotation, emoji, react, refused_annotation, replace_mentions};
pub(crate) use messages::{
    content, delete, edit, file, file_id, message, message_id, new_message, send, store_file, stored_image,
    window, with_key,
};
pub(crate) use tickets::{store_ticket, take_ticket, ticket};

use domain::account::{Email, NewUser, PasswordHash, Session, User, UserRef, Username};
use domain::invitation::NewInvitation;
use domain::membership::{Membership, Role};
use domain::metadata::Metadata;
use domain::room::{
    Access, Description, PrivateKind, Revision, Room, RoomLog, RoomName, RoomQuery, RoomReader, RoomView,
    Slug,
};
use domain::store::UnitOfWork;
use domain::{Page, PageRequest, RoomId, SessionId, StoreError, Timestamp, UserId};
use uuid::Uuid;

use crate::store::AnyStore;

/// A number of microseconds after a moment that is neither a whole second nor a whole millisecond.
pub(crate) fn at(micros: i64) -> Timestamp {
    Timestamp::from_unix_micros(1_767_225_600_123_457 + micros).unwrap()
}

/// The last moment that can be represented, until which the sessions of `users` live.
pub(crate) fn last_moment() -> Timestamp {
    Timestamp::from_unix_micros(253_402_300_799_999_999).unwrap()
}

/// `User-<n>`, not stored yet.
pub(crate) fn user(n: u32) -> User {
    User {
        id: UserId(Uuid::from_u128(n.into())),
        username: Username::parse(&format!("User-{n}")).unwrap(),
        email: Email::parse(&format!("User-{n}@Example.com")).unwrap(),
        created_at: at(n.into()),
    }
}

/// The account with the password hash `secret`.
pub(crate) fn with_password(user: User) -> NewUser {
    NewUser { user, password: PasswordHash("secret".into()) }
}

pub(crate) async fn store_user(store: &impl AnyStore, user: User) -> Result<(), StoreError> {
    let mut work = store.begin().await?;
    work.insert_user(with_password(user)).await?;
    work.commit().await
}

/// The session of a sender.
pub(crate) fn session_of(user: UserId) -> SessionId {
    SessionId(Uuid::from_u128(user.0.as_u128() | 1 << 100))
}

/// `User-1` to `User-<N>`, stored and signed in.
pub(crate) async fn users<const N: usize>(store: &impl AnyStore) -> [UserRef; N] {
    let mut work = store.begin().await.unwrap();
    let users = std::array::from_fn(|n| user(u32::try_from(n).unwrap() + 1));
    for user in &users {
        work.insert_user(with_password(user.clone())).await.unwrap();
        let (id, created_at) = (session_of(user.id), user.created_at);
        let session = Session { id, user: user.id, created_at, expires_at: last_moment() };
        assert!(work.insert_session(session, PasswordHash("secret".into())).await.unwrap());
    }
    work.commit().await.unwrap();
    users.map(|user| user.as_ref())
}

/// The private `Room <n>`, not stored yet.
pub(crate) fn private(n: u32, creator: &UserRef) -> Room {
    Room {
        id: RoomId(Uuid::from_u128(n.into())),
        name: RoomName::parse(&format!("Room {n}")).unwrap(),
        description: None,
        metadata: Metadata::EMPTY,
        access: Access::Private(PrivateKind::ByInvitation),
        created_by: creator.clone(),
        created_at: at(n.into()),
        updated_at: at(n.into()),
        member_count: 1,
        log: RoomLog { revision: Revision(1), ..RoomLog::default() },
        changed_revision: Revision(0),
    }
}

/// The public `Room <n>`, not stored yet.
pub(crate) fn public(n: u32, creator: &UserRef) -> Room {
    Room { access: Access::Public { slug: slug(&format!("room-{n}")) }, ..private(n, creator) }
}

pub(crate) fn slug(text: &str) -> Slug {
    Slug::stored(text.to_owned())
}

pub(crate) fn described(room: Room, name: &str, description: &str) -> Room {
    let name = RoomName::parse(name).unwrap();
    Room { name, description: Some(Description::parse(description).unwrap()), ..room }
}

/// Stores a room, its creator as its admin.
pub(crate) async fn open(store: &impl AnyStore, room: Room) -> Room {
    open_all(store, vec![room.clone()]).await;
    room
}

/// Stores many rooms, their creators as their admins.
pub(crate) async fn open_all(store: &impl AnyStore, rooms: Vec<Room>) {
    let mut work = store.begin().await.unwrap();
    for room in rooms {
        let (creator, at, revision) = (room.created_by.id, room.created_at, room.log.revision);
        let creator = Membership::starting(&room, creator, Role::Admin, at, revision);
        work.insert_room(room).await.unwrap();
        work.save_membership(creator).await.unwrap();
    }
    work.commit().await.unwrap();
}

/// Locks a room that must exist, and takes the next revision.
pub(crate) async fn lock(work: &mut dyn UnitOfWork, room: RoomId) -> Room {
    let mut room = work.lock_room(room).await.unwrap().unwrap();
    room.log.revision = room.log.revision.next();
    room
}

pub(crate) async fn join(
    store: &impl AnyStore,
    room: RoomId,
    user: UserId,
    role: Role,
    at: Timestamp,
) -> Membership {
    let mut work = store.begin().await.unwrap();
    let mut room = lock(&mut *work, room).await;
    room.member_count += 1;
    let membership = Membership::starting(&room, user, role, at, room.log.revision);
    work.save_membership(membership.clone()).await.unwrap();
    work.save_room(room).await.unwrap();
    work.commit().await.unwrap();
    membership
}

pub(crate) async fn leave(store: &impl AnyStore, room: RoomId, user: UserId) {
    let mut work = store.begin().await.unwrap();
    let mut room = lock(&mut *work, room).await;
    room.member_count -= 1;
    work.end_membership(room.id, user, room.log.revision, at(90)).await.unwrap();
    work.save_room(room).await.unwrap();
    work.commit().await.unwrap();
}

pub(crate) async fn change_role(store: &impl AnyStore, room: RoomId, user: UserId, role: Role) {
    let mut work = store.begin().await.unwrap();
    let room = lock(&mut *work, room).await;
    let before = work.membership(room.id, user).await.unwrap().unwrap();
    work.save_membership(Membership { role, revision: room.log.revision, ..before }).await.unwrap();
    work.save_room(room).await.unwrap();
    work.commit().await.unwrap();
}

/// Renames a room; returns it.
pub(crate) async fn rename(store: &impl AnyStore, room: RoomId, name: &str) -> Room {
    let mut work = store.begin().await.unwrap();
    let mut room = lock(&mut *work, room).await;
    room.name = RoomName::parse(name).unwrap();
    room.changed_revision = room.log.revision;
    work.save_room(room.clone()).await.unwrap();
    work.commit().await.unwrap();
    room
}

/// Makes a room public, or private.
pub(crate) async fn show(store: &impl AnyStore, room: RoomId, public: bool) {
    let mut work = store.begin().await.unwrap();
    let mut room = lock(&mut *work, room).await;
    room.access = if public {
        Access::Public { slug: slug(&format!("room-{}", room.id.0)) }
    } else {
        Access::Private(PrivateKind::ByInvitation)
    };
    room.changed_revision = room.log.revision;
    work.save_room(room).await.unwrap();
    work.commit().await.unwrap();
}

pub(crate) async fn invite(store: &impl AnyStore, room: RoomId, user: UserId, by: UserId, at: Timestamp) {
    let mut work = store.begin().await.unwrap();
    let room = work.lock_room(room).await.unwrap().unwrap().id;
    work.insert_invitation(NewInvitation { room, user, invited_by: by, created_at: at }).await.unwrap();
    work.commit().await.unwrap();
}

pub(crate) async fn delete_room(store: &impl AnyStore, room: RoomId, at: Timestamp) {
    let mut work = store.begin().await.unwrap();
    let room = lock(&mut *work, room).await;
    work.delete_room(room.id, room.log.revision, at).await.unwrap();
    work.commit().await.unwrap();
}

/// Returns one page, in the order of the list.
pub(crate) async fn list_rooms(
    store: &impl AnyStore,
    query: RoomQuery,
    page: PageRequest,
    caller: Option<&UserRef>,
) -> Vec<RoomView> {
    RoomReader::list(store, query, page, caller.map(|user| user.id)).await.unwrap().items
}

pub(crate) async fn room(store: &impl AnyStore, room: RoomId, caller: &UserRef) -> Option<RoomView> {
    RoomReader::room(store, room, Some(caller.id)).await.unwrap()
}

/// A first page that holds everything that a law creates.
pub(crate) const FIRST: PageRequest = PageRequest { page: 1, limit: 100 };

/// Reads a list in pages of `limit`, and checks that every page but the last is full, and that each reports the
/// same total, the page beyond the end included.
pub(crate) async fn pages<T>(
    limit: u32,
    list: impl AsyncFn(PageRequest) -> Result<Page<T>, StoreError>,
) -> Vec<T> {
    let mut all = vec![];
    for page in 1.. {
        let read = list(PageRequest { page, limit }).await.unwrap();
        let left = read.total - u64::try_from(all.len()).unwrap();
        assert_eq!(
            u64::try_from(read.items.len()).unwrap(),
            left.min(limit.into()),
            "page {page} of {limit}"
        );
        if read.items.is_empty() {
            break;
        }
        all.extend(read.items);
    }
    all
}
