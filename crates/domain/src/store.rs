//! Writing: units of work over every concept, and what a store does besides.
//!
//! Reads go through the narrow reader ports of each concept; a message is appended by
//! [`MessageLog`](crate::message::MessageLog), where many share a commit. Every other change is a unit of work.

use async_trait::async_trait;

use crate::account::{Identity, NewUser, PasswordHash, Session, UserRef};
use crate::file::{File, FileRemoval};
use crate::invitation::{Invitation, NewInvitation};
use crate::membership::{Membership, Standing};
use crate::message::{Deletion, Edit, Message};
use crate::room::{Revision, Room, Slug};
use crate::{FileId, MessageId, Refusal, RoomId, SessionId, StoreError, Timestamp, UserId};

/// Begins units of work.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Store: Send + Sync {
    /// A unit of work of its own. MUST fail as [`StoreError::Unavailable`] within two seconds when the database is
    /// away.
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError>;

    /// Whether the database answers a trivial query now.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// One change, all or nothing. Dropped without [`commit`](Self::commit) it MUST leave no trace.
///
/// Whoever changes a room calls [`lock_room`](Self::lock_room) first; from then to the end of the unit nobody else
/// changes that room, its members, its invitations or its messages. A caller that locks several rooms MUST take them
/// in the order of their ids.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait UnitOfWork: Send {
    /// Stores an account. MUST answer [`StoreError::Conflict`] where the name or the address is taken in any case;
    /// the name, where both are.
    async fn insert_user(&mut self, user: NewUser) -> Result<(), StoreError>;

    /// Replaces the password hash; where `expected` is named, only while it is still that one. MUST check and replace
    /// in one step. Answers whether it did: `false` where the hash is another, or there is no such user.
    async fn set_password(
        &mut self,
        user: UserId,
        password: PasswordHash,
        expected: Option<PasswordHash>,
    ) -> Result<bool, StoreError>;

    /// Makes the user an admin of the server, or no longer one.
    async fn set_server_admin(&mut self, user: UserId, admin: bool) -> Result<(), StoreError>;

    /// Stores a session, but only while the user's password hash is still `password`; answers whether it was.
    async fn insert_session(&mut self, session: Session, password: PasswordHash) -> Result<bool, StoreError>;

    /// Moves a session's expiry, never back; `false` where it has ended.
    async fn extend_session(&mut self, session: SessionId, expires_at: Timestamp)
    -> Result<bool, StoreError>;

    /// Ends a session; one that has ended stays as it is.
    async fn end_session(&mut self, session: SessionId, at: Timestamp) -> Result<(), StoreError>;

    /// Ends every session of the user but `except`.
    async fn end_sessions(
        &mut self,
        user: UserId,
        except: Option<SessionId>,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// The first of the candidates that no living room has. MUST hold it against every other unit of work until
    /// this one ends. [`StoreError::Unavailable`] where all are taken.
    async fn free_slug(&mut self, candidates: Vec<Slug>) -> Result<Slug, StoreError>;

    /// Whether no living room has that slug. MUST wait for whoever holds it, and hold it against every other unit of
    /// work until this one ends.
    async fn claim_slug(&mut self, slug: Slug) -> Result<bool, StoreError>;

    /// Stores a room.
    async fn insert_room(&mut self, room: Room) -> Result<(), StoreError>;

    /// The room, locked for this unit of work; `None` where it is not, or was deleted.
    async fn lock_room(&mut self, room: RoomId) -> Result<Option<Room>, StoreError>;

    /// Replaces what may change of a locked room: all but its id, its creator and when it was made.
    async fn save_room(&mut self, room: Room) -> Result<(), StoreError>;

    /// Marks a locked room as deleted at that revision and drops its invitations, in a time that does not grow with
    /// its members: nobody is one of a room that was deleted, and their rows go with it ([`Housekeeping`]). Its
    /// slug is free from then on.
    async fn delete_room(
        &mut self,
        room: RoomId,
        revision: Revision,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// The user's present membership in a locked room; one that has ended is none.
    async fn membership(&mut self, room: RoomId, user: UserId) -> Result<Option<Membership>, StoreError>;

    /// How many admins the room has.
    async fn admin_count(&mut self, room: RoomId) -> Result<i64, StoreError>;

    /// Stores a present membership, whole, but MUST NOT move its reading mark back: marks move without the room's lock.
    /// A member who returns takes their ended row again.
    async fn save_membership(&mut self, membership: Membership) -> Result<(), StoreError>;

    /// Stores the memberships of a room that has none yet, in one statement.
    async fn insert_memberships(&mut self, memberships: Vec<Membership>) -> Result<(), StoreError>;

    /// Who of a locked room's members, but for one, came in first.
    async fn longest_standing(
        &mut self,
        room: RoomId,
        except: UserId,
    ) -> Result<Option<(UserRef, Membership)>, StoreError>;

    /// Ends a present membership; one that has ended stays as it is. The row MUST stay, with that revision, so that a
    /// replay can tell of it.
    async fn end_membership(
        &mut self,
        room: RoomId,
        user: UserId,
        revision: Revision,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// The user's open invitation.
    async fn invitation(&mut self, room: RoomId, user: UserId) -> Result<Option<Invitation>, StoreError>;

    /// Stores an invitation; there is none for that room and user yet.
    async fn insert_invitation(&mut self, invitation: NewInvitation) -> Result<(), StoreError>;

    /// Removes an invitation; answers whether there was one.
    async fn delete_invitation(&mut self, room: RoomId, user: UserId) -> Result<bool, StoreError>;

    /// A message of that room, tombstones included.
    async fn message(&mut self, room: RoomId, message: MessageId) -> Result<Option<Message>, StoreError>;

    /// Replaces a message's content, where it is of that room; MUST keep the former one for audit.
    async fn edit_message(&mut self, edit: Edit) -> Result<(), StoreError>;

    /// Makes a message a tombstone, where it is of that room; MUST keep its content, and who deleted it, for audit.
    async fn delete_message(&mut self, deletion: Deletion) -> Result<(), StoreError>;

    /// Stores what is known of a file.
    async fn insert_file(&mut self, file: File) -> Result<(), StoreError>;

    /// Removes what is known of a file of that user's, unless a message that is not deleted, in a room that is not,
    /// shows it. MUST take turns with the messages that come to show it: either they find no file, or it stays.
    async fn delete_file(&mut self, file: FileId, by: UserId) -> Result<FileRemoval, StoreError>;

    /// Makes it all durable: once answered, it survives `kill -9` of this program and of the database.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// What a store does when nobody waits for it.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Housekeeping: Send + Sync {
    /// Removes at most `batch` rows of each kind that nobody can reach any more: sessions that ended or lapsed before
    /// `before`, and what belongs to rooms that were deleted before it. MUST be short, so that senders hardly wait.
    async fn sweep(&self, before: Timestamp, batch: u32) -> Result<Swept, StoreError>;
}

/// How many rows a sweep removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Sessions that had ended or lapsed.
    pub sessions: u64,
    /// Messages (and what they once said) of deleted rooms.
    pub messages: u64,
    /// Memberships of deleted rooms.
    pub memberships: u64,
    /// Deleted rooms that nothing belonged to any more.
    pub rooms: u64,
}

impl Swept {
    /// Whether there is probably more to remove.
    #[must_use]
    pub fn found_work(self) -> bool {
        self != Self::default()
    }
}

/// A locked room, and how the caller stands to it.
pub(crate) struct OpenRoom {
    pub room: Room,
    pub mine: Option<Membership>,
    pub invited: bool,
}

/// Locks the room for a change by `caller`, for whom it must exist.
pub(crate) async fn open_room(
    work: &mut dyn UnitOfWork,
    room: RoomId,
    caller: &Identity,
) -> crate::Result<OpenRoom> {
    let room = work.lock_room(room).await?.ok_or(Refusal::RoomNotFound)?;
    let mine = work.membership(room.id, caller.user.id).await?;
    let invited = mine.is_none() && work.invitation(room.id, caller.user.id).await?.is_some();
    let open = OpenRoom { room, mine, invited };
    if open.room.visible_to(open.standing()) { Ok(open) } else { Err(Refusal::RoomNotFound.into()) }
}

impl OpenRoom {
    pub(crate) fn standing(&self) -> Standing {
        Standing::of(self.mine.as_ref().map(|mine| mine.role), self.invited)
    }

    /// The room and the caller's membership, for what any member may do.
    pub(crate) fn require_member(self) -> Result<(Room, Membership), Refusal> {
        let mine = self.mine.ok_or(Refusal::NotAMember)?;
        Ok((self.room, mine))
    }

    /// The room, for what only its admins may do.
    pub(crate) fn require_admin(self) -> Result<Room, Refusal> {
        let (room, mine) = self.require_member()?;
        mine.role.require_admin()?;
        Ok(room)
    }
}
