//! Invitations as values.

use crate::account::UserRef;
use crate::room::RoomName;
use crate::{RoomId, Timestamp, UserId};

/// An open invitation. One that was used, declined or withdrawn is no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Into which room.
    pub room: RoomId,
    /// What that room is called now.
    pub room_name: RoomName,
    /// Who is asked in.
    pub user: UserRef,
    /// By whom.
    pub invited_by: UserRef,
    /// When.
    pub created_at: Timestamp,
}

/// An invitation to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewInvitation {
    /// Into which room.
    pub room: RoomId,
    /// Who is asked in.
    pub user: UserId,
    /// By whom.
    pub invited_by: UserId,
    /// When.
    pub created_at: Timestamp,
}
