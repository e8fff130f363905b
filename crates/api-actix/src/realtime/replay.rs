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
            if !read.items.is_empty() {
                return Ok(Step::Send(read.items));
            }
            if hub.attach(self.room, connection, user, outbox.clone(), self.known) {
                return Ok(Step::Attached(self.known));
            }
        }
    }
}
