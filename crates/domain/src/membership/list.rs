//! Listing a room's members.

use std::sync::Arc;

use super::{Member, MemberReader, Role};
use crate::account::Identity;
use crate::room::Visibility;
use crate::{Page, PageRequest, Refusal, Result, RoomId};

/// Lists the members of a room; for its members, and for any signed-in caller where the room is public.
pub struct ListMembers {
    pub(crate) members: Arc<dyn MemberReader>,
}

impl ListMembers {
    /// Returns one page, only members with `role` where it is some.
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        role: Option<Role>,
        page: PageRequest,
    ) -> Result<Page<Member>> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        if found.visibility == Visibility::Private {
            found.standing.require_member(found.visibility)?;
        }
        let found = self.members.list(room, role, page).await?;
        if found.total == 0 && (role.is_none() || self.is_empty(room).await?) {
            return Err(Refusal::RoomNotFound.into());
        }
        Ok(found)
    }

    /// Returns true for a room that was deleted since the check above: one that is there has a member.
    async fn is_empty(&self, room: RoomId) -> Result<bool> {
        Ok(self.members.list(room, None, PageRequest { page: 1, limit: 1 }).await?.total == 0)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::membership::{MockMemberReader, Standing};
    use crate::room::Seq;
    use crate::testing::{at, caller, members, members_of_invisible_rooms, refusal, room_id, user};

    const SECOND_PAGE: PageRequest = PageRequest { page: 2, limit: 10 };

    async fn list_admins(members: MockMemberReader) -> Result<Page<Member>> {
        let list = ListMembers { members: Arc::new(members) };
        list.execute(caller(1), room_id(1), Some(Role::Admin), SECOND_PAGE).await
    }

    #[tokio::test]
    async fn members_are_listed_to_members_and_in_a_public_room_to_any_caller() {
        let admin = Member { user: user(2), role: Role::Admin, joined_at: at(2), last_read_seq: Seq(5) };
        let page = Page { items: vec![admin], total: 11 };
        for (visibility, standing) in [
            (Visibility::Public, Standing::Stranger),
            (Visibility::Public, Standing::Member(Role::Member)),
            (Visibility::Private, Standing::Member(Role::Member)),
        ] {
            let mut members = members(visibility, standing);
            let found = page.clone();
            members
                .expect_list()
                .with(eq(room_id(1)), eq(Some(Role::Admin)), eq(SECOND_PAGE))
                .times(1)
                .return_once(|_, _, _| Ok(found));
            assert_eq!(list_admins(members).await.unwrap(), page);
        }
    }

    #[tokio::test]
    async fn members_of_a_private_room_are_hidden_from_the_invited() {
        let result = list_admins(members(Visibility::Private, Standing::Invited)).await;
        assert_eq!(refusal(result), Refusal::NotAMember);
    }

    /// Lists the admins of a room that has none by then, and in all that many members.
    async fn list_no_admin(others: u64) -> Result<Page<Member>> {
        let mut members = members(Visibility::Public, Standing::Stranger);
        let page = |total| Ok(Page { items: vec![], total });
        members
            .expect_list()
            .with(eq(room_id(1)), eq(Some(Role::Admin)), eq(SECOND_PAGE))
            .times(1)
            .return_once(move |_, _, _| page(0));
        members
            .expect_list()
            .with(eq(room_id(1)), eq(None), eq(PageRequest { page: 1, limit: 1 }))
            .times(1)
            .return_once(move |_, _, _| page(others));
        list_admins(members).await
    }

    #[tokio::test]
    async fn a_room_without_members_was_deleted_meanwhile_and_is_not_found() {
        assert_eq!(refusal(list_no_admin(0).await), Refusal::RoomNotFound);
        assert_eq!(list_no_admin(3).await.unwrap().items, vec![]);
        let mut members = members(Visibility::Private, Standing::Member(Role::Member));
        members.expect_list().times(1).return_once(|_, _, _| Ok(Page { items: vec![], total: 0 }));
        let list = ListMembers { members: Arc::new(members) };
        let listed = list.execute(caller(1), room_id(1), None, SECOND_PAGE).await;
        assert_eq!(refusal(listed), Refusal::RoomNotFound);
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for members in members_of_invisible_rooms() {
            assert_eq!(refusal(list_admins(members).await), Refusal::RoomNotFound);
        }
    }
}
