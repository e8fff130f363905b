//! What events need from outside.

use async_trait::async_trait;

use super::{Change, Event};
use crate::room::Revision;
use crate::{RoomId, SessionId, StoreError};

/// Carries events to every replica, this one included.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait EventBus: Send + Sync {
    /// Sends an event off. MUST NOT wait for anybody, and MUST deliver to this replica at once, whatever becomes of
    /// the others. Delivery is at most once and in any order; whoever needs more reads the store.
    fn publish(&self, event: Event);
}

/// Where events arrive.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait EventSink: Send + Sync {
    /// Takes an event. MUST NOT block.
    fn deliver(&self, event: Event);

    /// Something may have been missed: the bus was away and is back. MUST look into the store soon, and MUST NOT block.
    fn resync(&self);
}

/// A stretch of a room's lasting changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// In the order of their revisions, each thing once and as it is now.
    pub items: Vec<Change>,
    /// Whether there are more.
    pub has_more: bool,
    /// Up to where the reader knows everything now.
    pub revision: Revision,
}

impl Changes {
    /// Puts kinds of changes that were read apart into one order, and keeps the first `limit`. Of each kind, all up to
    /// `revision` were read, or `limit` and one more.
    #[must_use]
    pub fn first(mut items: Vec<Change>, limit: u32, revision: Revision) -> Self {
        items.sort_by_key(|change| change.revision);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().map_or(revision, |change| change.revision);
        Self { revision: if has_more { last } else { revision }, items, has_more }
    }
}

/// Reads what changed.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait ChangeReader: Send + Sync {
    /// The first `limit` changes of a room after `since`: each message, member and the room itself at its latest
    /// revision. What came into the room after `origin`, where the reader's knowledge ends, is told of as new, what
    /// was there before as changed. MUST leave out nothing up to the answered revision, and answer nothing beyond it. A
    /// deleted room's only change is its deletion. A reader who is ahead of the room is answered nothing, and the
    /// room's own revision. `None` where there is no trace of the room.
    async fn changes(
        &self,
        room: RoomId,
        since: Revision,
        origin: Revision,
        limit: u32,
    ) -> Result<Option<Changes>, StoreError>;

    /// Which of these rooms are at another revision than the one named; one query for all. A room of which there is no
    /// trace is at none.
    async fn changed_rooms(&self, rooms: Vec<(RoomId, Revision)>) -> Result<Vec<RoomId>, StoreError>;

    /// Which of these sessions were ended, or are not known (any more); one query for all. One that lapses by itself is
    /// not told of: whoever holds it knows when.
    async fn ended_sessions(&self, sessions: Vec<SessionId>) -> Result<Vec<SessionId>, StoreError>;
}
