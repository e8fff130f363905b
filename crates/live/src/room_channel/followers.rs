//! The feeds that follow a room.

use std::sync::Arc;

use domain::room::{Revision, Seq};
use domain::{RoomId, UserId};
use smallvec::SmallVec;
use uuid::Uuid;

use super::joined::Joined;
use crate::event::{EncodedEvent, LiveEvent, ends_for};
use crate::feed::{Feed, Outgoing};
use crate::wake_queue::WakeBatch;

/// The revision of an end that was not received.
const UNKNOWN: Revision = Revision(i64::MAX - 1);

/// A feed that follows a room.
struct Follower {
    feed: Arc<Feed>,
    /// The revision up to which it has everything; `None` while it waits for the room's state.
    from: Option<Revision>,
}

/// The most changes that are held for feeds that wait. Beyond them, the state must be read again.
const MOST_HELD: usize = 1_024;

/// The feeds that follow a room.
#[derive(Default)]
pub(super) struct Followers {
    /// Most rooms of a user with very many have no other follower.
    all: SmallVec<[Follower; 1]>,
    /// The changes since some of them wait for the room's state.
    held: Option<Box<Holding>>,
}

/// The changes that some feeds wait for.
#[derive(Default)]
struct Holding {
    changes: Vec<Held>,
    /// The latest change that is not among them: the state must be as new.
    lost: Revision,
}

/// A change that some feeds wait for.
struct Held {
    event: Arc<EncodedEvent>,
    room: RoomId,
    revision: Revision,
    sent: Option<(UserId, Seq)>,
}

impl Held {
    fn out(&self) -> Outgoing<'_> {
        Outgoing { event: &self.event, room: self.room, revision: self.revision, sent: self.sent }
    }
}

impl Followers {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn is_only(&self, feed: &Arc<Feed>) -> bool {
        matches!(&self.all[..], [only] if Arc::ptr_eq(&only.feed, feed))
    }

    /// Returns true if every feed waits for the room's state.
    pub(super) fn all_wait(&self) -> bool {
        self.all.iter().all(|follower| follower.from.is_none())
    }

    fn find(&mut self, feed: &Arc<Feed>) -> Option<&mut Follower> {
        self.all.iter_mut().find(|follower| Arc::ptr_eq(&follower.feed, feed))
    }

    pub(super) fn add(&mut self, feed: Arc<Feed>, from: Revision) {
        self.all.push(Follower { feed, from: Some(from) });
    }

    pub(super) fn add_held(&mut self, feed: Arc<Feed>) {
        self.held.get_or_insert_default();
        match self.find(&feed) {
            Some(follower) => follower.from = None,
            None => self.all.push(Follower { feed, from: None }),
        }
    }

    pub(super) fn is_held(&self, feed: &Arc<Feed>) -> bool {
        self.all.iter().any(|follower| Arc::ptr_eq(&follower.feed, feed) && follower.from.is_none())
    }

    pub(super) fn remove(&mut self, feed: &Arc<Feed>) {
        self.all.retain(|follower| !Arc::ptr_eq(&follower.feed, feed));
        self.forget_held();
    }

    /// Returns the revision after which the connection of a user was sent everything; `None` where it follows nothing.
    pub(super) fn floor_of(&self, connection: Uuid, user: UserId, room: RoomId) -> Option<Revision> {
        let follower = self.all.iter().find(|follower| follower.feed.user.id == user)?;
        follower.from.and_then(|_| follower.feed.delivers(connection, room))
    }

    /// Has those wait for the room's state who lack something up to a revision.
    pub(super) fn hold_those_who_lack(&mut self, room: RoomId, revision: Revision) -> Vec<Arc<Feed>> {
        let mut behind = vec![];
        for follower in &mut self.all {
            let known = follower.from.is_some_and(|from| from >= revision);
            if !known && follower.feed.lacks(room, revision) {
                follower.from = None;
                behind.push(follower.feed.clone());
            }
        }
        if !behind.is_empty() {
            self.held.get_or_insert_default();
            self.lose(revision);
        }
        behind
    }

