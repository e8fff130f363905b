//! Listing the users of a reaction.

use std::sync::Arc;

use super::{Emoji, MessageReader};
use crate::account::{Identity, UserRef};
use crate::membership::MemberReader;
use crate::{MessageId, Page, PageRequest, Refusal, Result, RoomId};

/// Lists who reacted to a message with an emoji; to members.
pub struct ListReactions {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) messages: Arc<dyn MessageReader>,
}

impl ListReactions {
    /// Returns a page of the users, in the order of use; an empty one where no one uses it. A tombstone has no reactions:
    /// [`Refusal::MessageNotFound`].
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        message: MessageId,
        emoji: Emoji,
        page: PageRequest,
    ) -> Result<Page<UserRef>> {
        self.members.require_member(room, caller.user.id).await?;
        let users = self.messages.reaction_users(room, message, emoji, page).await?;
        Ok(users.ok_or(Refusal::MessageNotFound)?)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::membership::{MockMemberReader, Role, Standing};
    use crate::message::MockMessageReader;
    use crate::room::Visibility;
    use crate::testing::{caller, members, members_of_invisible_rooms, message_id, refusal, room_id, user};

    const PAGE: PageRequest = PageRequest { page: 2, limit: 20 };

    fn emoji() -> Emoji {
        Emoji::parse("👍").unwrap()
    }

    async fn list(members: MockMemberReader, messages: MockMessageReader) -> Result<Page<UserRef>> {
        let list = ListReactions { members: Arc::new(members), messages: Arc::new(messages) };
        list.execute(caller(1), room_id(1), message_id(7), emoji(), PAGE).await
    }

    async fn list_to_a_member(found: Option<Page<UserRef>>) -> Result<Page<UserRef>> {
        let mut messages = MockMessageReader::new();
        messages
            .expect_reaction_users()
            .with(eq(room_id(1)), eq(message_id(7)), eq(emoji()), eq(PAGE))
            .times(1)
            .return_once(|_, _, _, _| Ok(found));
        list(members(Visibility::Private, Standing::Member(Role::Member)), messages).await
    }

    #[tokio::test]
    async fn a_member_sees_a_page_of_the_users() {
        let page = Page { items: vec![user(2)], total: 21 };
        assert_eq!(list_to_a_member(Some(page.clone())).await.unwrap(), page);
    }

    #[tokio::test]
    async fn a_tombstone_and_a_message_of_another_room_are_not_found() {
        assert_eq!(refusal(list_to_a_member(None).await), Refusal::MessageNotFound);
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
