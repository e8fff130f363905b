//! Catching up, and from there on listening, without a gap between the two.

use std::sync::Arc;

use domain::RoomId;
use domain::event::Change;
use domain::room::Revision;
use uuid::Uuid;

use super::connection::Outbox;
use super::hub::Hub;
use crate::error::ApiError;

/// How many changes are read at a time.
const PAGE: u32 = 100;

/// A socket on its way into a room: it reads what it missed, page by page, and when there is no more, attaches at
/// exactly that revision. Nothing is kept for it meanwhile.
pub(crate) struct Replay {
    pub(crate) room: RoomId,
    /// Up to where the socket knew everything when it came.
    origin: Revision,
    /// Up to where it knows everything now.
    known: Revision,
}

/// What to do next.
pub(crate) enum Step {
    /// Send these, and go on.
    Send(Vec<Change>),
    /// Send these; the last of them takes the user, or everybody, out of the room.
    Over(Vec<Change>),
    /// It is attached, and knows everything up to there.
    Attached(Revision),
}

impl Replay {
    pub(crate) fn from(room: RoomId, origin: Revision) -> Self {
        Self { room, origin, known: origin }
    }

    /// Reads on, or attaches.
    pub(crate) async fn step(
        &mut self,
        hub: &Hub,
        connection: Uuid,
        user: domain::UserId,
        outbox: &Arc<Outbox>,
    ) -> Result<Step, ApiError> {
        loop {
            let read = hub.changes().changes(self.room, self.known, self.origin, PAGE).await?;
            let read = read.ok_or(domain::Refusal::RoomNotFound)?;
            self.known = read.revision;
            let mut items = read.items;
            if let Some(last) = items.iter().position(|change| ends_for(change, user)) {
                items.truncate(last + 1);
                return Ok(Step::Over(items));
            }
            if !items.is_empty() {
                return Ok(Step::Send(items));
            }
            if hub.attach(self.room, connection, user, outbox.clone(), self.known) {
                return Ok(Step::Attached(self.known));
            }
        }
    }
}

/// Whether a change ends the room for that user.
pub(super) fn ends_for(change: &Change, user: domain::UserId) -> bool {
    change.ends_for().is_some_and(|whom| whom.is_none_or(|whom| whom == user))
}
