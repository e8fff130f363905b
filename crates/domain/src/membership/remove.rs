//! Sending somebody out of a room.

use std::sync::Arc;

use super::leave::end;
use crate::account::Identity;
use crate::store::{Store, open_room};
use crate::{Clock, Refusal, Result, RoomId, UserId};

/// Ends another's membership; for the room's admins.
pub struct RemoveMember {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl RemoveMember {
    /// Sends `user` out. Admins may send themselves out, but not the last of them.
    pub async fn execute(&self, caller: Identity, room: RoomId, user: UserId) -> Result<()> {
        let mut work = self.store.begin().await?;
        let (room, mine) = open_room(&mut *work, room, &caller).await?.require_member()?;
        let target = work.membership(room.id, user).await?.ok_or(Refusal::MemberNotFound)?;
        mine.role.require_admin()?;
        end(&mut *work, room, target, self.clock.now()).await?;
        Ok(work.commit().await?)
    }
}
