//! Ports for search.

use async_trait::async_trait;

use super::{Key, Unindexed};
use crate::message::{Message, TimelinePosition};
use crate::{RoomId, StoreError, UserId};

/// The selection of messages that may be what a caller searches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateQuery {
    /// The entries that the index has for each of them: at least one.
    pub keys: Vec<Key>,
    /// Only messages of this room.
    pub room: Option<RoomId>,
    /// Only messages of this sender.
    pub sender: Option<UserId>,
    /// Only messages before that position.
    pub before: Option<TimelinePosition>,
    /// The most messages to return.
    pub limit: u32,
}

/// Searches messages.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait SearchReader: Send + Sync {
    /// Returns messages for whose content the index has every key, newest first by time and id; fewer than the limit where
    /// there are no more. MUST leave out rooms of which the user is no member now. MUST include every living
    /// message whose content has [entries](super::entries) for all keys, as soon as its sending or edit is answered. Others
    /// may be among them.
    async fn candidates(&self, user: UserId, query: CandidateQuery) -> Result<Vec<Message>, StoreError>;
}

/// Completes the index: with messages that a release without one wrote, and with those that a search reads without it.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait SearchIndexer: Send + Sync {
    /// Returns how much of what a release without an index wrote is not found.
    async fn unindexed(&self) -> Result<Unindexed, StoreError>;

    /// Adds at most `batch` messages of the first room, in the order of ids from `from` on, of which the index lacks any.
    /// Returns the room with the number of messages that it no longer lacks; `None` where there is no such room. MUST lock
    /// senders to that room out for this batch only.
    async fn index_room(&self, from: Option<RoomId>, batch: u32)
    -> Result<Option<(RoomId, u64)>, StoreError>;

    /// Adds the present contents of messages after at most `batch` edits that the index lacks. Returns the number of edits.
    async fn index_edits(&self, batch: u32) -> Result<u64, StoreError>;
}
