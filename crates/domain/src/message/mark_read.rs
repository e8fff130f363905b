//! Marking a room as read.

use std::sync::Arc;

use super::ReadMarks;
use crate::account::Identity;
use crate::membership::MemberReader;
use crate::room::Seq;
use crate::{Refusal, Result, RoomId};

/// Moves the caller's reading mark; for members.
pub struct MarkRead {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) marks: Arc<dyn ReadMarks>,
}

impl MarkRead {
    /// Marks the room as read up to `seq`, or to its newest message where that is less; never back.
    pub async fn execute(&self, caller: Identity, room: RoomId, seq: Seq) -> Result<()> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        found.standing.require_member(found.visibility)?;
        Ok(self.marks.advance(room, caller.user.id, seq).await?)
    }
}
