//! Changing what a room is called, what it is about, or who sees it.

use std::sync::Arc;

use super::{Access, Description, Room, RoomName, RoomReader, RoomView, Slug, Visibility};
use crate::account::Identity;
use crate::event::{Change, Event, EventBus, What};
use crate::store::{Store, UnitOfWork, open_room};
use crate::{Clock, Refusal, Result, RoomId};

/// What to change; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoomChange {
    /// The new name.
    pub name: Option<RoomName>,
    /// The new description; `Some(None)` clears it.
    pub description: Option<Option<Description>>,
    /// Who sees it from now on.
    pub visibility: Option<Visibility>,
}

/// Changes a room; for its admins.
pub struct UpdateRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) rooms: Arc<dyn RoomReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl UpdateRoom {
    /// Changes the room and shows it. A change that changes nothing leaves `revision` and `updatedAt` alone.
    pub async fn execute(&self, caller: Identity, room: RoomId, change: RoomChange) -> Result<RoomView> {
        let mut work = self.store.begin().await?;
        let before = open_room(&mut *work, room, &caller).await?.require_admin()?;
        let mut after = before.clone();
        apply(&mut *work, &mut after, change).await?;
        if after != before {
            after.updated_at = self.clock.now();
            after.log.revision = after.log.revision.next();
            after.changed_revision = after.log.revision;
            work.save_room(after.clone()).await?;
            work.commit().await?;
            let revision = after.log.revision;
            let what = What::RoomUpdated(Box::new(after));
            self.events.publish(Event::Changed(Change { room, revision, what }));
        }
        Ok(self.rooms.room(room, Some(caller.user.id)).await?.ok_or(Refusal::RoomNotFound)?)
    }
}

async fn apply(work: &mut dyn UnitOfWork, room: &mut Room, change: RoomChange) -> Result<()> {
    if let Some(name) = change.name {
        room.name = name;
    }
    if let Some(description) = change.description {
        room.description = description;
    }
    match (change.visibility, &room.access) {
        (Some(Visibility::Public), Access::Private { group: true }) => return Err(Refusal::NotAllowed.into()),
        (Some(Visibility::Public), Access::Private { group: false }) => {
            let slug = work.free_slug(Slug::candidates(&room.name, room.id)).await?;
            room.access = Access::Public { slug };
        }
        (Some(Visibility::Private), Access::Public { .. }) => room.access = Access::Private { group: false },
        _ => {}
    }
    Ok(())
}
