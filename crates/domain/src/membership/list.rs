//! Listing a room's members.

use std::sync::Arc;

use super::{Member, MemberReader, Role};
use crate::account::Identity;
use crate::room::Visibility;
use crate::{Page, PageRequest, Refusal, Result, RoomId};

/// Lists members: to members, and those of a public room to anyone signed in.
pub struct ListMembers {
    pub(crate) members: Arc<dyn MemberReader>,
}

impl ListMembers {
    /// One page.
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
