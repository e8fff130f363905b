//! Sending somebody out of a room.

use std::sync::Arc;

use super::MemberReader;
use super::leave::end;
use crate::account::Identity;
use crate::event::{Event, EventBus};
use crate::store::{Store, open_room};
use crate::{Clock, Refusal, Result, RoomId, UserId};

/// Ends another's membership; for the room's admins.
pub struct RemoveMember {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl RemoveMember {
    /// Sends `user` out. Admins may send themselves out, but not the last of them.
    pub async fn execute(&self, caller: Identity, room: RoomId, user: UserId) -> Result<()> {
        let mut work = self.store.begin().await?;
        let (room, mine) = open_room(&mut *work, room, &caller).await?.require_member()?;
        let target = work.membership(room.id, user).await?.ok_or(Refusal::MemberNotFound)?;
        mine.role.require_admin()?;
        let known = self.members.member(room.id, user).await?.ok_or(Refusal::MemberNotFound)?;
        let change = end(&mut *work, room, target, known.user, self.clock.now()).await?;
        work.commit().await?;
        self.events.publish(Event::Changed(change));
        Ok(())
    }
}
