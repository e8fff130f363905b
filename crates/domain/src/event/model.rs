//! Events as values.

use uuid::Uuid;

use crate::account::UserRef;
use crate::membership::Role;
use crate::message::{Message, MessageState, PinChange, ReactionChange};
use crate::room::{Revision, Room, Seq};
use crate::{RoomId, SessionId, UserId};

/// An event, published to all replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A persistent change of a room, which a subscriber that missed the event can read from the store.
    Changed(Change),
    /// A momentary event, which is not stored: a lost one is gone.
    Ephemeral(EphemeralEvent),
    /// A user's own relation to a room changed, that is no change of the room: an invitation, or a room that they
    /// founded. Their connections read the state from the store.
    Own(UserId, RoomId),
    /// The end of sessions.
    Revoked(Revocation),
}

/// One persistent change of a room; each revision of a room has exactly one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The room.
    pub room: RoomId,
    /// The revision of the room that this change made.
    pub revision: Revision,
    /// The change.
    pub kind: ChangeKind,
}

/// The latest state of a membership, ended or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatestMembership {
    /// The member.
    pub user: UserRef,
    /// The role; of an ended membership the last one.
    pub role: Role,
    /// The revision of its latest change.
    pub revision: Revision,
    /// The revision at which it last began.
    pub joined: Revision,
    /// `true` where it has ended.
    pub ended: bool,
}

/// The kind of a change, with the changed item in its latest state. Reactions and pins are events alone: a reader who missed
/// one reads the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// A message was sent.
    Sent(Message),
    /// A message was edited.
    Edited(Message),
    /// A message was deleted and became a tombstone.
    Deleted(Message),
    /// A user reacted to a message.
    ReactionAdded(ReactionChange),
    /// A user took a reaction to a message back.
    ReactionRemoved(ReactionChange),
    /// A message was pinned.
    MessagePinned(PinChange),
    /// A message was unpinned.
    MessageUnpinned(PinChange),
    /// A user became a member.
    MemberAdded(UserRef, Role),
    /// A membership ended; the role is the last one.
    MemberRemoved(UserRef, Role),
    /// A member's role changed.
    RoleChanged(UserRef, Role),
    /// The room's name, description, visibility or metadata changed.
    RoomUpdated(Box<Room>),
    /// The room was deleted.
    RoomDeleted,
}

impl Change {
    /// Returns the latest change of a message as seen by a reader who knows everything up to `origin`: a message sent
    /// after that is new to them.
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

    /// Returns the latest change of a membership as seen by such a reader.
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

    /// Returns the user whose events of the room end with this change, or `Some(None)` where they end for all users;
    /// `None` where the change ends nothing.
    #[must_use]
    pub fn ends_for(&self) -> Option<Option<UserId>> {
        match &self.kind {
            ChangeKind::MemberRemoved(user, _) => Some(Some(user.id)),
            ChangeKind::RoomDeleted => Some(None),
            _ => None,
        }
    }
}

/// A momentary event in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EphemeralEvent {
    /// The room.
    pub room: RoomId,
    /// The user.
    pub user: UserRef,
    /// The activity.
    pub kind: EphemeralKind,
}

/// A user's momentary activity in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EphemeralKind {
    /// Became present.
    Joined,
    /// Is no longer present.
    Left,
    /// Is typing.
    Typing,
    /// Has read all messages up to a mark.
    Read(ReadMark),
    /// Has set the mark to this message, which only their own connections receive.
    Unread(Seq),
}

/// A read mark that moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadMark {
    /// The last message that counts as read.
    pub seq: Seq,
    /// The live connection that moved it, which need not receive it; `None` for a request.
    pub by: Option<Uuid>,
}

/// Ended sessions: connections that were opened with them are closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// One session.
    Session(SessionId),
    /// All sessions of a user but one.
    Sessions {
        /// The owner of the sessions.
        user: UserId,
        /// The session that continues, if any.
        except: Option<SessionId>,
    },
}

impl Revocation {
    /// Returns whether this ends that session of the user.
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

    #[test]
    fn a_later_message_is_sent_an_earlier_one_edited_and_a_tombstone_deleted() {
        let change = |kind| Change { room: room_id(1), revision: Revision(9), kind };
        for (origin, kind) in [(6, ChangeKind::Sent(message(1))), (7, ChangeKind::Edited(message(1)))] {
            assert_eq!(Change::of_message(message(1), Revision(7), Revision(origin)), change(kind));
            let deleted = Change::of_message(tombstone(1), Revision(7), Revision(origin));
            assert_eq!(deleted, change(ChangeKind::Deleted(tombstone(1))));
        }
    }

    #[test]
    fn a_later_member_is_added_an_earlier_one_changed_role_and_an_ended_one_removed() {
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
    fn a_revocation_ends_the_sessions_it_names() {
        let (mine, other) = (SessionId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)));
        assert!(Revocation::Session(mine).concerns(user_id(1), mine));
        assert!(!Revocation::Session(mine).concerns(user_id(1), other));
        let all_but_mine = Revocation::Sessions { user: user_id(1), except: Some(mine) };
        assert!(!all_but_mine.concerns(user_id(1), mine));
        assert!(all_but_mine.concerns(user_id(1), other));
        assert!(!all_but_mine.concerns(user_id(2), other));
    }

    #[test]
    fn a_removal_ends_delivery_to_one_user_and_a_deletion_to_all() {
        let change = |kind| Change { room: room_id(1), revision: Revision(1), kind };
        assert_eq!(
            change(ChangeKind::MemberRemoved(user(1), Role::Member)).ends_for(),
            Some(Some(user_id(1)))
        );
        assert_eq!(change(ChangeKind::RoomDeleted).ends_for(), Some(None));
        assert_eq!(change(ChangeKind::MemberAdded(user(1), Role::Member)).ends_for(), None);
    }
}