    /// Notes that changes up to a revision are not held, if any are: a state that was read before it is too old.
    pub(super) fn lose(&mut self, revision: Revision) {
        if let Some(held) = &mut self.held {
            held.lost = revision.max(held.lost);
        }
    }

    /// Sends a change to those that do not wait, and keeps it for those that do. Returns the number of receivers.
    pub(super) fn push(&mut self, out: &Outgoing<'_>, joined: Option<&Joined>, wakes: &mut WakeBatch) -> u32 {
        let subscribers = joined.map(|joined| &joined.subscribers);
        let mut receivers = 0;
        for follower in &self.all {
            match follower.from {
                Some(from) if from < out.revision => receivers += follower.feed.push(out, subscribers, wakes),
                Some(_) => {}
                None => follower.feed.notify(),
            }
        }
        if let Some(held) = &mut self.held {
            let Outgoing { event, room, revision, sent } = *out;
            if held.changes.len() >= MOST_HELD {
                held.lost = revision;
                held.changes.clear();
            } else {
                held.changes.push(Held { event: event.clone(), room, revision, sent });
            }
        }
        receivers
    }

    /// Returns true if a state of that revision leads to the changes that are held.
    pub(super) fn can_resume(&self, revision: Revision) -> bool {
        self.held.as_ref().is_none_or(|held| held.lost <= revision)
    }

    /// Has a feed go on from a revision, and sends it what came since.
    pub(super) fn resume(&mut self, feed: &Arc<Feed>, revision: Revision, joined: Option<&Joined>) {
        let Some(follower) = self.find(feed) else { return };
        let waited = follower.from.replace(revision).is_none();
        let subscribers = joined.map(|joined| &joined.subscribers);
        if waited && let Some(held) = &self.held {
            let mut wakes = WakeBatch::default();
            for held in held.changes.iter().filter(|held| held.revision > revision) {
                feed.push(&held.out(), subscribers, &mut wakes);
            }
        }
        self.forget_held();
    }

    /// Ends the room for a feed that waits for its state, where there is none any more.
    pub(super) fn abandon(&mut self, feed: &Arc<Feed>, room: RoomId, joined: Option<&Joined>) {
        if feed.knows(room) {
            let ends = |held: &&Held| matches!(&held.event.event, LiveEvent::Changed(change) if ends_for(change, feed.user.id));
            let end = self.held.as_ref().and_then(|held| held.changes.iter().rfind(ends));
            if let Some(end) = end {
                feed.push(&end.out(), joined.map(|joined| &joined.subscribers), &mut WakeBatch::default());
            }
            feed.leave(room, end.map_or(UNKNOWN, |end| end.revision));
        } else {
            feed.unfollow(room);
        }
        self.remove(feed);
    }

    /// Ends the room for a user, or for all. Those who were not sent the change that ends it are sent that first.
    pub(super) fn end(
        &mut self,
        out: &Outgoing<'_>,
        ended: Option<UserId>,
        was_sent: bool,
        joined: Option<&Joined>,
    ) {
        let subscribers = joined.map(|joined| &joined.subscribers);
        self.all.retain(|follower| {
            let concerned = ended.is_none_or(|user| user == follower.feed.user.id);
            // One who came back since has read it; one who waits for the room's state is about to.
            let over = concerned
                && match follower.from {
                    Some(from) => from < out.revision,
                    None => !was_sent,
                };
            if over {
                if !was_sent {
                    follower.feed.push(out, subscribers, &mut WakeBatch::default());
                }
                follower.feed.leave(out.room, out.revision);
            }
            !over
        });
        self.forget_held();
    }

    fn forget_held(&mut self) {
        if self.all.iter().all(|follower| follower.from.is_some()) {
            self.held = None;
        }
    }
}
