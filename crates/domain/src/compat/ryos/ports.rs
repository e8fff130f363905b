//! Ports of this dialect: rooms with their members, and presence marks.

use async_trait::async_trait;

use super::RoomKey;
use crate::account::{UserRef, Username};
use crate::room::RoomView;
use crate::{RoomId, StoreError, Timestamp, UserId};

/// A room as one caller sees it, with the members of a private one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomWithMembers {
    /// The room.
    pub view: RoomView,
    /// The members of a private room, in any order; empty for a public one.
    pub members: Vec<Username>,
}

/// Reads rooms together with their members. Deleted rooms and ended memberships MUST NOT appear.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait RosterReader: Send + Sync {
    /// Returns the room of that name in one query, whether or not the caller may see it; `None` where there is none. A
    /// slug MUST find public rooms only.
    async fn roster(
        &self,
        key: RoomKey,
        caller: Option<UserId>,
    ) -> Result<Option<RoomWithMembers>, StoreError>;

    /// Returns the public rooms and the private ones of `member`, of each visibility the newest `most`. MUST use one
    /// query, and order by creation, oldest first, then by id.
    async fn rosters(&self, member: Option<UserId>, most: u32) -> Result<Vec<RoomWithMembers>, StoreError>;
}

/// Keeps presence marks, which expire by themselves. Unavailable storage is no `Err`: the marks are then those of this process.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait PresenceMarks: Send + Sync {
    /// Marks the user as present until `until`; renews an existing mark. Marks that expired before `now` MUST NOT fill
    /// the memory for ever.
    async fn mark(&self, room: RoomId, user: UserRef, now: Timestamp, until: Timestamp);

    /// Removes the mark, if there is one.
    async fn unmark(&self, room: RoomId, user: UserId);

    /// Returns the users whose marks in those rooms have not expired at `now`.
    async fn marked(&self, rooms: Vec<RoomId>, now: Timestamp) -> Vec<(RoomId, UserRef)>;
}
