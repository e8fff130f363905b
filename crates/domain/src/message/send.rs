//! Sending a message.

use std::sync::Arc;

use super::{Appended, Body, ClientKey, MessageLog, NewMessage, SentExtras};
use crate::account::Identity;
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::{Clock, IdSource, MessageId, Ports, Result, RoomId};

/// A message to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendCommand {
    /// The room.
    pub room: RoomId,
    /// The content.
    pub body: Body,
    /// The extras beside it.
    pub extras: SentExtras,
    /// The idempotency key, if any: it makes a retry return the first message.
    pub client_key: Option<ClientKey>,
}

/// Sends a message to a room; for its members.
pub struct SendMessage {
    pub(crate) log: Arc<dyn MessageLog>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl SendMessage {
    pub(crate) fn new(ports: &Ports) -> Self {
        let Ports { stored, clock, ids, events, .. } = ports;
        Self { log: stored.log.clone(), clock: clock.clone(), ids: ids.clone(), events: events.clone() }
    }

    /// Returns once the message is durable, and publishes a new one. The store checks the session, the membership and
    /// the owner of the file and the messages named beside the body where it appends the message, under the room's lock.
    pub async fn execute(&self, caller: Identity, command: SendCommand) -> Result<Appended> {
        let appended = self
            .log
            .append(NewMessage {
                id: MessageId(self.ids.next()),
                room: command.room,
                sender: caller.user.id,
                session: caller.session,
                body: command.body,
                extras: command.extras,
                client_key: command.client_key,
                at: self.clock.now(),
            })
            .await?;
        if let Appended::New(message) = &appended {
            let (room, revision, kind) = (message.room, message.revision, ChangeKind::Sent(message.clone()));
            self.events.publish(Event::Changed(Change { room, revision, kind }));
        }
        Ok(appended)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::Refusal;
    use crate::event::MockEventBus;
    use crate::message::{Content, MockMessageLog};
    use crate::room::Revision;
    use crate::testing::{
        at, caller, clock, ids, message, message_id, publishing, refusal, room_id, user_id,
    };

    fn command() -> SendCommand {
        let body = Body::Text(Content::parse("hello").unwrap());
        let extras = SentExtras { reply_to: Some(message_id(3)), ..SentExtras::default() };
        SendCommand { room: room_id(1), body, extras, client_key: Some(ClientKey::parse("key").unwrap()) }
    }

    /// Sends the command, which is appended once with this outcome; the log checks the membership.
    async fn send(outcome: Result<Appended>, events: MockEventBus) -> Result<Appended> {
        let SendCommand { room, body, extras, client_key } = command();
        let (id, sender, session, at) = (message_id(42), user_id(1), caller(1).session, at(5));
        let new = NewMessage { id, room, sender, session, body, extras, client_key, at };
        let mut log = MockMessageLog::new();
        log.expect_append().with(eq(new)).times(1).return_once(|_| outcome);
        let send =
            SendMessage { log: Arc::new(log), clock: clock(5), ids: ids(42), events: Arc::new(events) };
        send.execute(caller(1), command()).await
    }

    #[tokio::test]
    async fn a_message_is_appended_in_the_callers_name_and_published() {
        let (room, revision, kind) = (room_id(1), Revision(9), ChangeKind::Sent(message(1)));
        let events = publishing(Event::Changed(Change { room, revision, kind }));
        let outcome = Appended::New(message(1));
        assert_eq!(send(Ok(outcome.clone()), events).await.unwrap(), outcome);
    }

    #[tokio::test]
    async fn a_retry_returns_the_first_message_and_publishes_nothing() {
        let outcome = Appended::Replayed(message(1));
        assert_eq!(send(Ok(outcome.clone()), MockEventBus::new()).await.unwrap(), outcome);
    }

    #[tokio::test]
    async fn a_refusal_of_the_log_is_returned() {
        for refused in
            [Refusal::Unauthenticated, Refusal::NotAMember, Refusal::RoomNotFound, Refusal::FileNotFound]
        {
            assert_eq!(refusal(send(Err(refused.into()), MockEventBus::new()).await), refused);
        }
    }
}
