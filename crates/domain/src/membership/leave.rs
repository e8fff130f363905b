//! Going out of a room.

use std::sync::Arc;

use super::{Membership, keep_an_admin};
use crate::account::{Identity, UserRef};
use crate::event::{Change, Event, EventBus, What};
use crate::room::Room;
use crate::store::{Store, UnitOfWork, open_room};
use crate::{Clock, Result, RoomId, Timestamp};

/// Ends the caller's membership, unless they are the room's last admin.
pub struct LeaveRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl LeaveRoom {
    /// Goes out.
    pub async fn execute(&self, caller: Identity, room: RoomId) -> Result<()> {
        let mut work = self.store.begin().await?;
        let (room, mine) = open_room(&mut *work, room, &caller).await?.require_member()?;
        let change = end(&mut *work, room, mine, caller.user, self.clock.now()).await?;
        work.commit().await?;
        self.events.publish(Event::Changed(change));
        Ok(())
    }
}

/// Ends a membership of a locked room, where the last-admin rule lets it.
pub(crate) async fn end(
    work: &mut dyn UnitOfWork,
    mut room: Room,
    gone: Membership,
    user: UserRef,
    at: Timestamp,
) -> Result<Change> {
    keep_an_admin(gone.role, work.admin_count(room.id).await?)?;
    room.log.revision = room.log.revision.next();
    room.member_count -= 1;
    let (id, revision) = (room.id, room.log.revision);
    work.end_membership(id, gone.user, revision, at).await?;
    work.save_room(room).await?;
    Ok(Change { room: id, revision, what: What::MemberRemoved(user, gone.role) })
}
