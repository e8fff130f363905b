//! Editing a message.

use std::sync::Arc;

use super::{Content, Edit, Message, MessageState};
use crate::account::Identity;
use crate::event::{Change, Event, EventBus, What};
use crate::store::{Store, open_room};
use crate::{Clock, MessageId, Refusal, Result, RoomId};

/// Gives a message other words; for its sender, while a member.
pub struct EditMessage {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) events: Arc<dyn EventBus>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl EditMessage {
    /// Changes the words and answers the message. A deleted one can't be edited back to life.
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        message: MessageId,
        content: Content,
    ) -> Result<Message> {
        let mut work = self.store.begin().await?;
        let (mut room, _) = open_room(&mut *work, room, &caller).await?.require_member()?;
        let found = work.message(room.id, message).await?.ok_or(Refusal::MessageNotFound)?;
        if let MessageState::Deleted { .. } = found.state {
            return Err(Refusal::MessageNotFound.into());
        }
        if found.sender.id != caller.user.id {
            return Err(Refusal::NotAllowed.into());
        }
        room.log.revision = room.log.revision.next();
        let (id, revision) = (room.id, room.log.revision);
        let edit = Edit { message, room: id, content, revision, by: caller.user.id, at: self.clock.now() };
        work.edit_message(edit.clone()).await?;
        work.save_room(room).await?;
        work.commit().await?;
        let edited = found.edited(&edit);
        self.events.publish(Event::Changed(Change {
            room: id,
            revision,
            what: What::Edited(edited.clone()),
        }));
        Ok(edited)
    }
}
