//! Replays: catching up with a room, and subscribing to it without a gap between the two.

use std::sync::Arc;

use domain::event::Change;
use domain::room::Revision;
use domain::{Refusal, RoomId, UserId};
use uuid::Uuid;

use crate::event::{EncodedEvent, LiveEvent, ends_for};
use crate::hub::Hub;
use crate::metrics::METRICS;
use crate::outbox::Outbox;

/// The number of changes read at a time.
const PAGE: u32 = 100;

/// A connection's replay of a room: it reads missed changes page by page, and when there are no more, subscribes at exactly
/// that revision. Nothing is buffered for it meanwhile.
pub(crate) struct Replay {
    room: RoomId,
    /// The revision up to which the connection had everything when the replay began.
    origin: Revision,
    /// The revision up to which it has everything now.
    known: Revision,
    /// True if `caught-up` ends the replay: the client asked for missed changes, or superseded revisions are absent.
    announces_end: bool,
}

/// The state of a replay after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// There may be more changes.
    More,
    /// The room is closed to the user: the last change removed them, or the room.
    Closed,
    /// The connection subscribes to the room.
    Live,
}

impl Replay {
    /// Begins a replay of the changes after `since`; without it, of those after `now`.
    pub(crate) fn new(room: RoomId, since: Option<Revision>, now: Revision) -> Self {
        let origin = since.unwrap_or(now);
        if since.is_some() {
            METRICS.resumes.increment(1);
        }
        Self { room, origin, known: origin, announces_end: since.is_some() }
    }

    /// Reads the next page of changes, or subscribes. Returns the events to send, and what follows them.
    pub(crate) async fn step(
        &mut self,
        hub: &Hub,
        connection: Uuid,
        user: UserId,
        outbox: &Arc<Outbox>,
    ) -> domain::Result<(Vec<Arc<EncodedEvent>>, Next)> {
        let encode = |items: Vec<Change>| {
            METRICS.replayed.increment(items.len() as u64);
            items.into_iter().map(LiveEvent::Changed).map(EncodedEvent::new).collect()
        };
        // Held from before the last read of the store, so that what comes after it is neither missed nor out of order.
        let mut reservation = None;
        loop {
            let read = hub.changes().changes(self.room, self.known, self.origin, PAGE).await?;
            let read = read.ok_or(Refusal::RoomNotFound)?;
            let mut items = read.items;
            let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
            self.announces_end |= read.revision.0 - self.known.0 > count;
            self.known = read.revision;
            if let Some(last) = items.iter().position(|change| ends_for(change, user)) {
                items.truncate(last + 1);
                return Ok((encode(items), Next::Closed));
            }
            if !items.is_empty() {
                return Ok((encode(items), Next::More));
            }
            if reservation.is_none() && !hub.keeps_changes(self.room) {
                reservation = Some(hub.reserve(self.room, self.known));
                continue;
            }
            if hub.subscribe(self.room, connection, user, outbox.clone(), self.known) {
                let caught_up = LiveEvent::CaughtUp(self.room, self.known);
                let caught_up = self.announces_end.then(|| EncodedEvent::new(caught_up));
                return Ok((caught_up.into_iter().collect(), Next::Live));
            }
        }
    }
}

#[cfg(test)]
mod tests;
