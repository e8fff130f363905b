//! Invitations as values.

use crate::account::{UserRef, Username};
use crate::room::RoomName;
use crate::{RoomId, Timestamp, UserId};

/// An open invitation. A used, declined or withdrawn one is deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The room.
    pub room: RoomId,
    /// The current name of the room.
    pub room_name: RoomName,
    /// The invited user.
    pub user: UserRef,
    /// The admin who invited them.
    pub invited_by: UserRef,
    /// The time of the invitation.
    pub created_at: Timestamp,
}

/// The user to invite, by id or by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invitee {
    /// The user's id.
    Id(UserId),
    /// The user's name, regardless of case.
    Name(Username),
}

/// An invitation to store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewInvitation {
    /// The room.
    pub room: RoomId,
    /// The invited user.
    pub user: UserId,
    /// The admin who invited them.
    pub invited_by: UserId,
    /// The time of the invitation.
    pub created_at: Timestamp,
}
