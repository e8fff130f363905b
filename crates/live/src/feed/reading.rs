//! The first part of a subscription, rooms whose state must be read, and cursors.

use std::collections::BTreeMap;

use domain::RoomId;
use domain::room::Revision;
use domain::sync::Seen;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Feed, Progress, Receiver};
use crate::body::PersonalBody;
use crate::event::EncodedEvent;
use crate::outbox::Delivery;

/// The revision up to which a connection has everything of a room that it must not receive.
const ALL: Revision = Revision(i64::MAX);

impl Feed {
    /// Completes the first part of a connection that has everything of each room up to these revisions, by what was read now.
    /// Events that came meanwhile and are in it are dropped; `joined` are the rooms that the connection is in itself.
    pub(crate) fn settle(
        &self,
        connection: Uuid,
        bases: &BTreeMap<RoomId, Revision>,
        floors: BTreeMap<RoomId, Revision>,
        joined: &dyn Fn(RoomId) -> bool,
        seen: (Seen, u64),
    ) {
        let mut state = self.state();
        let unknown: Vec<RoomId> = state.rooms.rooms().filter(|room| !bases.contains_key(room)).collect();
        let Some(reader) = state.reader(connection) else { return };
        reader.floors = floors;
        reader.floors.extend(unknown.into_iter().map(|room| (room, ALL)));
        let ended = reader.ended.take().unwrap_or_default();
        reader.progress = Progress { sent: false, at: Instant::now(), seen: Some(seen) };
        let Receiver::Stream(outbox) = &reader.to else { return };
        outbox.retain_events(|event| match (event.room(), event.revision()) {
            (Some(room), Some(revision)) => {
                joined(room) || bases.get(&room).is_some_and(|base| *base < revision)
            }
            _ => true,
        });
        for (room, revision) in ended {
            if bases.get(&room).is_some_and(|base| *base < revision) {
                let left = EncodedEvent::personal(PersonalBody::room_left(room));
                outbox.push(Delivery::Event(left));
            }
        }
    }

    /// Asks for the state of rooms to be read. Returns true where no task is about to read it yet.
    pub(crate) fn ask(&self, rooms: impl IntoIterator<Item = RoomId>) -> bool {
        let mut state = self.state();
        state.pending.extend(rooms);
        !state.closed && !state.pending.is_empty() && !std::mem::replace(&mut state.refreshing, true)
    }

    /// Takes the rooms whose state is to be read; none ends the reading.
    pub(crate) fn take_pending(&self) -> Vec<RoomId> {
        let mut state = self.state();
        let pending = std::mem::take(&mut state.pending);
        if pending.is_empty() || state.closed {
            state.refreshing = false;
            return vec![];
        }
        pending.into_iter().collect()
    }

    /// Adds rooms whose state is to be read again, to those that are being read.
    pub(crate) fn ask_again(&self, rooms: Vec<RoomId>) {
        self.state().pending.extend(rooms);
    }

    /// Gives rooms back that could not be read, until they are asked for again.
    pub(crate) fn give_back(&self, rooms: Vec<RoomId>) {
        let mut state = self.state();
        state.pending.extend(rooms);
        state.refreshing = false;
    }

    /// Notes that every connection was sent everything that was seen, and sends those a cursor that received anything since
    /// theirs, if that is old enough. Does nothing while the state of a room is being read.
    pub(crate) fn advance(
        &self,
        seen: &Seen,
        digest: u64,
        due: &dyn Fn(Instant) -> bool,
        cursor: &dyn Fn() -> Option<String>,
    ) {
        let mut state = self.state();
        if state.refreshing || !state.pending.is_empty() {
            return;
        }
        let mut synced = None;
        for reader in state.readers.iter_mut().filter(|reader| reader.ended.is_none()) {
            reader.progress.seen = Some((seen.clone(), digest));
            if !reader.progress.sent || !due(reader.progress.at) {
                continue;
            }
            if synced.is_none() {
                synced = cursor().map(PersonalBody::synced).map(EncodedEvent::personal);
            }
            if let (Receiver::Stream(outbox), Some(synced)) = (&reader.to, &synced) {
                outbox.push(Delivery::Event(synced.clone()));
            }
            reader.progress.sent = false;
            reader.progress.at = Instant::now();
        }
    }

    /// Returns what a connection has received for certain.
    pub(crate) fn progress_of(&self, connection: Uuid) -> Option<(Seen, u64)> {
        self.state().reader(connection).and_then(|reader| reader.progress.seen.clone())
    }

    /// Returns the digest of the invitations that the feed knows of.
    pub(crate) fn digest(&self) -> u64 {
        domain::sync::digest_of(self.state().invited.iter().map(|(room, at)| (*room, *at)))
    }
}
