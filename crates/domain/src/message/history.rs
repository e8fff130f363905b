//! Reading a room's history in windows.

mod around;

use std::sync::Arc;

use super::{Message, MessageKind, MessageReader, PublishedMarks};
use crate::account::Identity;
use crate::membership::MemberReader;
use crate::room::{Revision, Seq};
use crate::{MessageId, Refusal, Result, RoomId, SortOrder, Timestamp, UserId};

pub use around::{Around, Surroundings};

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

/// The fixed end of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Anchor<P = Position> {
    /// The window ends with the newest message.
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

    fn is_unfiltered(&self) -> bool {
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

/// Reads history; for members.
pub struct ReadHistory {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) messages: Arc<dyn MessageReader>,
    pub(crate) marks: PublishedMarks,
}

impl ReadHistory {
    /// Returns the window; [`Refusal::MessageNotFound`] where the room has no message that begins the thread asked for. With
    /// `mark_read` an unfiltered window moves the caller's read mark to its newest message.
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        query: HistoryQuery,
        mark_read: bool,
    ) -> Result<Window> {
        let last_read = self.last_read(&caller, room).await?;
        if let Some(root) = query.thread() {
            self.messages.message(room, root).await?.ok_or(Refusal::MessageNotFound)?;
        }
        let mut window = self.messages.window(room, query).await?;
        let newest = window.messages.last().map(|message| message.seq);
        if let Some(seq) = newest.filter(|&seq| mark_read && query.is_unfiltered() && seq > last_read) {
            self.marks.advance(&caller, room, seq, None).await?;
        }
        window.reorder(query.order);
        Ok(window)
    }

    /// Returns the same for a query whose [window may be cached](HistoryQuery::is_newest); `None` where `known` is
    /// still current, or where the room has no messages and nothing is known.
    pub async fn newest(
        &self,
        caller: Identity,
        room: RoomId,
        query: HistoryQuery,
        mark_read: bool,
        known: Option<KnownNewest>,
    ) -> Result<Option<NewestMessages>> {
        let last_read = self.last_read(&caller, room).await?;
        let revision = known.map(|known| known.revision);
        let mut read = self.messages.newest(room, query.limit, revision).await?;
        let last = read.as_ref().and_then(|read| read.window.messages.last()).map(|message| message.seq);
        let newest = last.or(known.map(|known| known.newest));
        if let Some(seq) = newest.filter(|&seq| mark_read && seq > last_read) {
            self.marks.advance(&caller, room, seq, None).await?;
        }
        if let Some(read) = &mut read {
            read.window.reorder(query.order);
        }
        Ok(read)
    }

    /// Returns the anchor with the position of the message that it may name; [`Refusal::MessageNotFound`] where the
    /// room has no such message. Tombstones have positions too.
    pub async fn anchor(&self, caller: &Identity, room: RoomId, anchor: Anchor<Place>) -> Result<Anchor> {
        let (place, end): (_, fn(Position) -> Anchor) = match anchor {
            Anchor::Newest => return Ok(Anchor::Newest),
            Anchor::Before(place) => (place, Anchor::Before),
            Anchor::After(place) => (place, Anchor::After),
        };
        if let Place::Message(_) = place {
            self.last_read(caller, room).await?;
        }
        Ok(end(self.position(room, place).await?))
    }

    /// Returns the position of a place in a room that the caller may read.
    async fn position(&self, room: RoomId, place: Place) -> Result<Position> {
        match place {
            Place::At(position) => Ok(position),
            Place::Message(id) => {
                let message = self.messages.message(room, id).await?.ok_or(Refusal::MessageNotFound)?;
                Ok(Position::Seq(message.seq))
            }
        }
    }

    /// Rejects non-members; returns the `seq` up to which the caller has read.
    async fn last_read(&self, caller: &Identity, room: RoomId) -> Result<Seq> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        found.standing.require_member(found.visibility)?;
        Ok(found.last_read_seq)
    }
}

#[cfg(test)]
mod tests;
