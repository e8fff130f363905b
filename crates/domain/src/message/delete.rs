//! Deleting a message.

use std::sync::Arc;

use super::{Deletion, MessageState};
use crate::account::Identity;
use crate::event::{Change, Event, EventBus, What};
use crate::membership::Role;
use crate::store::{Store, open_room};
use crate::{Clock, MessageId, Refusal, Result, RoomId};

/// Makes a message a tombstone; for its sender, while a member, and for the room's admins.
pub struct DeleteMessage {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
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
        let deletion = Deletion { message, room: id, revision, by: caller.user.id, at: self.clock.now() };
        work.delete_message(deletion).await?;
        work.save_room(room).await?;
        work.commit().await?;
        let what = What::Deleted(found.deleted(deletion));
        self.events.publish(Event::Changed(Change { room: id, revision, what }));
        Ok(())
    }
}
