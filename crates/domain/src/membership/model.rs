//! Memberships as values, and the rules about them.

use crate::account::UserRef;
use crate::room::{Revision, Room, Seq, Visibility};
use crate::{Refusal, RoomId, Timestamp, UserId};

/// What a member may do in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Changes the room and its members; every room has at least one.
    Admin,
    /// Reads and writes.
    Member,
}

impl Role {
    /// Whether this is an admin; other members are told so.
    pub fn require_admin(self) -> Result<(), Refusal> {
        match self {
            Self::Admin => Ok(()),
            Self::Member => Err(Refusal::AdminRequired),
        }
    }
}

/// How somebody stands to a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Is in it.
    Member(Role),
    /// Is asked in.
    Invited,
    /// Neither.
    Stranger,
}

impl Standing {
    /// That of somebody with that role, if with any, who is asked in or not.
    #[must_use]
    pub fn of(role: Option<Role>, invited: bool) -> Self {
        match role {
            Some(role) => Self::Member(role),
            None if invited => Self::Invited,
            None => Self::Stranger,
        }
    }

    /// Whether a room of that visibility exists for somebody of this standing.
    #[must_use]
    pub fn sees(self, visibility: Visibility) -> bool {
        visibility == Visibility::Public || self != Self::Stranger
    }

    /// The role of a member; anybody else is refused, and is not told that a room exists which they can't see.
    pub fn require_member(self, visibility: Visibility) -> Result<Role, Refusal> {
        match self {
            Self::Member(role) => Ok(role),
            _ if self.sees(visibility) => Err(Refusal::NotAMember),
            _ => Err(Refusal::RoomNotFound),
        }
    }
}

/// A present membership as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Where.
    pub room: RoomId,
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: Role,
    /// Since when; a member who returned, since the return.
    pub joined_at: Timestamp,
    /// How far they have read.
    pub last_read_seq: Seq,
    /// The revision of the membership's latest change.
    pub revision: Revision,
    /// The revision at which they came in, last.
    pub joined_revision: Revision,
}

impl Membership {
    /// Somebody comes in, with all that was said before taken as read.
    #[must_use]
    pub fn starting(room: &Room, user: UserId, role: Role, now: Timestamp, revision: Revision) -> Self {
        Self {
            room: room.id,
            user,
            role,
            joined_at: now,
            last_read_seq: room.log.last_seq,
            revision,
            joined_revision: revision,
        }
    }
}

/// The caller's own place in a room, as shown with the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MyMembership {
    /// As what.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
    /// How far they have read.
    pub last_read_seq: Seq,
    /// How many messages after that are not deleted.
    pub unread_count: i64,
}

impl MyMembership {
    /// The place of somebody who has read everything.
    #[must_use]
    pub fn read_up(membership: &Membership) -> Self {
        Self {
            role: membership.role,
            joined_at: membership.joined_at,
            last_read_seq: membership.last_read_seq,
            unread_count: 0,
        }
    }
}

/// A member as others see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: UserRef,
    /// As what.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
    /// How far they have read.
    pub last_read_seq: Seq,
}

/// The last-admin rule: whoever has `role` may step down, or go, only if the room keeps an admin. `admins` is how
/// many it has now, read under the room's lock.
pub fn require_another_admin(role: Role, admins: i64) -> Result<(), Refusal> {
    if role == Role::Admin && admins <= 1 { Err(Refusal::LastAdmin) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_admin_stays_and_everybody_else_may_go() {
        assert_eq!(require_another_admin(Role::Admin, 1), Err(Refusal::LastAdmin));
        assert_eq!(require_another_admin(Role::Admin, 2), Ok(()));
        assert_eq!(require_another_admin(Role::Member, 1), Ok(()));
    }

    #[test]
    fn a_private_room_exists_for_its_members_and_those_invited() {
        for member in [Standing::Member(Role::Admin), Standing::Member(Role::Member)] {
            assert!(member.sees(Visibility::Private) && member.sees(Visibility::Public));
        }
        assert!(Standing::Invited.sees(Visibility::Private));
        assert!(Standing::Stranger.sees(Visibility::Public));
        assert!(!Standing::Stranger.sees(Visibility::Private));
    }

    #[test]
    fn who_is_no_member_is_told_so_only_of_rooms_they_can_see() {
        use Visibility::{Private, Public};
        assert_eq!(Standing::Member(Role::Member).require_member(Private), Ok(Role::Member));
        assert_eq!(Standing::Invited.require_member(Private), Err(Refusal::NotAMember));
        assert_eq!(Standing::Stranger.require_member(Public), Err(Refusal::NotAMember));
        assert_eq!(Standing::Stranger.require_member(Private), Err(Refusal::RoomNotFound));
    }
}
