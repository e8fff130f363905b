//! Listing open invitations.

use std::sync::Arc;

use super::{Invitation, InvitationReader};
use crate::account::Identity;
use crate::membership::MemberReader;
use crate::{Page, PageRequest, Refusal, Result, RoomId};

/// Lists the invitations into a room; for its admins.
pub struct ListRoomInvitations {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) invitations: Arc<dyn InvitationReader>,
}

impl ListRoomInvitations {
    /// Returns one page, newest first.
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        page: PageRequest,
    ) -> Result<Page<Invitation>> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        found.require_admin()?;
        Ok(self.invitations.for_room(room, page).await?)
    }
}

/// Lists the caller's own invitations.
pub struct ListMyInvitations {
    pub(crate) invitations: Arc<dyn InvitationReader>,
}

impl ListMyInvitations {
    /// Returns one page, newest first.
    pub async fn execute(&self, caller: Identity, page: PageRequest) -> Result<Page<Invitation>> {
        Ok(self.invitations.for_user(caller.user.id, page).await?)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::invitation::MockInvitationReader;
    use crate::membership::{MockMemberReader, Role, Standing};
    use crate::room::Visibility;
    use crate::testing::{
        caller, invitation, members, members_of_invisible_rooms, private_room, refusal, room_id, user_id,
    };

    const SECOND_PAGE: PageRequest = PageRequest { page: 2, limit: 10 };

    fn found() -> Page<Invitation> {
        Page { items: vec![invitation(&private_room(1), 3)], total: 11 }
    }

    async fn list_for_room(
        members: MockMemberReader,
        invitations: MockInvitationReader,
    ) -> Result<Page<Invitation>> {
        let list = ListRoomInvitations { members: Arc::new(members), invitations: Arc::new(invitations) };
        list.execute(caller(1), room_id(1), SECOND_PAGE).await
    }

    #[tokio::test]
    async fn an_admin_lists_the_invitations_into_the_room() {
        let mut invitations = MockInvitationReader::new();
        invitations
            .expect_for_room()
            .with(eq(room_id(1)), eq(SECOND_PAGE))
            .times(1)
            .returning(|_, _| Ok(found()));
        let members = members(Visibility::Private, Standing::Member(Role::Admin));
        assert_eq!(list_for_room(members, invitations).await.unwrap(), found());
    }

    #[tokio::test]
    async fn other_callers_do_not_see_the_invitations_into_the_room() {
        for (visibility, standing, expected) in [
            (Visibility::Public, Standing::Member(Role::Member), Refusal::AdminRequired),
            (Visibility::Public, Standing::Stranger, Refusal::NotAMember),
            (Visibility::Private, Standing::Invited, Refusal::NotAMember),
        ] {
            let result = list_for_room(members(visibility, standing), MockInvitationReader::new()).await;
            assert_eq!(refusal(result), expected);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for members in members_of_invisible_rooms() {
            let result = list_for_room(members, MockInvitationReader::new()).await;
            assert_eq!(refusal(result), Refusal::RoomNotFound);
        }
    }

    #[tokio::test]
    async fn callers_see_their_own_invitations() {
        let mut invitations = MockInvitationReader::new();
        invitations
            .expect_for_user()
            .with(eq(user_id(1)), eq(SECOND_PAGE))
            .times(1)
            .returning(|_, _| Ok(found()));
        let list = ListMyInvitations { invitations: Arc::new(invitations) };
        assert_eq!(list.execute(caller(1), SECOND_PAGE).await.unwrap(), found());
    }
}
