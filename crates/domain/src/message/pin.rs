//! Pins as values.

use crate::account::UserRef;
use crate::room::Seq;
use crate::{MessageId, Timestamp};

/// The most pinned messages of a room.
pub const MOST_PINS: u32 = 50;

/// A message that was pinned or unpinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinChange {
    /// The message.
    pub message: MessageId,
    /// The message's number in the order of the room.
    pub seq: Seq,
    /// The time of the pin; `None` for a message that was unpinned.
    pub pinned_at: Option<Timestamp>,
    /// The user who pinned or unpinned it.
    pub user: UserRef,
}
