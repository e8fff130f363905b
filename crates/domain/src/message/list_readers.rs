//! Listing who has read a message.

use std::sync::Arc;

use super::MessageReader;
use crate::account::Identity;
use crate::membership::{MemberReader, Reader};
use crate::{MessageId, Page, PageRequest, Refusal, Result, RoomId};

/// Lists the members who have read a message; to members.
pub struct ListReaders {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) messages: Arc<dyn MessageReader>,
}

impl ListReaders {
    /// Returns one page of the present members but its sender whose mark has reached the message, tombstones included;
    /// [`Refusal::MessageNotFound`] where the room has no such message.
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        message: MessageId,
        page: PageRequest,
    ) -> Result<Page<Reader>> {
        self.members.require_member(room, caller.user.id).await?;
        let message = self.messages.message(room, message).await?.ok_or(Refusal::MessageNotFound)?;
        Ok(self.members.readers(room, message.seq, message.sender.id, page).await?)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::membership::{MockMemberReader, Role, Standing};
    use crate::message::{Message, MockMessageReader};
    use crate::room::{Seq, Visibility};
    use crate::testing::{
        caller, members, members_of_invisible_rooms, message, message_id, refusal, room_id, tombstone, user,
        user_id,
    };

    const PAGE: PageRequest = PageRequest { page: 2, limit: 3 };

    async fn list(members: MockMemberReader, messages: MockMessageReader) -> Result<Page<Reader>> {
        let list = ListReaders { members: Arc::new(members), messages: Arc::new(messages) };
        list.execute(caller(1), room_id(1), message_id(7), PAGE).await
    }

    fn finding(found: Option<Message>) -> MockMessageReader {
        let mut messages = MockMessageReader::new();
        let read = messages.expect_message().with(eq(room_id(1)), eq(message_id(7))).times(1);
        read.return_once(|_, _| Ok(found));
        messages
    }

    #[tokio::test]
    async fn a_member_sees_who_has_read_a_message_or_its_tombstone_without_its_sender() {
        for found in [message(2), tombstone(2)] {
            let page = Page { items: vec![Reader { user: user(3), last_read_seq: Seq(9) }], total: 4 };
            let (mut members, read) =
                (members(Visibility::Private, Standing::Member(Role::Member)), page.clone());
            let readers = members.expect_readers().with(eq(room_id(1)), eq(Seq(7)), eq(user_id(2)), eq(PAGE));
            readers.times(1).return_once(|_, _, _, _| Ok(read));
            assert_eq!(list(members, finding(Some(found))).await.unwrap(), page);
        }
    }

    #[tokio::test]
    async fn a_message_of_another_room_is_not_found() {
        let members = members(Visibility::Private, Standing::Member(Role::Member));
        assert_eq!(refusal(list(members, finding(None)).await), Refusal::MessageNotFound);
    }

    #[tokio::test]
    async fn those_who_may_not_read_the_room_learn_nothing_of_its_messages() {
        let stranger = members(Visibility::Public, Standing::Stranger);
        assert_eq!(refusal(list(stranger, MockMessageReader::new()).await), Refusal::NotAMember);
        for members in members_of_invisible_rooms() {
            assert_eq!(refusal(list(members, MockMessageReader::new()).await), Refusal::RoomNotFound);
        }
    }
}
