//! Catching up, and from there on listening, without a gap between the two.

use std::sync::Arc;

use domain::RoomId;
use domain::event::Change;
use domain::room::Revision;
use uuid::Uuid;

use super::connection::Outbox;
use super::figures::FIGURES;
use super::hub::Hub;
use super::wire::{Encoded, Live};

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
    /// Whether it is told when that is over: it asked for what it missed, or revisions are absent that were superseded.
    told_of_its_end: bool,
}

/// What comes after a step's events.
pub(crate) enum Then {
    /// There may be more.
    More,
    /// Nothing: the last of them took the user, or everybody, out of the room.
    Over,
    /// What happens: the socket is attached.
    Live,
}

impl Replay {
    /// A replay of what came after `since`; without it, the socket knows everything up to `now` and is told of nothing
    /// before what happens next.
    pub(crate) fn from(room: RoomId, since: Option<Revision>, now: Revision) -> Self {
        let origin = since.unwrap_or(now);
        if since.is_some() {
            FIGURES.resumes.increment(1);
        }
        Self { room, origin, known: origin, told_of_its_end: since.is_some() }
    }

    /// Reads on, or attaches; answers what to tell the socket, and what then.
    pub(crate) async fn step(
        &mut self,
        hub: &Hub,
        connection: Uuid,
        user: domain::UserId,
        outbox: &Arc<Outbox>,
    ) -> Result<(Vec<Arc<Encoded>>, Then), domain::Error> {
        let encode = |items: Vec<Change>| {
            FIGURES.replayed.increment(items.len() as u64);
            items.into_iter().map(Live::Changed).map(Encoded::new).collect()
        };
        // Held from before the last look at the store, so that what comes after it is not missed, nor heard out of turn.
        let mut expecting = None;
        loop {
            let read = hub.changes().changes(self.room, self.known, self.origin, PAGE).await?;
            let read = read.ok_or(domain::Refusal::RoomNotFound)?;
            let mut items = read.items;
            let came = i64::try_from(items.len()).unwrap_or(i64::MAX);
            self.told_of_its_end |= read.revision.0 - self.known.0 > came;
            self.known = read.revision;
            if let Some(last) = items.iter().position(|change| ends_for(change, user)) {
                items.truncate(last + 1);
                return Ok((encode(items), Then::Over));
            }
            if !items.is_empty() {
                return Ok((encode(items), Then::More));
            }
            if expecting.is_none() && !hub.hears(self.room) {
                expecting = Some(hub.expect(self.room, self.known));
                continue;
            }
            if hub.attach(self.room, connection, user, outbox.clone(), self.known) {
                let caught_up =
                    self.told_of_its_end.then(|| Encoded::new(Live::CaughtUp(self.room, self.known)));
                return Ok((caught_up.into_iter().collect(), Then::Live));
            }
        }
    }
}

/// Whether a change ends the room for that user.
pub(super) fn ends_for(change: &Change, user: domain::UserId) -> bool {
    change.ends_for().is_some_and(|whom| whom.is_none_or(|whom| whom == user))
}

#[cfg(test)]
mod tests;
