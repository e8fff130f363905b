//! Showing one message.

use std::sync::Arc;

use super::{Message, MessageReader};
use crate::account::Identity;
use crate::membership::MemberReader;
use crate::{MessageId, Refusal, Result, RoomId};

/// Shows a message, or its tombstone; to members.
pub struct ShowMessage {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) messages: Arc<dyn MessageReader>,
}

impl ShowMessage {
    /// The message.
    pub async fn execute(&self, caller: Identity, room: RoomId, message: MessageId) -> Result<Message> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        found.standing.require_member(found.visibility)?;
        Ok(self.messages.message(room, message).await?.ok_or(Refusal::MessageNotFound)?)
    }
}
