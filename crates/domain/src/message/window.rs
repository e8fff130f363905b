//! Windows of messages, and the queries that select them.

use super::{Message, MessageKind};
use crate::room::{Revision, Seq};
use crate::{MessageId, SortOrder, Timestamp, UserId};

/// A position in a room's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Position {
    /// The message with that number.
    Seq(Seq),
    /// A point in time.
    Time(Timestamp),
}

/// A place in a room's history as a client names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<P = Position> {
    /// A position.
    At(P),
    /// The position of the message with that id.
    Message(MessageId),
}

/// The fixed end of a window, of messages by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Anchor<P = Position> {
    /// The window ends with the newest item.
    #[default]
    Newest,
    /// The window ends before the position, which is excluded.
    Before(P),
    /// The window starts after the position, which is excluded.
    After(P),
}

/// The selection of a window of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HistoryQuery {
    /// The position of the window.
    pub anchor: Anchor,
    /// The most messages to return: 1 to 100.
    pub limit: u32,
    /// The order of the returned messages.
    pub order: SortOrder,
    /// Only messages of this kind; a tombstone has none.
    pub kind: Option<MessageKind>,
    /// Only messages of this sender, tombstones included.
    pub sender: Option<UserId>,
    /// Only messages in these threads, or in none.
    pub threads: Threads,
}

/// The selection of messages by the threads that they are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Threads {
    /// All messages.
    #[default]
    All,
    /// Those in no thread, tombstones included.
    Outside,
    /// The replies in the thread that this message begins, without tombstones.
    Of(MessageId),
}

impl HistoryQuery {
    /// A query of all messages.
    #[must_use]
    pub fn unfiltered(anchor: Anchor, limit: u32, order: SortOrder) -> Self {
        Self { anchor, limit, order, kind: None, sender: None, threads: Threads::All }
    }

    /// Returns whether the query selects the newest messages without a filter: the most common query, whose window
    /// may be cached.
    #[must_use]
    pub fn is_newest(&self) -> bool {
        self.anchor == Anchor::Newest && self.is_unfiltered()
    }

    /// Returns the message that begins the thread asked for, if one is.
    #[must_use]
    pub fn thread(&self) -> Option<MessageId> {
        match self.threads {
            Threads::Of(root) => Some(root),
            Threads::All | Threads::Outside => None,
        }
    }

    /// Returns whether it leaves no messages out.
    #[must_use]
    pub fn is_unfiltered(&self) -> bool {
        self.kind.is_none() && self.sender.is_none() && self.threads == Threads::All
    }
}

/// Consecutive messages of a room.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Window {
    /// At most `limit` messages.
    pub messages: Vec<Message>,
    /// `true` where more messages follow in the direction of the query: newer ones for `After`, else older ones.
    pub has_more: bool,
}

impl Window {
    /// Changes the order from oldest first, as it is read, to the requested one.
    pub(super) fn reorder(&mut self, order: SortOrder) {
        if order == SortOrder::Descending {
            self.messages.reverse();
        }
    }
}

/// A room's newest messages, with the revision of the room at which they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewestMessages {
    /// Never later than the messages: while the room is still at this revision, these are its newest messages.
    pub revision: Revision,
    /// At least one message.
    pub window: Window,
}

/// The identity of [`NewestMessages`] that the caller has cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownNewest {
    /// The revision.
    pub revision: Revision,
    /// The number of the newest message.
    pub newest: Seq,
}

/// A position among the messages of several rooms, which are ordered by their time, then by their id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimelinePosition {
    /// The message that was sent then.
    Message(Timestamp, MessageId),
    /// A point in time.
    Time(Timestamp),
}

/// The selection of a window of mentions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MentionQuery {
    /// The position of the window.
    pub anchor: Anchor<TimelinePosition>,
    /// The most messages to return: 1 to 100.
    pub limit: u32,
}
