//! The subscription of a session: everything of all of the user's rooms.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::RoomId;
use domain::room::Revision;
use domain::sync::{Cursor, RoomSummary, SyncPage};

use super::{Buffer, Session, TRACED};
use crate::body::PersonalBody;
use crate::event::EncodedEvent;
use crate::feed::Receiver;
use crate::metrics::METRICS;

/// The first part of a subscription. Each event is made when it is taken: a slow client of many rooms holds what was read of
/// them, and not their JSON as well.
pub struct FirstPart {
    rooms: std::vec::IntoIter<RoomSummary>,
    left: std::vec::IntoIter<RoomId>,
    last: std::array::IntoIter<PersonalBody, 2>,
}

impl Iterator for FirstPart {
    type Item = Arc<EncodedEvent>;

    fn next(&mut self) -> Option<Self::Item> {
        let room = self.rooms.next().as_ref().map(PersonalBody::room);
        let left = || self.left.next().map(PersonalBody::room_left);
        room.or_else(left).or_else(|| self.last.next()).map(EncodedEvent::personal)
    }
}

impl<B: Buffer> Session<B> {
    /// Subscribes to all rooms of the user, after a cursor or from now on; a subscription that there is starts over. Returns the
    /// first part, which must be sent before anything else of the outbox.
    #[tracing::instrument(
        target = TRACED,
        name = "socket subscribe",
        skip_all,
        fields(otel.kind = "server", user.id = %self.identity().user.id)
    )]
    pub async fn subscribe(&self, since: Option<Cursor>) -> domain::Result<FirstPart> {
        self.unsubscribe_from_all();
        if since.is_some() {
            METRICS.resumes.increment(1);
        }
        let (user, hub) = (self.identity().user, &self.sessions.hub);
        let receiver = Receiver::Stream(self.buffer.outbox().clone());
        // Detached with the session, even where the caller does not wait for the end of this.
        self.subscribed.store(true, Ordering::SeqCst);
        let attached = hub.attach(&user, self.connection, receiver).await;
        let attached = attached.inspect_err(|_| self.unsubscribe_from_all())?;
        let first = async {
            let page = self.read_all(since).await?;
            let cursor = self.sessions.use_cases.read_sync.seal(user.id, &page.cursor)?;
            Ok::<_, domain::Error>((page, cursor))
        };
        let (page, cursor) = first.await.inspect_err(|_| self.unsubscribe_from_all())?;
        hub.settle(attached, self.connection, &page, &|room| self.is_in(room));
        // A session that ended meanwhile may have unsubscribed before.
        if self.ended.load(Ordering::SeqCst) {
            self.unsubscribe_from_all();
        }
        let last = [PersonalBody::invitations(&page.invitations), PersonalBody::synced(cursor)];
        Ok(FirstPart { rooms: page.rooms.into_iter(), left: page.left.into_iter(), last: last.into_iter() })
    }

    /// Reads every room that a sync would list, to its end.
    async fn read_all(&self, since: Option<Cursor>) -> domain::Result<SyncPage> {
        let (user, read) = (self.identity().user.id, &self.sessions.use_cases.read_sync);
        let mut all = read.execute(user, since, u32::MAX).await?;
        // A cursor from within a walk leads to the rest of it first.
        while all.has_more {
            let next = read.execute(user, Some(all.cursor), u32::MAX).await?;
            all.rooms.retain(|known| next.rooms.iter().all(|new| new.view.room.id != known.view.room.id));
            all.rooms.retain(|known| !next.left.contains(&known.view.room.id));
            all.left.retain(|left| next.rooms.iter().all(|new| new.view.room.id != *left));
            all.rooms.extend(next.rooms);
            all.left.extend(next.left);
            (all.invitations, all.cursor, all.has_more) = (next.invitations, next.cursor, next.has_more);
        }
        Ok(all)
    }

    /// Ends the subscription to all rooms, and discards what waits of it. Rooms that the connection is in stay. Does nothing
    /// where there is none.
    pub fn unsubscribe_from_all(&self) {
        if !self.subscribed.swap(false, Ordering::SeqCst) {
            return;
        }
        self.sessions.hub.detach(self.identity().user.id, self.connection);
        self.buffer.outbox().retain_events(|event| event.room().is_some_and(|room| self.is_in(room)));
    }

    /// Returns true while the connection receives everything of all of the user's rooms.
    pub(super) fn is_subscribed(&self) -> bool {
        self.subscribed.load(Ordering::SeqCst)
    }

    /// Notes that the connection was sent everything of a room up to a revision, while it was in it.
    pub(super) fn raise_floor(&self, room: RoomId, sent: Revision) {
        if let Some(feed) = self.sessions.hub.feed(self.identity().user.id) {
            feed.raise_floor(self.connection, room, sent);
        }
    }
}
