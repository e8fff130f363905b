//! Listing the users present in a room.

use std::sync::Arc;

use super::{Presence, Present};
use crate::account::Identity;
use crate::membership::{MemberReader, Standing};
use crate::room::Visibility;
use crate::{Refusal, Result, RoomId};

/// Lists the users present in a room; for its members, and for any signed-in caller where the room is public.
pub struct ListPresence {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) presence: Arc<dyn Presence>,
}

impl ListPresence {
    /// Returns the users present, the longest first.
    pub async fn execute(&self, caller: Identity, room: RoomId) -> Result<Vec<Present>> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        let member = matches!(found.standing, Standing::Member(_));
        if !member && found.visibility == Visibility::Private {
            found.standing.require_member(found.visibility)?;
        }
        Ok(self.presence.present(room).await)
    }
}

#[cfg(test)]
mod tests {
    use mockall::predicate::eq;

    use super::*;
    use crate::membership::{MockMemberReader, Role};
    use crate::presence::MockPresence;
    use crate::testing::{at, caller, members, members_of_invisible_rooms, refusal, room_id, user};

    async fn list(members: MockMemberReader, presence: MockPresence) -> Result<Vec<Present>> {
        let list = ListPresence { members: Arc::new(members), presence: Arc::new(presence) };
        list.execute(caller(1), room_id(1)).await
    }

    fn there() -> Vec<Present> {
        vec![Present { user: user(2), since: at(3) }, Present { user: user(1), since: at(4) }]
    }

    #[tokio::test]
    async fn presence_is_listed_to_members_and_in_a_public_room_to_any_caller() {
        for (visibility, standing) in [
            (Visibility::Private, Standing::Member(Role::Member)),
            (Visibility::Public, Standing::Member(Role::Admin)),
            (Visibility::Public, Standing::Invited),
            (Visibility::Public, Standing::Stranger),
        ] {
            let mut presence = MockPresence::new();
            presence.expect_present().with(eq(room_id(1))).times(1).returning(|_| there());
            assert_eq!(list(members(visibility, standing), presence).await.unwrap(), there());
        }
    }

    #[tokio::test]
    async fn presence_in_a_private_room_is_hidden_from_the_invited() {
        let result = list(members(Visibility::Private, Standing::Invited), MockPresence::new()).await;
        assert_eq!(refusal(result), Refusal::NotAMember);
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for members in members_of_invisible_rooms() {
            assert_eq!(refusal(list(members, MockPresence::new()).await), Refusal::RoomNotFound);
        }
    }
}
