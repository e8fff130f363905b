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
        Ok(self.members.list(room, role, page).await?)
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

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for members in members_of_invisible_rooms() {
            assert_eq!(refusal(list_admins(members).await), Refusal::RoomNotFound);
        }
    }
}
