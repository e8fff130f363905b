//! Deleting a message.

use std::sync::Arc;

use super::{Deletion, MessageState};
use crate::account::Identity;
use crate::membership::Role;
use crate::store::{Store, open_room};
use crate::{Clock, MessageId, Refusal, Result, RoomId};

/// Makes a message a tombstone; for its sender, while a member, and for the room's admins.
pub struct DeleteMessage {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl DeleteMessage {
    /// Deletes it; one that is deleted already stays as it is.
    pub async fn execute(&self, caller: Identity, room: RoomId, message: MessageId) -> Result<()> {
        let mut work = self.store.begin().await?;
        let (mut room, mine) = open_room(&mut *work, room, &caller).await?.require_member()?;
        let found = work.message(room.id, message).await?.ok_or(Refusal::MessageNotFound)?;
        if found.sender.id != caller.user.id && mine.role != Role::Admin {
            return Err(Refusal::NotAllowed.into());
        }
        if let MessageState::Deleted { .. } = found.state {
            return Ok(());
        }
        room.log.revision = room.log.revision.next();
        let (id, revision) = (room.id, room.log.revision);
        work.delete_message(Deletion {
            message,
            room: id,
            revision,
            by: caller.user.id,
            at: self.clock.now(),
        })
        .await?;
        work.save_room(room).await?;
        Ok(work.commit().await?)
    }
}
