//! Taking an invitation back, or declining it.

use std::sync::Arc;

use crate::account::Identity;
use crate::store::{Store, open_room};
use crate::{Refusal, Result, RoomId, UserId};

/// Removes an open invitation: room admins withdraw it, the invited decline it.
pub struct WithdrawInvitation {
    pub(crate) store: Arc<dyn Store>,
}

impl WithdrawInvitation {
    /// Removes the invitation of `user`.
    pub async fn execute(&self, caller: Identity, room: RoomId, user: UserId) -> Result<()> {
        let mut work = self.store.begin().await?;
        let open = open_room(&mut *work, room, &caller).await?;
        let declining = open.invited && caller.user.id == user;
        if !declining {
            let (room, mine) = open.require_member()?;
            work.invitation(room.id, user).await?.ok_or(Refusal::InvitationNotFound)?;
            mine.role.require_admin()?;
        }
        work.delete_invitation(room, user).await?;
        Ok(work.commit().await?)
    }
}
