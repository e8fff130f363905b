//! Reading a room's history, a window at a time.

use std::sync::Arc;

use super::{Message, MessageKind, MessageReader, ReadMarks};
use crate::account::Identity;
use crate::membership::MemberReader;
use crate::room::Seq;
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// Some consecutive messages of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// At most as many as asked for.
    pub messages: Vec<Message>,
    /// Whether there are more in the direction asked for: newer ones after `After`, else older ones.
    pub has_more: bool,
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
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        found.standing.require_member(found.visibility)?;
        let mut window = self.messages.window(room, query).await?;
        let unfiltered = query.kind.is_none() && query.sender.is_none();
        let newest = window.messages.last().map(|message| message.seq);
        if let Some(seq) = newest.filter(|&seq| mark_read && unfiltered && seq > found.last_read_seq) {
            self.marks.advance(room, caller.user.id, seq).await?;
        }
        if query.order == SortOrder::Descending {
            window.messages.reverse();
        }
        Ok(window)
    }
}
