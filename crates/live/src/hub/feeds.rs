//! Feeds of users: who receives everything of all of their rooms, and how the hub keeps that complete.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::account::UserRef;
use domain::event::{Change, ChangeKind};
use domain::room::{Revision, Seq};
use domain::sync::{Cursor, Seat, Seen, SyncPage, Walk};
use domain::{RoomId, StoreError, UserId};
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Hub, lock};
use crate::body::PersonalBody;
use crate::event::EncodedEvent;
use crate::feed::{Feed, Receiver};
use crate::metrics::METRICS;
use crate::outbox::{Delivery, EndReason, Outbox};

/// The time after which a connection that received anything is sent a cursor again, at the next comparison with the store.
const CURSOR_INTERVAL: Duration = Duration::from_secs(10);

/// A connection that receives a feed from now on, and is yet to receive its first part.
pub(crate) struct Attached {
    /// The feed; nothing else is applied to it until this is dropped.
    pub(crate) feed: Arc<Feed>,
    /// The revision of each of the user's rooms.
    rooms: BTreeMap<RoomId, Revision>,
    _turn: OwnedMutexGuard<bool>,
}

impl Hub {
    /// Has a connection receive everything of all rooms of its user from now on.
    pub(crate) async fn attach(
        &self,
        user: &UserRef,
        connection: Uuid,
        to: Receiver,
    ) -> Result<Attached, StoreError> {
        let feed = {
            let mut feeds = lock(&self.feeds);
            let feed = feeds.entry(user.id).or_insert_with(|| Feed::new(user.clone())).clone();
            feed.add(connection, to);
            METRICS.feeds.increment(1);
            feed
        };
        let mut turn = feed.turn.clone().lock_owned().await;
        // Read after the connection was added: what is missing here is received.
        let mut seats = match self.seats(user.id).await {
            Ok(seats) => seats,
            Err(error) => {
                self.detach(user.id, connection);
                return Err(error);
            }
        };
        seats.sort_unstable_by_key(|seat| seat.room);
        if !std::mem::replace(&mut *turn, true) {
            for seat in &seats {
                self.follow(&feed, seat.room, seat.revision, seat.last_read_seq);
            }
        }
        let rooms = seats.into_iter().map(|seat| (seat.room, seat.revision)).collect();
        Ok(Attached { feed, rooms, _turn: turn })
    }

    /// Reads the rooms of a user. What moves later is found by comparing with what was seen before, however that was read.
    async fn seats(&self, user: UserId) -> Result<Vec<Seat>, StoreError> {
        if lock(&self.seen).is_none() {
            let now = self.sync.moved_seats(vec![], None).await?.now;
            lock(&self.seen).get_or_insert(now);
        }
        self.sync.seats(user).await
    }

    /// Removes a connection from its user's feed; the feed ends with the last one.
    pub(crate) fn detach(&self, user: UserId, connection: Uuid) {
        let (feed, followed) = {
            let mut feeds = lock(&self.feeds);
            let Some(feed) = feeds.get(&user).cloned() else { return };
            if !feed.has(connection) {
                return;
            }
            METRICS.feeds.decrement(1);
            let Some(followed) = feed.remove(connection) else { return };
            feeds.remove(&user);
            (feed, followed)
        };
        for room in followed {
            if let Some(channel) = self.channel(room) {
                lock(&channel).unfollow(&feed);
            }
            self.drop_if_empty(room);
        }
    }

    /// Completes the first part of a connection, which is this page: what it receives of a room comes after it. `joined` are
    /// the rooms that the connection is in itself.
    pub(crate) fn settle(
        &self,
        attached: Attached,
        connection: Uuid,
        page: &SyncPage,
        joined: &dyn Fn(RoomId) -> bool,
    ) {
        let Attached { feed, mut rooms, _turn } = attached;
        // Those who receive the feed already learn of what this read found.
        feed.apply_invitations(&page.invitations);
        let unknown: Vec<RoomId> = rooms.keys().copied().filter(|room| !feed.follows(*room)).collect();
        rooms.extend(page.rooms.iter().map(|summary| {
            let room = &summary.view.room;
            (room.id, room.log.revision)
        }));
        for room in &page.left {
            rooms.remove(room);
        }
        let mut floors = BTreeMap::new();
        for (room, base) in &rooms {
            if let Some(channel) = self.channel(*room)
                && let Some(floor) = lock(&channel).floor_for(&feed, connection, *base)
            {
                floors.insert(*room, floor);
            }
        }
        let seen = match &page.cursor.walk {
            Walk::Changed { since, .. } => since.clone(),
            Walk::All { begun, .. } => begun.clone(),
        };
        feed.settle(connection, &rooms, floors, joined, (seen, page.cursor.invitations));
        self.refresh(&feed, unknown);
    }

