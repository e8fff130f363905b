//! Events as values.

use crate::account::UserRef;
use crate::membership::Role;
use crate::message::Message;
use crate::room::{Revision, Room, Seq};
use crate::{RoomId, SessionId, UserId};

/// What travels between replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A lasting change of a room; its store tells of it again to whoever missed it.
    Changed(Change),
    /// Something of the moment; missed, it is gone.
    Fleeting(Fleeting),
    /// Sessions that are over.
    Revoked(Revocation),
}

/// One lasting change of a room: exactly one for each of its revisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub room: RoomId,
    /// The room's revision by this change.
    pub revision: Revision,
    /// What changed.
    pub what: What,
}

/// What changed in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A message came.
    Sent(Message),
    /// A message says something else.
    Edited(Message),
    /// A message became a tombstone.
    Deleted(Message),
    /// Somebody became a member.
    MemberAdded(UserRef, Role),
    /// Somebody is no member any more; the role is the one they had.
    MemberRemoved(UserRef, Role),
    /// A member has another role.
    RoleChanged(UserRef, Role),
    /// Name, description or visibility changed.
    RoomUpdated(Box<Room>),
    /// The room is gone.
    RoomDeleted,
}

impl Change {
    /// Who hears of nothing in the room after this; for the end of the room that is everybody, and the answer `None`.
    #[must_use]
    pub fn ends_for(&self) -> Option<Option<UserId>> {
        match &self.what {
            What::MemberRemoved(user, _) => Some(Some(user.id)),
            What::RoomDeleted => Some(None),
            _ => None,
        }
    }
}

/// Something of the moment in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fleeting {
    /// Where.
    pub room: RoomId,
    /// Who.
    pub user: UserRef,
    /// What they do.
    pub kind: FleetingKind,
}

/// What somebody does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FleetingKind {
    /// Came into the room's live presence.
    Joined,
    /// Went out of it.
    Left,
    /// Is writing.
    Typing,
    /// Has read up to there.
    Read(Seq),
}

/// Sessions that are over: what is open in their name ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// This one.
    Session(SessionId),
    /// All of a user's but one.
    Sessions {
        /// Whose.
        user: UserId,
        /// The one that goes on.
        except: Option<SessionId>,
    },
}

impl Revocation {
    /// Whether that session is over.
    #[must_use]
    pub fn concerns(self, user: UserId, session: SessionId) -> bool {
        match self {
            Self::Session(ended) => ended == session,
            Self::Sessions { user: whose, except } => whose == user && except != Some(session),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{room_id, user, user_id};
    use uuid::Uuid;

    #[test]
    fn a_revocation_concerns_the_sessions_it_names() {
        let (mine, other) = (SessionId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)));
        assert!(Revocation::Session(mine).concerns(user_id(1), mine));
        assert!(!Revocation::Session(mine).concerns(user_id(1), other));
        let all_but_mine = Revocation::Sessions { user: user_id(1), except: Some(mine) };
        assert!(!all_but_mine.concerns(user_id(1), mine));
        assert!(all_but_mine.concerns(user_id(1), other));
        assert!(!all_but_mine.concerns(user_id(2), other));
    }

    #[test]
    fn a_removal_ends_it_for_one_and_a_deletion_for_all() {
        let change = |what| Change { room: room_id(1), revision: Revision(1), what };
        assert_eq!(change(What::MemberRemoved(user(1), Role::Member)).ends_for(), Some(Some(user_id(1))));
        assert_eq!(change(What::RoomDeleted).ends_for(), Some(None));
        assert_eq!(change(What::MemberAdded(user(1), Role::Member)).ends_for(), None);
    }
}
