//! Showing a room with who is in it.

use std::sync::Arc;

use super::{Around, RoomKey, Roster, RosterReader};
use crate::{Refusal, Result, UserId};

/// Shows a public room to everybody, a private one to its members.
pub struct ShowRoster {
    pub(crate) rosters: Arc<dyn RosterReader>,
    pub(crate) around: Around,
}

impl ShowRoster {
    /// The room, who belongs to it, and who is there.
    pub async fn execute(&self, caller: Option<UserId>, room: RoomKey) -> Result<Roster> {
        let roll = self.rosters.roster(room, caller).await?.filter(super::Roll::visible);
        let shown = self.around.complete(vec![roll.ok_or(Refusal::RoomNotFound)?]).await;
        Ok(shown.into_iter().next().ok_or(Refusal::RoomNotFound)?)
    }
}
