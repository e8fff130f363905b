//! What rooms need from outside.

use async_trait::async_trait;

use super::{RoomQuery, RoomView};
use crate::{Page, PageRequest, RoomId, StoreError, UserId};

/// Reads rooms. Deleted rooms MUST NOT appear.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait RoomReader: Send + Sync {
    /// The room as the caller sees it, in one query. Whether the caller may see it at all is for the rules to say.
    async fn room(&self, id: RoomId, caller: Option<UserId>) -> Result<Option<RoomView>, StoreError>;

    /// One page of the rooms that the caller sees in lists (public ones, and private ones they are a member of) and
    /// that the query asks for. Every order MUST end in the id; rooms without messages come last in the order of
    /// last messages, either way. MUST NOT query once per room.
    async fn list(
        &self,
        query: RoomQuery,
        page: PageRequest,
        caller: Option<UserId>,
    ) -> Result<Page<RoomView>, StoreError>;
}
