//! Reacting to a message, and pinning it.

use std::sync::Arc;

use super::{Annotation, AnnotationAct, MessageLog};
use crate::account::Identity;
use crate::event::{Change, Event, EventBus};
use crate::{Clock, MessageId, Result, RoomId};

/// Reacts to a message, or pins it; for members.
pub struct AnnotateMessage {
    pub(crate) log: Arc<dyn MessageLog>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl AnnotateMessage {
    /// Returns the change once it is durable, and publishes it. An act that changes nothing succeeds, and there is none. The
    /// store checks the session, the membership and the limits, under the room's lock.
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        message: MessageId,
        act: AnnotationAct,
    ) -> Result<Option<Change>> {
        let (user, session, at) = (caller.user.id, caller.session, self.clock.now());
        let annotated = self.log.annotate(Annotation { room, message, user, session, act, at }).await?;
        if let Some(change) = &annotated {
            self.events.publish(Event::Changed(change.clone()));
        }
        Ok(annotated)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::Refusal;
    use crate::event::{ChangeKind, MockEventBus};
    use crate::message::{MockMessageLog, PinChange};
    use crate::room::{Revision, Seq};
    use crate::testing::{at, caller, clock, message_id, publishing, refusal, room_id, user, user_id};

    /// Pins message 7, which the log decides like this.
    async fn pin(outcome: Result<Option<Change>>, events: MockEventBus) -> Result<Option<Change>> {
        let (room, message) = (room_id(1), message_id(7));
        let (user, session) = (user_id(1), caller(1).session);
        let annotation = Annotation { room, message, user, session, act: AnnotationAct::Pin, at: at(5) };
        let mut log = MockMessageLog::new();
        log.expect_annotate().with(eq(annotation)).times(1).return_once(|_| outcome);
        let annotate = AnnotateMessage { log: Arc::new(log), clock: clock(5), events: Arc::new(events) };
        annotate.execute(caller(1), room, message, AnnotationAct::Pin).await
    }

    #[tokio::test]
    async fn an_annotation_is_stored_in_the_callers_name_and_published() {
        let change = PinChange { message: message_id(7), seq: Seq(7), pinned_at: Some(at(5)), user: user(1) };
        let kind = ChangeKind::MessagePinned(change);
        let change = Change { room: room_id(1), revision: Revision(10), kind };
        let events = publishing(Event::Changed(change.clone()));
        assert_eq!(pin(Ok(Some(change.clone())), events).await.unwrap(), Some(change));
    }

    #[tokio::test]
    async fn an_annotation_that_changes_nothing_publishes_nothing() {
        assert_eq!(pin(Ok(None), MockEventBus::new()).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_refusal_of_the_log_is_returned() {
        for refused in [Refusal::MessageNotFound, Refusal::AdminRequired, Refusal::TooManyPins] {
            assert_eq!(refusal(pin(Err(refused.into()), MockEventBus::new()).await), refused);
        }
    }
}
