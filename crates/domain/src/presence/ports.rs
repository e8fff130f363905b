//! What presence needs from outside.

use async_trait::async_trait;
use uuid::Uuid;

use crate::account::UserRef;
use crate::event::EphemeralEvent;
use crate::{RoomId, Timestamp, UserId};

/// Somebody who is in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// Who.
    pub user: UserRef,
    /// Since when, with the first of their sockets.
    pub since: Timestamp,
}

/// Keeps who is where. A user is present once, however many connections they have.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Presence: Send + Sync {
    /// A connection of the user comes into the room; answers whether it is their first.
    async fn enter(&self, room: RoomId, user: UserRef, connection: Uuid, at: Timestamp) -> bool;

    /// A connection goes out; answers whether it was the user's last there.
    async fn leave(&self, room: RoomId, user: UserId, connection: Uuid) -> bool;

    /// Who is in the room, longest first.
    async fn present(&self, room: RoomId) -> Vec<Present>;

    /// Who is in any of those rooms, in any order. MUST NOT wait once per room.
    async fn present_in(&self, rooms: Vec<RoomId>) -> Vec<(RoomId, UserRef)>;

    /// Says again who is in which room by way of this process; whoever is not spoken for any more is soon held to be
    /// gone. Answers what rooms must be told now: who went without a word, and who is back. MUST answer each once, to
    /// one process.
    async fn renew(&self) -> Vec<EphemeralEvent>;
}
