//! Reading a room's history around a message or a time.

use time::Duration;

use super::ReadHistory;
use crate::account::Identity;
use crate::message::{Anchor, HistoryQuery, Message, Place, Position};
use crate::room::Seq;
use crate::{Result, RoomId, SortOrder};

/// The selection of the messages around a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Around {
    /// The place. A time stands for the first message at or after it, else for the newest.
    pub place: Place,
    /// The most messages to return: 1 to 100.
    pub limit: u32,
    /// The order of the returned messages.
    pub order: SortOrder,
}

/// Consecutive messages on both sides of a place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// At most `limit` messages.
    pub messages: Vec<Message>,
    /// `true` where older messages precede them.
    pub more_before: bool,
    /// `true` where newer messages follow them.
    pub more_after: bool,
}

impl ReadHistory {
    /// Returns up to half of the limit of messages older than the place (an odd limit is rounded down), the message
    /// there, and newer ones up to the limit. With `mark_read` the caller's read mark moves to the newest of them.
    pub async fn around(
        &self,
        caller: Identity,
        room: RoomId,
        around: Around,
        mark_read: bool,
    ) -> Result<Surroundings> {
        let last_read = self.last_read(&caller, room).await?;
        let position = self.position(room, around.place).await?;
        let mut found = self.on_both_sides(room, position, around.limit).await?;
        let newest = found.messages.last().map(|message| message.seq);
        if let Some(seq) = newest.filter(|&seq| mark_read && seq > last_read) {
            self.marks.advance(&caller, room, seq, None).await?;
        }
        if around.order == SortOrder::Descending {
            found.messages.reverse();
        }
        Ok(found)
    }

    /// Returns the messages around the position, oldest first.
    async fn on_both_sides(&self, room: RoomId, position: Position, limit: u32) -> Result<Surroundings> {
        let window = |anchor, limit| {
            let order = SortOrder::Ascending;
            self.messages.window(room, HistoryQuery::unfiltered(anchor, limit, order))
        };
        let half = limit / 2;
        let mut older = window(Anchor::Before(position), half).await?;
        let taken = u32::try_from(older.messages.len()).unwrap_or(half);
        let newer = window(Anchor::After(just_before(position)), limit - taken).await?;
        if newer.messages.is_empty() {
            // Nothing is there or later: the newest message takes the place.
            let newest = window(Anchor::Newest, half + 1).await?;
            let (messages, more_before) = (newest.messages, newest.has_more);
            return Ok(Surroundings { messages, more_before, more_after: false });
        }
        older.messages.extend(newer.messages);
        Ok(Surroundings { messages: older.messages, more_before: older.has_more, more_after: newer.has_more })
    }
}

/// Returns the position that precedes `position` directly, so that a window after it begins with `position`.
fn just_before(position: Position) -> Position {
    match position {
        Position::Seq(Seq(seq)) => Position::Seq(Seq(seq.saturating_sub(1))),
        Position::Time(at) => Position::Time(at.plus(-Duration::MICROSECOND)),
    }
}

#[cfg(test)]
mod tests;
