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
    /// One page.
    pub async fn execute(
        &self,
        caller: Identity,
        room: RoomId,
        page: PageRequest,
    ) -> Result<Page<Invitation>> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        found.standing.require_member(found.visibility)?.require_admin()?;
        Ok(self.invitations.for_room(room, page).await?)
    }
}

/// Lists the caller's own invitations.
pub struct ListMyInvitations {
    pub(crate) invitations: Arc<dyn InvitationReader>,
}

impl ListMyInvitations {
    /// One page.
    pub async fn execute(&self, caller: Identity, page: PageRequest) -> Result<Page<Invitation>> {
        Ok(self.invitations.for_user(caller.user.id, page).await?)
    }
}
