//! Coming into a room.

use std::sync::Arc;

use super::{Membership, MyMembership, Role};
use crate::account::Identity;
use crate::event::{Change, Event, EventBus, What};
use crate::room::{RoomReader, Visibility};
use crate::store::{Store, open_room};
use crate::{Clock, Refusal, Result, RoomId};

/// Makes the caller a member: of a public room, or of a private one they were invited to.
pub struct JoinRoom {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) rooms: Arc<dyn RoomReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl JoinRoom {
    /// Comes in, using up an invitation; who is in already stays as they are. Answers the caller's membership.
    pub async fn execute(&self, caller: Identity, room: RoomId) -> Result<MyMembership> {
        let mut work = self.store.begin().await?;
        let open = open_room(&mut *work, room, &caller).await?;
        if open.mine.is_some() {
            drop(work);
            let view = self.rooms.room(room, Some(caller.user.id)).await?.ok_or(Refusal::RoomNotFound)?;
            return Ok(view.mine.ok_or(Refusal::NotAMember)?);
        }
        let mut room = open.room;
        if open.invited {
            work.delete_invitation(room.id, caller.user.id).await?;
        } else if room.access.visibility() == Visibility::Private {
            return Err(Refusal::RoomNotFound.into());
        }
        room.log.revision = room.log.revision.next();
        room.member_count += 1;
        let mine =
            Membership::starting(&room, caller.user.id, Role::Member, self.clock.now(), room.log.revision);
        work.save_membership(mine.clone()).await?;
        work.save_room(room).await?;
        work.commit().await?;
        let (room, revision) = (mine.room, mine.revision);
        let what = What::MemberAdded(caller.user, mine.role);
        self.events.publish(Event::Changed(Change { room, revision, what }));
        Ok(MyMembership::read_up(&mine))
    }
}
