//! The feed of a user: the connections that receive everything of all of the user's rooms, each room followed once for all of
//! them. No I/O: room channels and the hub fill it.

mod followed;
mod reading;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::account::UserRef;
use domain::invitation::Invitation;
use domain::room::{Revision, Seq};
use domain::sync::{RoomSummary, Seen};
use domain::{RoomId, Timestamp, UserId};
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use crate::body::PersonalBody;
use crate::event::EncodedEvent;
use crate::outbox::{Delivery, Outbox};
use crate::wake_queue::WakeBatch;
use followed::Followed;

/// The feed of a user with subscriptions at this replica.
pub(crate) struct Feed {
    pub(crate) user: UserRef,
    /// Held while the state of rooms is read and applied, so that a later state never gives way to an earlier one. True once
    /// the user's rooms are followed.
    pub(crate) turn: Arc<tokio::sync::Mutex<bool>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rooms: Followed,
    /// The open invitations, and when they were made.
    invited: BTreeMap<RoomId, Timestamp>,
    readers: Vec<Reader>,
    /// The rooms whose state is to be read.
    pending: BTreeSet<RoomId>,
    refreshing: bool,
    closed: bool,
}

/// A connection that receives a feed.
struct Reader {
    connection: Uuid,
    to: Receiver,
    /// The rooms of which it has more than was sent: everything up to this revision.
    floors: BTreeMap<RoomId, Revision>,
    /// The rooms that ended while the first part was read; `None` once it was.
    ended: Option<Vec<(RoomId, Revision)>>,
    /// The read marks that this connection itself moved.
    own_marks: BTreeMap<RoomId, Seq>,
    progress: Progress,
}

/// The part of a feed that a reader has received.
struct Progress {
    /// True if anything was sent since the last cursor.
    sent: bool,
    at: Instant,
    seen: Option<(Seen, u64)>,
}

/// The receiver of a feed.
#[derive(Clone)]
pub(crate) enum Receiver {
    /// A connection with a subscription.
    Stream(Arc<Outbox>),
    /// A request that waits for any change.
    Wait(Arc<Notify>),
}

/// A lasting change on its way to feeds.
pub(crate) struct Outgoing<'a> {
    pub(crate) event: &'a Arc<EncodedEvent>,
    pub(crate) room: RoomId,
    pub(crate) revision: Revision,
    /// The sender and the place of a new message: who sends has read up to there.
    pub(crate) sent: Option<(UserId, Seq)>,
}

