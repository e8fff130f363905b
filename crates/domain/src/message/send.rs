//! Sending a message.

use std::sync::Arc;

use super::{Appended, Body, ClientKey, MessageLog, NewMessage};
use crate::account::Identity;
use crate::event::{Change, ChangeKind, Event, EventBus};
use crate::{Clock, IdSource, MessageId, Result, RoomId};

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
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl SendMessage {
    /// Sends it; answers when it is on disk. The session, membership, and whose the file is, are checked where the
    /// message is stored, under the room's lock.
    pub async fn execute(&self, caller: Identity, command: SendCommand) -> Result<Appended> {
        let appended = self
            .log
            .append(NewMessage {
                id: MessageId(self.ids.next()),
                room: command.room,
                sender: caller.user.id,
                session: caller.session,
                body: command.body,
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

    fn words() -> SendCommand {
        let body = Body::Text(Content::parse("hello").unwrap());
        SendCommand { room: room_id(1), body, client_key: Some(ClientKey::parse("key").unwrap()) }
    }

    /// The words are appended once, with this answer; the membership check is the log's.
    async fn send(answer: Result<Appended>, events: MockEventBus) -> Result<Appended> {
        let SendCommand { room, body, client_key } = words();
        let (id, sender, session, at) = (message_id(42), user_id(1), caller(1).session, at(5));
        let new = NewMessage { id, room, sender, session, body, client_key, at };
        let mut log = MockMessageLog::new();
        log.expect_append().with(eq(new)).times(1).return_once(|_| answer);
        let send =
            SendMessage { log: Arc::new(log), clock: clock(5), ids: ids(42), events: Arc::new(events) };
        send.execute(caller(1), words()).await
    }

    #[tokio::test]
    async fn words_are_appended_as_the_callers_and_the_room_is_told() {
        let (room, revision, kind) = (room_id(1), Revision(9), ChangeKind::Sent(message(1)));
        let events = publishing(Event::Changed(Change { room, revision, kind }));
        let answer = Appended::New(message(1));
        assert_eq!(send(Ok(answer.clone()), events).await.unwrap(), answer);
    }

    #[tokio::test]
    async fn words_that_were_there_already_are_answered_and_not_told_again() {
        let answer = Appended::Replayed(message(1));
        assert_eq!(send(Ok(answer.clone()), MockEventBus::new()).await.unwrap(), answer);
    }

    #[tokio::test]
    async fn what_the_log_refuses_is_refused() {
        for refused in
            [Refusal::Unauthenticated, Refusal::NotAMember, Refusal::RoomNotFound, Refusal::FileNotFound]
        {
            assert_eq!(refusal(send(Err(refused.into()), MockEventBus::new()).await), refused);
        }
    }
}
