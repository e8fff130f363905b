//! Making a member an admin, or an admin a member.

use std::sync::Arc;

use super::{Member, MemberReader, Role, keep_an_admin};
use crate::account::Identity;
use crate::event::{Change, Event, EventBus, What};
use crate::store::{Store, open_room};
use crate::{Refusal, Result, RoomId, UserId};

/// Changes a member's role; for the room's admins.
pub struct ChangeRole {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) events: Arc<dyn EventBus>,
}

impl ChangeRole {
    /// Gives `user` that role and answers the member. The last admin can't be demoted; the role they have already
    /// is no change.
    pub async fn execute(&self, caller: Identity, room: RoomId, user: UserId, role: Role) -> Result<Member> {
        let mut work = self.store.begin().await?;
        let (mut room, mine) = open_room(&mut *work, room, &caller).await?.require_member()?;
        let mut target = work.membership(room.id, user).await?.ok_or(Refusal::MemberNotFound)?;
        mine.role.require_admin()?;
        let id = room.id;
        let member = self.members.member(id, user).await?.ok_or(Refusal::MemberNotFound)?;
        if target.role == role {
            return Ok(member);
        }
        keep_an_admin(target.role, work.admin_count(id).await?)?;
        room.log.revision = room.log.revision.next();
        let revision = room.log.revision;
        target.role = role;
        target.revision = revision;
        work.save_membership(target).await?;
        work.save_room(room).await?;
        work.commit().await?;
        let what = What::RoleChanged(member.user.clone(), role);
        self.events.publish(Event::Changed(Change { room: id, revision, what }));
        Ok(Member { role, ..member })
    }
}
