//! Listing the pinned messages of a room.

use std::sync::Arc;

use super::{Message, MessageReader};
use crate::account::Identity;
use crate::membership::MemberReader;
use crate::{Page, PageRequest, Result, RoomId};

/// Lists the pinned messages of a room; to members.
pub struct ListPins {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) messages: Arc<dyn MessageReader>,
}

impl ListPins {
    /// Returns a page of the messages, the latest pin first.
    pub async fn execute(&self, caller: Identity, room: RoomId, page: PageRequest) -> Result<Page<Message>> {
        self.members.require_member(room, caller.user.id).await?;
        Ok(self.messages.pins(room, page).await?)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::Refusal;
    use crate::membership::{MockMemberReader, Role, Standing};
    use crate::message::MockMessageReader;
    use crate::room::Visibility;
    use crate::testing::{caller, members, members_of_invisible_rooms, message, refusal, room_id};

    const PAGE: PageRequest = PageRequest { page: 2, limit: 20 };

    async fn list(members: MockMemberReader, messages: MockMessageReader) -> Result<Page<Message>> {
        let list = ListPins { members: Arc::new(members), messages: Arc::new(messages) };
        list.execute(caller(1), room_id(1), PAGE).await
    }

    #[tokio::test]
    async fn a_member_sees_a_page_of_the_pinned_messages() {
        let page = Page { items: vec![message(2)], total: 21 };
        let (found, mut messages) = (page.clone(), MockMessageReader::new());
        let read = messages.expect_pins().with(eq(room_id(1)), eq(PAGE)).times(1);
        read.return_once(|_, _| Ok(found));
        let members = members(Visibility::Private, Standing::Member(Role::Member));
        assert_eq!(list(members, messages).await.unwrap(), page);
    }

    #[tokio::test]
    async fn a_caller_who_is_no_member_is_rejected() {
        let stranger = members(Visibility::Public, Standing::Stranger);
        assert_eq!(refusal(list(stranger, MockMessageReader::new()).await), Refusal::NotAMember);
        for members in members_of_invisible_rooms() {
            assert_eq!(refusal(list(members, MockMessageReader::new()).await), Refusal::RoomNotFound);
        }
    }
}
