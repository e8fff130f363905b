//! Showing a room.

use std::sync::Arc;

use super::{RoomReader, RoomView};
use crate::{Refusal, Result, RoomId, UserId};

/// Shows a room to those for whom it exists.
pub struct ShowRoom {
    pub(crate) rooms: Arc<dyn RoomReader>,
}

impl ShowRoom {
    /// The room as the caller sees it.
    pub async fn execute(&self, caller: Option<UserId>, room: RoomId) -> Result<RoomView> {
        let view = self.rooms.room(room, caller).await?.ok_or(Refusal::RoomNotFound)?;
        if view.room.visible_to(view.standing()) { Ok(view) } else { Err(Refusal::RoomNotFound.into()) }
    }
}
