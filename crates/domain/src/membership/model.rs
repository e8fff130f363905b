//! Memberships as values, and the rules about them.

use crate::account::UserRef;
use crate::room::{Revision, Room, Seq, Visibility};
use crate::{Refusal, RoomId, Timestamp, UserId};

/// The role of a member in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// May change the room and its members; every room keeps at least one.
    Admin,
    /// May read and send messages.
    Member,
}

impl Role {
    /// Rejects a member who is no admin with [`Refusal::AdminRequired`].
    pub fn require_admin(self) -> Result<(), Refusal> {
        match self {
            Self::Admin => Ok(()),
            Self::Member => Err(Refusal::AdminRequired),
        }
    }
}

/// A user's relation to a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// A member with that role.
    Member(Role),
    /// Invited, but no member.
    Invited,
    /// Neither a member nor invited.
    Stranger,
}

impl Standing {
    /// Returns the standing of a user with that role, if any, and with or without an invitation.
    #[must_use]
    pub fn of(role: Option<Role>, invited: bool) -> Self {
        match role {
            Some(role) => Self::Member(role),
            None if invited => Self::Invited,
            None => Self::Stranger,
        }
    }

    /// Returns whether a room of that visibility exists for a user of this standing.
    #[must_use]
    pub fn sees(self, visibility: Visibility) -> bool {
        visibility == Visibility::Public || self != Self::Stranger
    }

    /// Returns the role of a member. Rejects other users with [`Refusal::NotAMember`], or with
    /// [`Refusal::RoomNotFound`] where the room must not exist for them.
    pub fn require_member(self, visibility: Visibility) -> Result<Role, Refusal> {
        match self {
            Self::Member(role) => Ok(role),
            _ if self.sees(visibility) => Err(Refusal::NotAMember),
            _ => Err(Refusal::RoomNotFound),
        }
    }
}

/// A current membership as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The room.
    pub room: RoomId,
    /// The member.
    pub user: UserId,
    /// The role.
    pub role: Role,
    /// The time of joining; of a returning member the latest one.
    pub joined_at: Timestamp,
    /// The `seq` up to which the member has read.
    pub last_read_seq: Seq,
    /// The revision of the latest change of the membership.
    pub revision: Revision,
    /// The revision at which the membership last began.
    pub joined_revision: Revision,
}

impl Membership {
    /// A new membership, with all messages so far counted as read.
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

    /// The first memberships of a new room, in that order: each is a change of the room with a revision of its own.
    pub(crate) fn of_new_room(
        room: &mut Room,
        members: impl IntoIterator<Item = (UserId, Role)>,
    ) -> Vec<Self> {
        let found = |(user, role)| {
            room.log.revision = room.log.revision.next();
            room.member_count += 1;
            Self::starting(room, user, role, room.created_at, room.log.revision)
        };
        members.into_iter().map(found).collect()
    }
}

/// The caller's own membership, as shown with the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MyMembership {
    /// The role.
    pub role: Role,
    /// The time of joining.
    pub joined_at: Timestamp,
    /// The `seq` up to which the member has read.
    pub last_read_seq: Seq,
    /// The number of messages after `last_read_seq` that are not deleted.
    pub unread_count: i64,
    /// The number of those that mention the member, or everybody in the room.
    pub mention_count: i64,
}

impl MyMembership {
    /// Returns the membership of a user who has read everything.
    #[must_use]
    pub fn read_up(membership: &Membership) -> Self {
        Self {
            role: membership.role,
            joined_at: membership.joined_at,
            last_read_seq: membership.last_read_seq,
            unread_count: 0,
            mention_count: 0,
        }
    }
}

/// A member as other users see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The member.
    pub user: UserRef,
    /// The role.
    pub role: Role,
    /// The time of joining.
    pub joined_at: Timestamp,
    /// The `seq` up to which the member has read.
    pub last_read_seq: Seq,
}

/// A member who has read a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// The member.
    pub user: UserRef,
    /// The `seq` up to which the member has read.
    pub last_read_seq: Seq,
}

/// Enforces the last-admin rule: rejects the demotion or leaving of a member with `role` with [`Refusal::LastAdmin`]
/// where the room would have no admin left. `admins` counts its current admins, read under the room's lock.
pub fn require_another_admin(role: Role, admins: i64) -> Result<(), Refusal> {
    if role == Role::Admin && admins <= 1 { Err(Refusal::LastAdmin) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_admin_must_stay_and_any_other_member_may_leave() {
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
    fn a_non_member_is_rejected_as_such_only_in_rooms_they_can_see() {
        use Visibility::{Private, Public};
        assert_eq!(Standing::Member(Role::Member).require_member(Private), Ok(Role::Member));
        assert_eq!(Standing::Invited.require_member(Private), Err(Refusal::NotAMember));
        assert_eq!(Standing::Stranger.require_member(Public), Err(Refusal::NotAMember));
        assert_eq!(Standing::Stranger.require_member(Private), Err(Refusal::RoomNotFound));
    }
}
