//! Reading the former contents of a message.

use std::sync::Arc;

use super::{MessageReader, Version};
use crate::account::Identity;
use crate::membership::{MemberReader, Role};
use crate::{MessageId, Page, PageRequest, Refusal, Result, RoomId};

/// Reads the contents that a message has had, and has now; for its sender, while a member, and for the room's admins.
pub struct ReadVersions {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) messages: Arc<dyn MessageReader>,
}

impl ReadVersions {
    /// Returns a page of the versions, oldest first. A tombstone has none: [`Refusal::MessageNotFound`].
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        message: MessageId,
        page: PageRequest,
    ) -> Result<Page<Version>> {
        let (role, _) = self.members.require_member(room, caller.user.id).await?;
        let living = self.messages.message(room, message).await?.filter(|found| found.deleted_at().is_none());
        let living = living.ok_or(Refusal::MessageNotFound)?;
        if living.sender.id != caller.user.id && role != Role::Admin {
            return Err(Refusal::NotAllowed.into());
        }
        let versions = self.messages.versions(message, page).await?;
        // It was deleted meanwhile.
        if versions.total == 0 {
            return Err(Refusal::MessageNotFound.into());
        }
        Ok(versions)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::membership::{MockMemberReader, Standing};
    use crate::message::{Content, Message, MockMessageReader};
    use crate::room::Visibility;
    use crate::testing::{
        at, caller, members, members_of_invisible_rooms, message, message_id, refusal, room_id, tombstone,
        user,
    };

    const PAGE: PageRequest = PageRequest { page: 2, limit: 1 };

    async fn read(members: MockMemberReader, messages: MockMessageReader) -> Result<Page<Version>> {
        let read = ReadVersions { members: Arc::new(members), messages: Arc::new(messages) };
        read.execute(caller(1), room_id(1), message_id(7), PAGE).await
    }

    /// A caller of that role asks for message 7, which is `found`; its versions are read if there are `versions`.
    async fn read_as(
        role: Role,
        found: Option<Message>,
        versions: Option<Page<Version>>,
    ) -> Result<Page<Version>> {
        let mut messages = MockMessageReader::new();
        let one = messages.expect_message().with(eq(room_id(1)), eq(message_id(7))).times(1);
        one.return_once(|_, _| Ok(found));
        if let Some(versions) = versions {
            let all = messages.expect_versions().with(eq(message_id(7)), eq(PAGE)).times(1);
            all.return_once(|_, _| Ok(versions));
        }
        read(members(Visibility::Private, Standing::Member(role)), messages).await
    }

    fn versions() -> Page<Version> {
        let content = Content::parse("hello").ok();
        Page { items: vec![Version { content, changed_at: at(3), changed_by: user(1) }], total: 2 }
    }

    #[tokio::test]
    async fn the_sender_and_an_admin_read_the_versions_of_a_message() {
        for (role, sender) in [(Role::Member, 1), (Role::Admin, 2)] {
            let read = read_as(role, Some(message(sender)), Some(versions())).await;
            assert_eq!(read.unwrap(), versions());
        }
    }

    #[tokio::test]
    async fn other_members_may_not() {
        let read = read_as(Role::Member, Some(message(2)), None).await;
        assert_eq!(refusal(read), Refusal::NotAllowed);
    }

    #[tokio::test]
    async fn a_tombstone_or_a_message_of_another_room_is_not_found() {
        for role in [Role::Member, Role::Admin] {
            for found in [None, Some(tombstone(1)), Some(tombstone(2))] {
                assert_eq!(refusal(read_as(role, found, None).await), Refusal::MessageNotFound);
            }
        }
    }

    #[tokio::test]
    async fn a_message_that_is_deleted_meanwhile_is_not_found() {
        let none = Page { items: vec![], total: 0 };
        let read = read_as(Role::Member, Some(message(1)), Some(none)).await;
        assert_eq!(refusal(read), Refusal::MessageNotFound);
    }

    #[tokio::test]
    async fn a_non_member_who_sees_the_room_is_rejected_as_such() {
        for (visibility, standing) in
            [(Visibility::Public, Standing::Stranger), (Visibility::Private, Standing::Invited)]
        {
            let result = read(members(visibility, standing), MockMessageReader::new()).await;
            assert_eq!(refusal(result), Refusal::NotAMember);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for members in members_of_invisible_rooms() {
            assert_eq!(refusal(read(members, MockMessageReader::new()).await), Refusal::RoomNotFound);
        }
    }
}
