//! The port that tracks live presence.

use async_trait::async_trait;
use uuid::Uuid;

use crate::account::UserRef;
use crate::event::EphemeralEvent;
use crate::{RoomId, Timestamp, UserId};

/// A user present in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// The user.
    pub user: UserRef,
    /// The time at which the first of their connections entered.
    pub since: Timestamp,
}

/// Tracks which users are present in which rooms. A user is present once, regardless of the number of connections.
/// Unavailable storage is no `Err`: presence is then that of this process.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Presence: Send + Sync {
    /// Records that a connection of the user entered the room; returns `true` for the user's first one there.
    async fn enter(&self, room: RoomId, user: UserRef, connection: Uuid, at: Timestamp) -> bool;

    /// Records that a connection left; returns `true` for the user's last one there.
    async fn leave(&self, room: RoomId, user: UserId, connection: Uuid) -> bool;

    /// Returns the users present, the longest first.
    async fn present(&self, room: RoomId) -> Vec<Present>;

    /// Returns the users present in any of these rooms, in any order. MUST NOT read once per room.
    async fn present_in(&self, rooms: Vec<RoomId>) -> Vec<(RoomId, UserRef)>;

    /// Renews the presence of this process's connections; presence that no process renews expires. Returns the events
    /// to publish: users who expired without leaving, and users who are back. MUST return each once, to one process
    /// only.
    async fn renew(&self) -> Vec<EphemeralEvent>;
}
