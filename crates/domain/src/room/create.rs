//! Making a room.

use std::sync::Arc;

use super::{Access, Description, Revision, Room, RoomLog, RoomName, RoomView, Slug, Visibility};
use crate::account::Identity;
use crate::membership::{Membership, MyMembership, Role};
use crate::store::Store;
use crate::{Clock, IdSource, Result, RoomId};

/// What a new room is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRoomCommand {
    /// What it is called.
    pub name: RoomName,
    /// What it is about.
    pub description: Option<Description>,
    /// Who sees it.
    pub visibility: Visibility,
}

/// Makes a room, whose creator becomes its first member and admin.
pub struct CreateRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
}

impl CreateRoom {
    /// Makes the room and shows it.
    pub async fn execute(&self, caller: Identity, command: CreateRoomCommand) -> Result<RoomView> {
        let (id, now) = (RoomId(self.ids.next()), self.clock.now());
        let mut work = self.store.begin().await?;
        let access = match command.visibility {
            Visibility::Private => Access::Private { group: false },
            Visibility::Public => {
                Access::Public { slug: work.free_slug(Slug::candidates(&command.name, id)).await? }
            }
        };
        // The creator's coming in is the room's first lasting change.
        let revision = Revision::default().next();
        let room = Room {
            description: command.description,
            member_count: 1,
            log: RoomLog { revision, ..RoomLog::default() },
            ..Room::starting(id, command.name, access, caller.user.clone(), now)
        };
        let creator = Membership::starting(&room, caller.user.id, Role::Admin, now, revision);
        work.insert_room(room.clone()).await?;
        work.save_membership(creator.clone()).await?;
        work.commit().await?;
        Ok(RoomView { mine: Some(MyMembership::read_up(&creator)), room, invited: false })
    }
}