impl Feed {
    pub(crate) fn new(user: UserRef) -> Arc<Self> {
        Arc::new(Self { user, turn: Arc::default(), state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a connection whose first part is yet to be read, or a request that waits.
    pub(crate) fn add(&self, connection: Uuid, to: Receiver) {
        let ended = matches!(to, Receiver::Stream(_)).then(Vec::new);
        let progress = Progress { sent: false, at: Instant::now(), seen: None };
        let (floors, own_marks) = (BTreeMap::new(), BTreeMap::new());
        self.state().readers.push(Reader { connection, to, floors, ended, own_marks, progress });
    }

    /// Returns true if that connection receives the feed.
    pub(crate) fn has(&self, connection: Uuid) -> bool {
        self.state().reader(connection).is_some()
    }

    /// Returns true if no other connection receives the feed.
    pub(crate) fn is_only_for(&self, connection: Uuid) -> bool {
        matches!(&self.state().readers[..], [only] if only.connection == connection)
    }

    /// Removes a connection. Returns the rooms that were followed, where it was the last: the feed is closed.
    pub(crate) fn remove(&self, connection: Uuid) -> Option<Vec<RoomId>> {
        let mut state = self.state();
        state.readers.retain(|reader| reader.connection != connection);
        if !state.readers.is_empty() || state.closed {
            return None;
        }
        state.closed = true;
        Some(std::mem::take(&mut state.rooms).rooms().collect())
    }

    /// Notes that a room is followed; returns false where the feed is closed, or follows it already.
    pub(crate) fn follow(&self, room: RoomId, read: Option<Seq>) -> bool {
        let mut state = self.state();
        if state.closed || state.rooms.contains(room) {
            return false;
        }
        state.rooms.set(room, read);
        true
    }

    /// Notes that a room is no longer followed.
    pub(crate) fn unfollow(&self, room: RoomId) {
        self.state().rooms.remove(room);
    }

    pub(crate) fn follows(&self, room: RoomId) -> bool {
        self.state().rooms.contains(room)
    }

    /// Returns true if the connections know of the room.
    pub(crate) fn knows(&self, room: RoomId) -> bool {
        self.state().rooms.mark(room).is_some()
    }

    /// Returns true if that connection receives what comes of the room by this feed; and the revision up to which it has
    /// everything anyway.
    pub(crate) fn delivers(&self, connection: Uuid, room: RoomId) -> Option<Revision> {
        let state = self.state();
        let reader = state.readers.iter().find(|reader| reader.connection == connection)?;
        Some(reader.floors.get(&room).copied().unwrap_or_default())
    }

    /// Notes that a connection has everything of a room up to a revision, by other ways.
    pub(crate) fn raise_floor(&self, connection: Uuid, room: RoomId, revision: Revision) {
        if let Some(reader) = self.state().reader(connection) {
            let floor = reader.floors.entry(room).or_default();
            *floor = revision.max(*floor);
        }
    }

    /// Notes that a connection moves the read mark itself.
    pub(crate) fn note_own_read(&self, connection: Uuid, room: RoomId, seq: Seq) {
        if let Some(reader) = self.state().reader(connection) {
            reader.own_marks.insert(room, seq);
        }
    }

    /// Sends a lasting change to every connection, save those in the room themselves. Returns the number of receivers.
    pub(crate) fn push<V>(
        &self,
        out: &Outgoing<'_>,
        joined: Option<&HashMap<Uuid, V>>,
        wakes: &mut WakeBatch,
    ) -> u32 {
        let mut state = self.state();
        if let Some((sender, seq)) = out.sent
            && sender == self.user.id
            && let Some(read) = state.rooms.mark(out.room)
        {
            state.rooms.set(out.room, Some(seq.max(read)));
        }
        let mut receivers = 0;
        for reader in &mut state.readers {
            reader.progress.sent = true;
            match &reader.to {
                Receiver::Wait(changed) => changed.notify_one(),
                Receiver::Stream(_)
                    if joined.is_some_and(|joined| joined.contains_key(&reader.connection)) => {}
                Receiver::Stream(outbox) => {
                    if let Some(floor) = reader.floors.get(&out.room) {
                        if out.revision <= *floor {
                            continue;
                        }
                        reader.floors.remove(&out.room);
                    }
                    outbox.push_batched(Delivery::Event(out.event.clone()), wakes);
                    receivers += 1;
                }
            }
        }
        receivers
    }

    /// Wakes the requests that wait.
    pub(crate) fn notify(&self) {
        for reader in &self.state().readers {
            if let Receiver::Wait(changed) = &reader.to {
                changed.notify_one();
            }
        }
    }

    /// Ends a room for the user, by a change of that revision.
    pub(crate) fn leave(&self, room: RoomId, revision: Revision) {
        let mut state = self.state();
        state.rooms.remove(room);
        let left = EncodedEvent::personal(PersonalBody::room_left(room));
        for reader in &mut state.readers {
            if reader.floors.remove(&room).is_some_and(|floor| revision <= floor) {
                continue;
            }
            match &mut reader.ended {
                Some(ended) => ended.push((room, revision)),
                None => reader.send(&left),
            }
        }
    }

    /// Sends the state of a room, from which its events go on, to every connection.
    pub(crate) fn push_room(&self, summary: &RoomSummary) {
        let room = EncodedEvent::personal(PersonalBody::room(summary));
        let mut state = self.state();
        let mark = summary.view.mine.as_ref().map(|mine| mine.last_read_seq);
        state.rooms.set(summary.view.room.id, mark);
        for reader in state.readers.iter_mut().filter(|reader| reader.ended.is_none()) {
            reader.floors.remove(&summary.view.room.id);
            reader.send(&room);
        }
    }

    /// Sends the user's read mark, where it moved.
    pub(crate) fn push_read(&self, summary: &RoomSummary) {
        let (room, mark) = (summary.view.room.id, summary.view.mine.as_ref().map(|mine| mine.last_read_seq));
        let mut state = self.state();
        let known = state.rooms.mark(room);
        if known == mark || !state.rooms.contains(room) {
            return;
        }
        state.rooms.set(room, mark);
        // What the connection moved itself is not what came back since.
        let back = mark < known;
        let read = EncodedEvent::personal(PersonalBody::read(&self.user, summary));
        for reader in state.readers.iter_mut().filter(|reader| reader.ended.is_none()) {
            if reader.own_marks.remove(&room) < mark || back {
                reader.send(&read);
            }
        }
    }

    /// Sends what changed of the user's invitations, given all that are open.
    pub(crate) fn apply_invitations(&self, open: &[Invitation]) {
        let mut state = self.state();
        let now: BTreeMap<RoomId, Timestamp> =
            open.iter().map(|invitation| (invitation.room, invitation.created_at)).collect();
        let known = std::mem::replace(&mut state.invited, now);
        let ended = known.iter().filter(|(room, at)| state.invited.get(*room) != Some(*at));
        let mut events: Vec<_> = ended.map(|(room, _)| PersonalBody::uninvited(*room)).collect();
        let made = open.iter().filter(|open| known.get(&open.room) != Some(&open.created_at));
        events.extend(made.map(PersonalBody::invited));
        for event in events.into_iter().map(EncodedEvent::personal) {
            for reader in state.readers.iter_mut().filter(|reader| reader.ended.is_none()) {
                reader.send(&event);
            }
        }
    }

    /// Returns the rooms to which an invitation was made or ended, given those that are open.
    pub(crate) fn changed_invitations(&self, open: &BTreeMap<RoomId, Timestamp>) -> Vec<RoomId> {
        let state = self.state();
        let both = state.invited.keys().chain(open.keys());
        both.filter(|room| state.invited.get(*room) != open.get(*room)).copied().collect()
    }

    /// Returns true if the user is known to be invited to the room.
    pub(crate) fn is_invited(&self, room: RoomId) -> bool {
        self.state().invited.contains_key(&room)
    }

    /// Returns true if the feed does not follow the room, or knows of another read mark.
    pub(crate) fn is_behind(&self, room: RoomId, mark: Seq) -> bool {
        self.state().rooms.mark(room) != Some(mark)
    }

    /// Returns true if a connection lacks something of a room up to a revision.
    pub(crate) fn lacks(&self, room: RoomId, revision: Revision) -> bool {
        let state = self.state();
        state.readers.iter().any(|reader| reader.floors.get(&room).is_none_or(|floor| *floor < revision))
    }
}

impl State {
    fn reader(&mut self, connection: Uuid) -> Option<&mut Reader> {
        self.readers.iter_mut().find(|reader| reader.connection == connection)
    }
}

impl Reader {
    fn send(&mut self, event: &Arc<EncodedEvent>) {
        self.progress.sent = true;
        match &self.to {
            Receiver::Stream(outbox) => outbox.push(Delivery::Event(event.clone())),
            Receiver::Wait(changed) => changed.notify_one(),
        }
    }
}
