//! What rosters need from outside.

use async_trait::async_trait;

use super::RoomKey;
use crate::account::{UserRef, Username};
use crate::room::RoomView;
use crate::{RoomId, StoreError, Timestamp, UserId};

/// A room as one caller sees it, and whom a private one holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomWithMembers {
    /// The room.
    pub view: RoomView,
    /// The members of a private room, in any order; of a public one nobody.
    pub members: Vec<Username>,
}

/// Reads rooms together with their members. Deleted rooms and ended memberships MUST NOT appear.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait RosterReader: Send + Sync {
    /// The room of that name, in one query. A slug MUST find public rooms only. Whether the caller may see it is for
    /// the rules to say.
    async fn roster(
        &self,
        key: RoomKey,
        caller: Option<UserId>,
    ) -> Result<Option<RoomWithMembers>, StoreError>;

    /// The public rooms and the private ones of `member`, of each kind the newest `most`, in one query: oldest first,
    /// the id deciding between equals.
    async fn rosters(&self, member: Option<UserId>, most: u32) -> Result<Vec<RoomWithMembers>, StoreError>;
}

/// Keeps the marks of those who said that they are in a room. They lapse by themselves.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait PresenceMarks: Send + Sync {
    /// Marks the user as there until that moment; a mark that is there is renewed. What has lapsed at `now` MUST NOT
    /// fill the memory for ever.
    async fn mark(&self, room: RoomId, user: UserRef, now: Timestamp, until: Timestamp);

    /// Takes the mark away, if there is one.
    async fn unmark(&self, room: RoomId, user: UserId);

    /// Whose marks in those rooms have not lapsed at `now`.
    async fn marked(&self, rooms: Vec<RoomId>, now: Timestamp) -> Vec<(RoomId, UserRef)>;
}
