//! Reading a room's history, a window at a time.

use std::sync::Arc;

use super::{Message, MessageKind, MessageReader, ReadMarks};
use crate::account::Identity;
use crate::membership::MemberReader;
use crate::room::{Revision, Seq};
use crate::{Refusal, Result, RoomId, SortOrder, Timestamp, UserId};

/// A place between messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Position {
    /// At that message.
    Seq(Seq),
    /// At that moment.
    Time(Timestamp),
}

/// Which end of a window is fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Anchor {
    /// The newest messages.
    #[default]
    Newest,
    /// Those next older than the position, which is not included.
    Before(Position),
    /// Those next newer than the position, which is not included.
    After(Position),
}

/// Which messages of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HistoryQuery {
    /// Where the window lies.
    pub anchor: Anchor,
    /// How many messages at most: 1 to 100.
    pub limit: u32,
    /// Which end comes first.
    pub order: SortOrder,
    /// Only messages of this kind; a tombstone is of no kind.
    pub kind: Option<MessageKind>,
    /// Only messages of this sender, tombstones included.
    pub sender: Option<UserId>,
}

impl HistoryQuery {
    /// Whether it is what everybody asks first: the newest messages, whatever they are.
    #[must_use]
    pub fn is_newest(&self) -> bool {
        self.anchor == Anchor::Newest && self.kind.is_none() && self.sender.is_none()
    }
}

/// Some consecutive messages of a room.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Window {
    /// At most as many as asked for.
    pub messages: Vec<Message>,
    /// Whether there are more in the direction asked for: newer ones after `After`, else older ones.
    pub has_more: bool,
}

impl Window {
    /// From oldest first, as it is read, to the order asked for.
    fn turn(&mut self, order: SortOrder) {
        if order == SortOrder::Descending {
            self.messages.reverse();
        }
    }
}

/// A room's newest messages, and the room's revision when they were so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewestMessages {
    /// Never later than what was read: should it still be the room's, so are these the newest messages.
    pub revision: Revision,
    /// At least one message.
    pub window: Window,
}

/// What a caller kept of a [`NewestMessages`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownNewest {
    /// Its revision.
    pub revision: Revision,
    /// Its newest message.
    pub newest: Seq,
}

/// Reads history; for members.
pub struct ReadHistory {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) messages: Arc<dyn MessageReader>,
    pub(crate) marks: Arc<dyn ReadMarks>,
}

impl ReadHistory {
    /// The window asked for. An unfiltered one is marked as read up to its newest message where `mark_read` says so.
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        query: HistoryQuery,
        mark_read: bool,
    ) -> Result<Window> {
        let last_read = self.last_read(&caller, room).await?;
        let mut window = self.messages.window(room, query).await?;
        let unfiltered = query.kind.is_none() && query.sender.is_none();
        let newest = window.messages.last().map(|message| message.seq);
        if let Some(seq) = newest.filter(|&seq| mark_read && unfiltered && seq > last_read) {
            self.marks.advance(room, caller.user.id, seq).await?;
        }
        window.turn(query.order);
        Ok(window)
    }

    /// The same for a query that [is for the newest](HistoryQuery::is_newest), whose window may be kept: nothing where
    /// what is `known` still stands, or where there is no message and nothing was known.
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
            self.marks.advance(room, caller.user.id, seq).await?;
        }
        if let Some(read) = &mut read {
            read.window.turn(query.order);
        }
        Ok(read)
    }

    /// Admits members alone; answers how far the caller has read.
    async fn last_read(&self, caller: &Identity, room: RoomId) -> Result<Seq> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        found.standing.require_member(found.visibility)?;
        Ok(found.last_read_seq)
    }
}

#[cfg(test)]
mod tests;
