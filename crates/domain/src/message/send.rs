//! Sending a message.

use std::sync::Arc;

use super::{Appended, Body, ClientKey, MessageLog, NewMessage};
use crate::account::Identity;
use crate::event::{Change, Event, EventBus, What};
use crate::membership::MemberReader;
use crate::{Clock, IdSource, MessageId, Refusal, Result, RoomId};

/// What to send, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendCommand {
    /// Where to.
    pub room: RoomId,
    /// What it says.
    pub body: Body,
    /// What makes sending it again safe.
    pub client_key: Option<ClientKey>,
}

/// Sends a message into a room; for its members.
pub struct SendMessage {
    pub(crate) log: Arc<dyn MessageLog>,
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl SendMessage {
    /// Sends it; answers when it is on disk. Membership is checked where the message is stored, under the room's lock.
    pub async fn execute(&self, caller: Identity, command: SendCommand) -> Result<Appended> {
        if command.body.file().is_some() {
            return self.refuse_file(&caller, command.room).await;
        }
        let appended = self
            .log
            .append(NewMessage {
                id: MessageId(self.ids.next()),
                room: command.room,
                sender: caller.user.id,
                body: command.body,
                client_key: command.client_key,
                at: self.clock.now(),
            })
            .await?;
        if let Appended::New(message) = &appended {
            let (room, revision, what) = (message.room, message.revision, What::Sent(message.clone()));
            self.events.publish(Event::Changed(Change { room, revision, what }));
        }
        Ok(appended)
    }

    /// No surface takes uploads yet, so no id names a file; who may not send here learns that first.
    async fn refuse_file(&self, caller: &Identity, room: RoomId) -> Result<Appended> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        found.standing.require_member(found.visibility)?;
        Err(Refusal::FileNotFound.into())
    }
}
