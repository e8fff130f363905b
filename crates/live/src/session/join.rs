//! A session on its way into a room: the replay of missed changes, and then the room's live events.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::RoomId;
use domain::room::Revision;

use super::{Buffer, Session, lock};
use crate::event::EncodedEvent;
use crate::outbox::Outbox;
use crate::replay::{Next, Replay};

/// A session on its way into a room. Dropped before it is completed, it unsubscribes.
pub struct Join<B: Buffer = Outbox> {
    session: Arc<Session<B>>,
    room: RoomId,
    revision: Revision,
    replay: Replay,
    decided: bool,
}

impl<B: Buffer> Join<B> {
    pub(super) fn new(session: Arc<Session<B>>, room: RoomId, revision: Revision, replay: Replay) -> Self {
        Self { session, room, revision, replay, decided: false }
    }

    /// Returns the room.
    #[must_use]
    pub fn room(&self) -> RoomId {
        self.room
    }

    /// Returns the revision after which events follow without a `since`.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Takes one step of the replay. Returns the events to send, and what follows them.
    pub async fn step(&mut self) -> domain::Result<(Vec<Arc<EncodedEvent>>, Next)> {
        let (session, user) = (&self.session, self.session.identity().user.id);
        let hub = &session.sessions.hub;
        self.replay.step(hub, session.connection, user, session.buffer.outbox()).await
    }

    /// Completes the join after [`Next::Live`]: the connection is in the room, and present there.
    pub async fn complete(mut self) {
        self.decided = true;
        let (session, room) = (&self.session, self.room);
        let new = lock(&session.rooms).insert(room);
        if new && session.present {
            session.sessions.hub.enter(room, session.identity().user, session.connection).await;
        }
        // A session that ended meanwhile may have left the room before it was present there.
        if session.ended.load(Ordering::SeqCst) {
            lock(&session.rooms).remove(&room);
            session.go_out(room).await;
        }
    }

    /// Gives the join up after [`Next::Closed`] or an error: the connection is not in the room, even if it was.
    pub async fn cancel(mut self) {
        self.decided = true;
        self.session.unsubscribe(self.room);
        self.session.leave(self.room).await;
    }
}

impl<B: Buffer> Drop for Join<B> {
    fn drop(&mut self) {
        if !self.decided {
            self.session.unsubscribe(self.room);
        }
    }
}
