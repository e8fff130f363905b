//! Inviting somebody.

use std::sync::Arc;

use super::{Invitation, NewInvitation};
use crate::account::{AccountReader, Identity, Username};
use crate::store::{Store, open_room};
use crate::{Clock, Refusal, Result, RoomId, UserId};

/// Who is to be invited, however the inviter knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invitee {
    /// By id.
    Id(UserId),
    /// By name, without regard to case.
    Name(Username),
}

/// The invitation, and whether it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invited {
    /// It was made now.
    New(Invitation),
    /// It was open already.
    Before(Invitation),
}

/// Invites a user into a room; for its admins.
pub struct Invite {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) accounts: Arc<dyn AccountReader>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Invite {
    /// Makes the invitation; inviting twice answers the first one.
    pub async fn execute(&self, caller: Identity, room: RoomId, invitee: Invitee) -> Result<Invited> {
        // Looked up before the room is locked: accounts don't change with it.
        let user = self.accounts.find(invitee).await?;
        let mut work = self.store.begin().await?;
        let (room, mine) = open_room(&mut *work, room, &caller).await?.require_member()?;
        let user = user.ok_or(Refusal::UserNotFound)?;
        mine.role.require_admin()?;
        if work.membership(room.id, user.id).await?.is_some() {
            return Err(Refusal::AlreadyMember.into());
        }
        if let Some(open) = work.invitation(room.id, user.id).await? {
            return Ok(Invited::Before(open));
        }
        let new = NewInvitation {
            room: room.id,
            user: user.id,
            invited_by: caller.user.id,
            created_at: self.clock.now(),
        };
        work.insert_invitation(new).await?;
        work.commit().await?;
        Ok(Invited::New(Invitation {
            room: room.id,
            room_name: room.name,
            user,
            invited_by: caller.user,
            created_at: new.created_at,
        }))
    }
}
