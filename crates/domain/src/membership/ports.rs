//! Ports for memberships.

use async_trait::async_trait;

use super::{Member, Membership, Reader, Role, Standing};
use crate::account::UserRef;
use crate::room::{Revision, Seq, Visibility};
use crate::{Page, PageRequest, Refusal, RoomId, StoreError, Timestamp, UserId};

/// The result of a membership check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomStanding {
    /// The visibility of the room.
    pub visibility: Visibility,
    /// `true` for a direct room.
    pub direct: bool,
    /// The user's standing.
    pub standing: Standing,
    /// The `seq` up to which a member has read; 0 for other users. May lag behind the latest move.
    pub last_read_seq: Seq,
}

impl RoomStanding {
    /// Rejects non-members, then direct rooms with [`Refusal::NotAllowed`], then members who are no admins.
    pub fn require_admin(&self) -> Result<(), Refusal> {
        let role = self.standing.require_member(self.visibility)?;
        if self.direct {
            return Err(Refusal::NotAllowed);
        }
        role.require_admin()
    }
}

/// Reads memberships. Ended ones, and those of deleted rooms, MUST NOT appear.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait MemberReader: Send + Sync {
    /// Checks a membership; `None` where there is no such room. MUST use one query.
    async fn standing(&self, room: RoomId, user: UserId) -> Result<Option<RoomStanding>, StoreError>;

    /// Returns one page of a room's members, only those with `role` where it is some, ordered by joining, then by id.
    async fn list(
        &self,
        room: RoomId,
        role: Option<Role>,
        page: PageRequest,
    ) -> Result<Page<Member>, StoreError>;

    /// Returns one page of a room's members but `except` who have read up to `seq` or further, the latest mark first, then
    /// by id.
    async fn readers(
        &self,
        room: RoomId,
        seq: Seq,
        except: UserId,
        page: PageRequest,
    ) -> Result<Page<Reader>, StoreError>;

    /// Returns one member; `None` where the user is none.
    async fn member(&self, room: RoomId, user: UserId) -> Result<Option<Member>, StoreError>;
}

impl dyn MemberReader {
    /// Returns the role of a member, and the rest of what was found of them. Rejects other users with
    /// [`Refusal::NotAMember`], or with [`Refusal::RoomNotFound`] where there is no such room, or none for them to see.
    pub(crate) async fn require_member(
        &self,
        room: RoomId,
        user: UserId,
    ) -> crate::Result<(Role, RoomStanding)> {
        let found = self.standing(room, user).await?.ok_or(Refusal::RoomNotFound)?;
        Ok((found.standing.require_member(found.visibility)?, found))
    }
}

/// Changes memberships in a unit of work.
#[async_trait]
pub trait MembershipWrites: Send {
    /// Returns the user's present membership in a locked room; `None` where it has ended.
    async fn membership(&mut self, room: RoomId, user: UserId) -> Result<Option<Membership>, StoreError>;

    /// Returns the members of a room whose names have one of these [keys](crate::account::Username::key), in any order.
    async fn members_named(&mut self, room: RoomId, names: Vec<String>) -> Result<Vec<UserRef>, StoreError>;

    /// Counts the room's admins.
    async fn admin_count(&mut self, room: RoomId) -> Result<i64, StoreError>;

    /// Stores a membership. MUST leave the read mark of a present one where it is: read marks move without the room's lock.
    /// A member who returns reuses their ended row, with the new mark.
    async fn save_membership(&mut self, membership: Membership) -> Result<(), StoreError>;

    /// Stores the memberships of a room that has none yet, in one statement.
    async fn insert_memberships(&mut self, memberships: Vec<Membership>) -> Result<(), StoreError>;

    /// Returns the member of a locked room who joined first, other than `except`.
    async fn longest_standing(
        &mut self,
        room: RoomId,
        except: UserId,
    ) -> Result<Option<(UserRef, Membership)>, StoreError>;

    /// Ends a present membership; one that has ended stays as it is. The row MUST stay, with that revision, so that a
    /// replay can report it.
    async fn end_membership(
        &mut self,
        room: RoomId,
        user: UserId,
        revision: Revision,
        at: Timestamp,
    ) -> Result<(), StoreError>;
}
