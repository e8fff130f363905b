//! Deleting a room.

use std::sync::Arc;

use super::Visibility;
use crate::account::Identity;
use crate::event::{Change, Event, EventBus, What};
use crate::store::{Store, open_room};
use crate::{Clock, Result, RoomId};

/// Deletes a room; for its admins, and public ones for server admins too.
pub struct DeleteRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl DeleteRoom {
    /// Marks the room as gone, which takes it from every surface at once; its rows go later
    /// ([`crate::store::Housekeeping`]).
    pub async fn execute(&self, caller: Identity, room: RoomId) -> Result<()> {
        let mut work = self.store.begin().await?;
        let open = open_room(&mut *work, room, &caller).await?;
        let by_server_admin = caller.server_admin && open.room.access.visibility() == Visibility::Public;
        let room = if by_server_admin { open.room } else { open.require_admin()? };
        let revision = room.log.revision.next();
        work.delete_room(room.id, revision, self.clock.now()).await?;
        work.commit().await?;
        self.events.publish(Event::Changed(Change { room: room.id, revision, what: What::RoomDeleted }));
        Ok(())
    }
}