    /// Sends the last cursor to a connection, and ends it once it has received everything.
    pub(super) fn finish(&self, user: UserId, connection: Uuid, outbox: &Outbox) {
        let feed = lock(&self.feeds).get(&user).cloned();
        let cursor = feed.and_then(|feed| {
            let (seen, digest) = feed.progress_of(connection)?;
            self.cursor(user, seen, digest)
        });
        match cursor {
            Some(cursor) => {
                let synced = EncodedEvent::personal(PersonalBody::synced(cursor));
                outbox.finish(Delivery::Event(synced), EndReason::Shutdown);
            }
            None => outbox.end(EndReason::Shutdown),
        }
    }

    /// Reads the relation of a user to a room, where a connection receives the user's feed.
    pub(super) fn refresh_of(&self, user: UserId, room: RoomId) {
        if let Some(feed) = self.feed(user) {
            self.refresh(&feed, [room]);
        }
    }

    /// Reads what a change means to those who are not in the room, or not yet.
    pub(super) fn refresh_concerned(&self, change: &Change) {
        match &change.kind {
            ChangeKind::MemberAdded(user, _) => self.refresh_of(user.id, change.room),
            ChangeKind::RoomDeleted => {
                for feed in self.all_feeds().iter().filter(|feed| feed.is_invited(change.room)) {
                    self.refresh(feed, [change.room]);
                }
            }
            _ => {}
        }
    }

    /// Returns the feed of a user, if a connection receives it.
    pub(crate) fn feed(&self, user: UserId) -> Option<Arc<Feed>> {
        lock(&self.feeds).get(&user).cloned()
    }

    pub(super) fn all_feeds(&self) -> Vec<Arc<Feed>> {
        lock(&self.feeds).values().cloned().collect()
    }

    /// Sends every connection that received everything seen a cursor, where it is time.
    pub(super) fn advance(&self, feed: &Feed, seen: &Seen) {
        let (user, digest) = (feed.user.id, feed.digest());
        let due = |at: Instant| at.elapsed() >= CURSOR_INTERVAL;
        feed.advance(seen, digest, &due, &|| self.cursor(user, seen.clone(), digest));
    }

    fn cursor(&self, user: UserId, since: Seen, invitations: u64) -> Option<String> {
        let cursor = Cursor { walk: Walk::Changed { since, place: None }, invitations };
        let sealed = self.seal.seal(user, &cursor.encode());
        sealed.inspect_err(|error| tracing::error!(%error, "cannot seal a cursor")).ok()
    }

    fn follow(&self, feed: &Arc<Feed>, room: RoomId, from: Revision, read: Seq) {
        let mut rooms = lock(&self.rooms);
        let channel = self.channel_or_new(&mut rooms, room, from);
        let mut channel = lock(&channel);
        if feed.follow(room, Some(read)) {
            channel.follow(feed.clone(), from);
        }
    }

    /// Has a feed follow a room once its state is read.
    fn follow_later(&self, feed: &Arc<Feed>, room: RoomId) {
        let mut rooms = lock(&self.rooms);
        let channel = self.channel_or_new(&mut rooms, room, Revision::default());
        let mut channel = lock(&channel);
        if feed.follow(room, None) {
            channel.follow_later(feed.clone());
        }
    }

    /// Reads the relation of a user to some rooms, and sends the user what is new about it.
    pub(super) fn refresh(&self, feed: &Arc<Feed>, rooms: impl IntoIterator<Item = RoomId>) {
        let Some(hub) = self.me.upgrade().filter(|_| feed.ask(rooms)) else { return };
        let feed = feed.clone();
        self.runtime.spawn(async move {
            loop {
                let _turn = feed.turn.lock().await;
                let rooms = feed.take_pending();
                if rooms.is_empty() {
                    break;
                }
                for room in rooms.iter().filter(|room| !feed.follows(**room)) {
                    hub.follow_later(&feed, *room);
                }
                match hub.sync.rooms(feed.user.id, rooms.clone()).await {
                    Ok((summaries, open)) => {
                        feed.apply_invitations(&open);
                        let mut states: BTreeMap<_, _> =
                            summaries.iter().map(|summary| (summary.view.room.id, summary)).collect();
                        let again = rooms.into_iter().filter(|room| !hub.apply(&feed, *room, states.remove(room)));
                        feed.ask_again(again.collect());
                    }
                    Err(error) => {
                        tracing::warn!(%error, "cannot read the rooms of a subscriber; the hub tries again when it reconciles");
                        feed.give_back(rooms);
                        break;
                    }
                }
            }
        });
    }

    /// Applies the state of a room; `None` where the user is no member of it. Returns `false` where it is too old by now.
    fn apply(&self, feed: &Arc<Feed>, room: RoomId, state: Option<&domain::sync::RoomSummary>) -> bool {
        let Some(channel) = self.channel(room) else { return true };
        let applied = {
            let mut channel = lock(&channel);
            match state {
                Some(summary) if channel.is_held(feed) => {
                    channel.resume(feed, summary.view.room.log.revision, || feed.push_room(summary))
                }
                Some(summary) => {
                    feed.push_read(summary);
                    true
                }
                None if channel.is_held(feed) => {
                    channel.abandon(feed, room);
                    true
                }
                // The channel ends it in its turn.
                None => true,
            }
        };
        self.drop_if_empty(room);
        feed.notify();
        applied
    }
}
