//! Checking a membership.

use std::sync::Arc;

use super::{MemberReader, Role};
use crate::account::Identity;
use crate::{Result, RoomId};

/// Returns the caller's role in a room, for surfaces that deliver to members only.
pub struct CheckMember {
    pub(crate) members: Arc<dyn MemberReader>,
}

impl CheckMember {
    /// Returns the caller's role; rejects non-members.
    pub async fn execute(&self, caller: Identity, room: RoomId) -> Result<Role> {
        let (role, _) = self.members.require_member(room, caller.user.id).await?;
        Ok(role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refusal;
    use crate::membership::{MockMemberReader, Standing};
    use crate::room::Visibility::{Private, Public};
    use crate::testing::{caller, members, members_of_invisible_rooms, refusal, room_id};

    async fn check(members: MockMemberReader) -> Result<Role> {
        CheckMember { members: Arc::new(members) }.execute(caller(1), room_id(1)).await
    }

    #[tokio::test]
    async fn the_role_of_a_member_is_returned() {
        for role in [Role::Admin, Role::Member] {
            for visibility in [Public, Private] {
                assert_eq!(check(members(visibility, Standing::Member(role))).await.unwrap(), role);
            }
        }
    }

    #[tokio::test]
    async fn a_non_member_who_sees_the_room_is_rejected_as_such() {
        for (visibility, standing) in
            [(Public, Standing::Stranger), (Public, Standing::Invited), (Private, Standing::Invited)]
        {
            assert_eq!(refusal(check(members(visibility, standing)).await), Refusal::NotAMember);
        }
    }

    #[tokio::test]
    async fn a_room_that_the_caller_cannot_see_is_not_found() {
        for members in members_of_invisible_rooms() {
            assert_eq!(refusal(check(members).await), Refusal::RoomNotFound);
        }
    }
}
