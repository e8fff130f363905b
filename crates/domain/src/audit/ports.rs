//! Ports of the audit log.

use async_trait::async_trait;

use super::{AuditEntry, AuditEvent, AuditKind, MessageAudit};
use crate::message::Anchor;
use crate::{AuditEventId, MessageId, RoomId, StoreError, Timestamp, UserId};

/// A position in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditPosition {
    /// That of an event.
    Event(Timestamp, AuditEventId),
    /// A point in time.
    Time(Timestamp),
}

/// The fixed end of a window of events.
pub type AuditAnchor = Anchor<AuditPosition>;

/// The selection of a window of events; a filter that is `None` selects all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AuditQuery {
    /// Only events of this room, deleted or not.
    pub room: Option<RoomId>,
    /// Only events that this user did, or that were done to them.
    pub user: Option<UserId>,
    /// Only events of this kind.
    pub kind: Option<AuditKind>,
    /// Only events since then.
    pub since: Option<Timestamp>,
    /// The position of the window.
    pub anchor: AuditAnchor,
    /// The most events to return.
    pub limit: u32,
}

/// Consecutive events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditWindow {
    /// At most `limit` events.
    pub events: Vec<AuditEvent>,
    /// `true` where more events follow in the direction of the query: newer ones for `After`, else older ones.
    pub has_more: bool,
}

/// Reads what the audit keeps.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AuditReader: Send + Sync {
    /// Returns the message of that id in any room, with all former contents; the last content of a deleted one is the
    /// last of `former`. `None` where there is no such message.
    async fn message(&self, id: MessageId) -> Result<Option<MessageAudit>, StoreError>;

    /// Returns the window of events that the query selects, oldest first, ordered by time, then by id. With one filter,
    /// or none, MUST touch a number of rows that depends on the limit only.
    async fn events(&self, query: AuditQuery) -> Result<AuditWindow, StoreError>;
}

/// Stores audit events in a unit of work.
#[async_trait]
pub trait AuditWrites: Send {
    /// Stores an event. It MUST be stored if and only if the unit is committed, and the program's log MUST show it then.
    /// The times of a room's events MUST rise strictly in the order of the units that lock the room, whatever the clocks
    /// of replicas say, so that no reader misses one.
    async fn record(&mut self, entry: AuditEntry) -> Result<(), StoreError>;
}
