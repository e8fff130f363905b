//! Showing one message.

use std::sync::Arc;

use super::{Message, MessageReader};
use crate::account::Identity;
use crate::membership::MemberReader;
use crate::{MessageId, Refusal, Result, RoomId};

/// Shows a message or its tombstone; to members.
pub struct ShowMessage {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) messages: Arc<dyn MessageReader>,
}

impl ShowMessage {
    /// Returns the message; [`Refusal::MessageNotFound`] where the room has no such message.
    pub async fn execute(&self, caller: Identity, room: RoomId, message: MessageId) -> Result<Message> {
        self.members.require_member(room, caller.user.id).await?;
        Ok(self.messages.message(room, message).await?.ok_or(Refusal::MessageNotFound)?)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::membership::{MockMemberReader, Role, Standing};
    use crate::message::MockMessageReader;
    use crate::room::Visibility;
    use crate::testing::{
        caller, members, members_of_invisible_rooms, message, message_id, refusal, room_id, tombstone,
    };

    async fn show(members: MockMemberReader, messages: MockMessageReader) -> Result<Message> {
        let show = ShowMessage { members: Arc::new(members), messages: Arc::new(messages) };
        show.execute(caller(1), room_id(1), message_id(7)).await
    }

    async fn show_to_a_member(found: Option<Message>) -> Result<Message> {
        let mut messages = MockMessageReader::new();
        let read = messages.expect_message().with(eq(room_id(1)), eq(message_id(7))).times(1);
        read.return_once(|_, _| Ok(found));
        show(members(Visibility::Private, Standing::Member(Role::Member)), messages).await
    }

    #[tokio::test]
    async fn a_member_sees_a_message_or_its_tombstone() {
        for found in [message(2), tombstone(2)] {
            assert_eq!(show_to_a_member(Some(found.clone())).await.unwrap(), found);
        }
    }

    #[tokio::test]
    async fn a_message_of_another_room_is_not_found() {
        assert_eq!(refusal(show_to_a_member(None).await), Refusal::MessageNotFound);
    }

    #[tokio::test]
    async fn a_non_member_who_sees_the_room_is_rejected_as_such() {
        for (visibility, standing) in
            [(Visibility::Public, Standing::Stranger), (Visibility::Private, Standing::Invited)]
        {
            let result = show(members(visibility, standing), MockMessageReader::new()).await;
            assert_eq!(refusal(result), Refusal::NotAMember);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for members in members_of_invisible_rooms() {
            let result = show(members, MockMessageReader::new()).await;
            assert_eq!(refusal(result), Refusal::RoomNotFound);
        }
    }
}
