//! Events as values.

use crate::account::UserRef;
use crate::membership::Role;
use crate::message::{Message, MessageState};
use crate::room::{Revision, Room, Seq};
use crate::{RoomId, SessionId, UserId};

/// What travels between replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A lasting change of a room; its store tells of it again to whoever missed it.
    Changed(Change),
    /// Something of the moment; missed, it is gone.
    Ephemeral(EphemeralEvent),
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
    pub kind: ChangeKind,
}

/// A membership as it is now, ended or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatestMembership {
    /// Whose.
    pub user: UserRef,
    /// As what; once it has ended, as what last.
    pub role: Role,
    /// The revision of its latest change.
    pub revision: Revision,
    /// The revision at which they came in, last.
    pub joined: Revision,
    /// Whether it is over.
    pub ended: bool,
}

/// What changed in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
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
    /// What the latest change of a message is to a reader who knows everything up to `origin`: what was sent since is new
    /// to them.
    #[must_use]
    pub fn of_message(message: Message, sent: Revision, origin: Revision) -> Self {
        let (room, revision) = (message.room, message.revision);
        let kind = match message.state {
            MessageState::Deleted { .. } => ChangeKind::Deleted(message),
            MessageState::Live(_) if sent > origin => ChangeKind::Sent(message),
            MessageState::Live(_) => ChangeKind::Edited(message),
        };
        Self { room, revision, kind }
    }

    /// The same of a membership.
    #[must_use]
    pub fn of_member(room: RoomId, latest: LatestMembership, origin: Revision) -> Self {
        let LatestMembership { user, role, revision, joined, ended } = latest;
        let kind = if ended {
            ChangeKind::MemberRemoved(user, role)
        } else if joined > origin {
            ChangeKind::MemberAdded(user, role)
        } else {
            ChangeKind::RoleChanged(user, role)
        };
        Self { room, revision, kind }
    }

    /// Who hears of nothing in the room after this; for the end of the room that is everybody, and the answer `None`.
    #[must_use]
    pub fn ends_for(&self) -> Option<Option<UserId>> {
        match &self.kind {
            ChangeKind::MemberRemoved(user, _) => Some(Some(user.id)),
            ChangeKind::RoomDeleted => Some(None),
            _ => None,
        }
    }
}

/// Something of the moment in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EphemeralEvent {
    /// Where.
    pub room: RoomId,
    /// Who.
    pub user: UserRef,
    /// What they do.
    pub kind: EphemeralKind,
}

/// What somebody does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EphemeralKind {
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
    use crate::testing::{message, room_id, tombstone, user, user_id};
    use uuid::Uuid;

    #[test]
    fn what_was_sent_since_is_new_and_what_was_there_before_is_edited_but_a_tombstone_is_deleted() {
        let change = |kind| Change { room: room_id(1), revision: Revision(9), kind };
        for (origin, kind) in [(6, ChangeKind::Sent(message(1))), (7, ChangeKind::Edited(message(1)))] {
            assert_eq!(Change::of_message(message(1), Revision(7), Revision(origin)), change(kind));
            let deleted = Change::of_message(tombstone(1), Revision(7), Revision(origin));
            assert_eq!(deleted, change(ChangeKind::Deleted(tombstone(1))));
        }
    }

    #[test]
    fn who_came_in_since_is_added_and_who_was_there_before_has_another_role_but_who_left_is_removed() {
        let (user, role) = (user(1), Role::Member);
        let latest = |ended| {
            let (revision, joined) = (Revision(9), Revision(7));
            LatestMembership { user: user.clone(), role, revision, joined, ended }
        };
        let change = |kind| Change { room: room_id(1), revision: Revision(9), kind };
        for (origin, kind) in [
            (6, ChangeKind::MemberAdded(user.clone(), role)),
            (7, ChangeKind::RoleChanged(user.clone(), role)),
        ] {
            let origin = Revision(origin);
            assert_eq!(Change::of_member(room_id(1), latest(false), origin), change(kind));
            let removed = Change::of_member(room_id(1), latest(true), origin);
            assert_eq!(removed, change(ChangeKind::MemberRemoved(user.clone(), role)));
        }
    }

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
        let change = |kind| Change { room: room_id(1), revision: Revision(1), kind };
        assert_eq!(
            change(ChangeKind::MemberRemoved(user(1), Role::Member)).ends_for(),
            Some(Some(user_id(1)))
        );
        assert_eq!(change(ChangeKind::RoomDeleted).ends_for(), Some(None));
        assert_eq!(change(ChangeKind::MemberAdded(user(1), Role::Member)).ends_for(), None);
    }
}
