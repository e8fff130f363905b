//! Reading a room's history in windows.

mod around;

use std::sync::Arc;

use super::{
    Anchor, HistoryQuery, KnownNewest, MessageReader, NewestMessages, Place, Position, PublishedMarks, Window,
};
use crate::account::Identity;
use crate::membership::MemberReader;
use crate::room::Seq;
use crate::{Refusal, Result, RoomId};

pub use around::{Around, Surroundings};

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
        let (_, found) = self.members.require_member(room, caller.user.id).await?;
        Ok(found.last_read_seq)
    }
}

#[cfg(test)]
mod tests;
