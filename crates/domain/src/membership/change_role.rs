//! Making a member an admin, or an admin a member.

use std::sync::Arc;

use super::{Member, MemberReader, Role, keep_an_admin};
use crate::account::Identity;
use crate::store::{Store, open_room};
use crate::{Refusal, Result, RoomId, UserId};

/// Changes a member's role; for the room's admins.
pub struct ChangeRole {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) members: Arc<dyn MemberReader>,
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
        if target.role == role {
            drop(work);
        } else {
            keep_an_admin(target.role, work.admin_count(id).await?)?;
            room.log.revision = room.log.revision.next();
            target.role = role;
            target.revision = room.log.revision;
            work.save_membership(target).await?;
            work.save_room(room).await?;
            work.commit().await?;
        }
        Ok(self.members.member(id, user).await?.ok_or(Refusal::MemberNotFound)?)
    }
}
