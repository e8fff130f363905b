//! Ports that carry events between replicas and read the changes of rooms.

use async_trait::async_trait;

use super::{Change, Event};
use crate::room::Revision;
use crate::{RoomId, SessionId, StoreError};

/// Publishes events to every replica, this one included.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait EventBus: Send + Sync {
    /// Publishes an event. MUST NOT wait for delivery, and MUST deliver to this replica at once, even if the others
    /// are unreachable. Delivery is at most once and in any order; consumers that need more read the store.
    fn publish(&self, event: Event);
}

/// The consumer of events at this replica.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait EventSink: Send + Sync {
    /// Consumes an event. MUST NOT block.
    fn deliver(&self, event: Event);

    /// Reports that events may have been lost, because the bus was unavailable for a time. MUST read the store soon,
    /// and MUST NOT block.
    fn resync(&self);
}

/// Consecutive changes of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Ordered by revision; each message, member and the room itself at most once, in its latest state.
    pub items: Vec<Change>,
    /// `true` where more changes follow.
    pub has_more: bool,
    /// The revision up to which the reader knows everything after these changes.
    pub revision: Revision,
}

impl Changes {
    /// Merges changes of several kinds, read separately, into one order and keeps the first `limit`. The caller has
    /// read, of each kind, either all changes up to `revision` or at least `limit + 1`.
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

/// Reads the changes of rooms and the ends of sessions.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait ChangeReader: Send + Sync {
    /// Returns the first `limit` changes of a room after `since`: each message, member and the room itself in its
    /// latest state. An item created after `origin`, the revision up to which the reader knows everything, is
    /// returned as new, an older one as changed. MUST leave out nothing up to the returned revision, and return
    /// nothing beyond it.
    ///
    /// The only change of a deleted room is its deletion. For a reader ahead of the room there are no changes, and
    /// the revision is the room's own. `None` where the room never existed or its rows were removed.
    async fn changes(
        &self,
        room: RoomId,
        since: Revision,
        origin: Revision,
        limit: u32,
    ) -> Result<Option<Changes>, StoreError>;

    /// Returns the rooms whose revision differs from the given one, with their revision; not those that do not exist any
    /// more. MUST use one query.
    async fn changed_rooms(
        &self,
        rooms: Vec<(RoomId, Revision)>,
    ) -> Result<Vec<(RoomId, Revision)>, StoreError>;

    /// Returns the sessions that were ended, or do not exist (any more). MUST use one query. A session that expired
    /// by itself is left out: its holder knows the expiry.
    async fn ended_sessions(&self, sessions: Vec<SessionId>) -> Result<Vec<SessionId>, StoreError>;
}
