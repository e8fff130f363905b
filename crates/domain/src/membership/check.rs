//! Asking whether somebody is in.

use std::sync::Arc;

use super::{MemberReader, Role};
use crate::account::Identity;
use crate::{Refusal, Result, RoomId};

/// Answers the caller's role in a room; refuses who is no member.
pub struct CheckMember {
    pub(crate) members: Arc<dyn MemberReader>,
}

impl CheckMember {
    /// The caller's role.
    pub async fn execute(&self, caller: Identity, room: RoomId) -> Result<Role> {
        let found = self.members.standing(room, caller.user.id).await?.ok_or(Refusal::RoomNotFound)?;
        Ok(found.standing.require_member(found.visibility)?)
    }
}
