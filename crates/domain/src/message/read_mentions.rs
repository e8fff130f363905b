//! Reading the messages that mention a user, of all rooms.

use std::sync::Arc;

use super::{Anchor, MentionQuery, MessageReader, Place, TimelinePosition, Window};
use crate::account::Identity;
use crate::{Refusal, Result, SortOrder, UserId};

/// Reads the messages that mention the caller, or everybody in one of their rooms.
pub struct ReadMentions {
    pub(crate) messages: Arc<dyn MessageReader>,
}

impl ReadMentions {
    /// Returns the window, in that order. An anchor may name any message that the caller may read:
    /// [`Refusal::MessageNotReadable`] for another.
    pub async fn execute(
        &self,
        caller: Identity,
        anchor: Anchor<Place<TimelinePosition>>,
        limit: u32,
        order: SortOrder,
    ) -> Result<Window> {
        let messages = &*self.messages;
        let anchor = match anchor {
            Anchor::Newest => Anchor::Newest,
            Anchor::Before(place) => Anchor::Before(place.position(messages, caller.user.id).await?),
            Anchor::After(place) => Anchor::After(place.position(messages, caller.user.id).await?),
        };
        let mut window = messages.mentions(caller.user.id, MentionQuery { anchor, limit }).await?;
        window.reorder(order);
        Ok(window)
    }
}

impl Place<TimelinePosition> {
    /// Returns the position. Rejects a message that the reader may not read with [`Refusal::MessageNotReadable`].
    pub(crate) async fn position(
        self,
        messages: &dyn MessageReader,
        reader: UserId,
    ) -> Result<TimelinePosition> {
        match self {
            Self::At(position) => Ok(position),
            Self::Message(id) => {
                let sent = messages.sent_at(id, reader).await?;
                Ok(TimelinePosition::Message(sent.ok_or(Refusal::MessageNotReadable)?, id))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::message::MockMessageReader;
    use crate::testing::{at, caller, message, message_id, refusal, user_id};

    type Found = Result<Window>;

    async fn read(
        messages: MockMessageReader,
        anchor: Anchor<Place<TimelinePosition>>,
        order: SortOrder,
    ) -> Found {
        ReadMentions { messages: Arc::new(messages) }.execute(caller(1), anchor, 50, order).await
    }

    /// Expects a read of the window at that anchor, which has these messages.
    fn reading(
        anchor: Anchor<TimelinePosition>,
        messages: Vec<crate::message::Message>,
    ) -> MockMessageReader {
        let mut reader = MockMessageReader::new();
        reader
            .expect_mentions()
            .with(eq(user_id(1)), eq(MentionQuery { anchor, limit: 50 }))
            .times(1)
            .return_once(|_, _| Ok(Window { messages, has_more: true }));
        reader
    }

    #[tokio::test]
    async fn mentions_come_in_the_order_asked_for() {
        let (older, newer) = (message(2), message(3));
        for (order, wanted) in [
            (SortOrder::Ascending, vec![older.clone(), newer.clone()]),
            (SortOrder::Descending, vec![newer.clone(), older.clone()]),
        ] {
            let reader = reading(Anchor::Newest, vec![older.clone(), newer.clone()]);
            let window = read(reader, Anchor::Newest, order).await.unwrap();
            assert_eq!(window, Window { messages: wanted, has_more: true });
        }
    }

    #[tokio::test]
    async fn a_message_that_the_caller_may_read_is_a_place() {
        let mut reader = reading(Anchor::Before(TimelinePosition::Message(at(3), message_id(7))), vec![]);
        let sent = reader.expect_sent_at().with(eq(message_id(7)), eq(user_id(1))).times(1);
        sent.return_once(|_, _| Ok(Some(at(3))));
        let anchor = Anchor::Before(Place::Message(message_id(7)));
        read(reader, anchor, SortOrder::Descending).await.unwrap();
    }

    #[tokio::test]
    async fn a_message_that_the_caller_may_not_read_is_not_found() {
        let mut reader = MockMessageReader::new();
        reader.expect_sent_at().times(1).return_once(|_, _| Ok(None));
        let anchor = Anchor::After(Place::Message(message_id(7)));
        assert_eq!(refusal(read(reader, anchor, SortOrder::Ascending).await), Refusal::MessageNotReadable);
    }
}
