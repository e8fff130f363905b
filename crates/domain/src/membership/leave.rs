//! Going out of a room.

use std::sync::Arc;

use super::{Membership, keep_an_admin};
use crate::account::Identity;
use crate::room::Room;
use crate::store::{Store, UnitOfWork, open_room};
use crate::{Clock, Result, RoomId, Timestamp};

/// Ends the caller's membership, unless they are the room's last admin.
pub struct LeaveRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl LeaveRoom {
    /// Goes out.
    pub async fn execute(&self, caller: Identity, room: RoomId) -> Result<()> {
        let mut work = self.store.begin().await?;
        let (room, mine) = open_room(&mut *work, room, &caller).await?.require_member()?;
        end(&mut *work, room, mine, self.clock.now()).await?;
        Ok(work.commit().await?)
    }
}

/// Ends a membership of a locked room, where the last-admin rule lets it.
pub(super) async fn end(
    work: &mut dyn UnitOfWork,
    mut room: Room,
    gone: Membership,
    at: Timestamp,
) -> Result<()> {
    keep_an_admin(gone.role, work.admin_count(room.id).await?)?;
    room.log.revision = room.log.revision.next();
    room.member_count -= 1;
    work.end_membership(room.id, gone.user, room.log.revision, at).await?;
    work.save_room(room).await?;
    Ok(())
}
