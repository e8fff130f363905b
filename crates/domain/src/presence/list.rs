//! Showing who is there.

use std::sync::Arc;

use super::{Presence, Present};
use crate::account::Identity;
use crate::membership::{MemberReader, Standing};
use crate::room::Visibility;
use crate::{Refusal, Result, RoomId};

/// Lists who is in a room right now; for its members, and for public rooms for anybody signed in.
pub struct ListPresence {
    pub(crate) members: Arc<dyn MemberReader>,
    pub(crate) presence: Arc<dyn Presence>,
}

impl ListPresence {
    /// Who is there, longest first.
    pub async fn execute(&self, caller: Identity, room: RoomId) -> Result<Vec<Present>> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        let member = matches!(found.standing, Standing::Member(_));
        if !member && found.visibility == Visibility::Private {
            found.standing.require_member(found.visibility)?;
        }
        Ok(self.presence.present(room).await)
    }
}
