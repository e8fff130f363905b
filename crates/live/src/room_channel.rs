//! The subscribers of one room, and the revision they have reached: changes go out in the order of their revisions, each
//! once, and a missing one is noticed. No I/O: the hub feeds it and acts on what it returns.

mod followers;
mod joined;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::event::{Change, ChangeKind, Changes};
use domain::room::Revision;
use domain::{Clock, RoomId, UserId};
use uuid::Uuid;

use crate::event::{EncodedEvent, LiveEvent, ends_for};
use crate::feed::{Feed, Outgoing};
use crate::metrics::{METRICS, changed_at};
use crate::outbox::{Delivery, Outbox};
use crate::pacer::Pacer;
use crate::wake_queue::WakeBatch;
use followers::Followers;
use joined::{Joined, Subscriber};

/// The number of receivers from which on it is worth to pace their wakes.
const PACED: u32 = 100;

/// The channel of a room that has subscribers, or is about to. Most are followed by one feed or few, and no connection
/// joins them, so what only others need is allocated when it is needed: a user may have thousands of rooms.
pub(crate) struct RoomChannel {
    /// Every subscriber has been sent everything up to this revision.
    revision: Revision,
    /// `None` where there are none.
    early: Option<Box<Early>>,
    /// The feeds of users.
    followers: Followers,
    /// The connections in the room themselves, and replays that are about to be.
    joined: Option<Box<Joined>>,
    pacer: Option<Box<Pacer>>,
    clock: Arc<dyn Clock>,
}

/// Changes that arrived before one with a lower revision.
#[derive(Default)]
struct Early(BTreeMap<Revision, Change>);

impl RoomChannel {
    /// Creates a channel that sends what comes after `revision`.
    pub(crate) fn new(revision: Revision, clock: Arc<dyn Clock>) -> Self {
        Self { revision, early: None, followers: Followers::default(), joined: None, pacer: None, clock }
    }

    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }

    /// Returns true if there is no subscriber and no replay is about to subscribe.
    pub(crate) fn is_empty(&self) -> bool {
        self.joined.is_none() && self.followers.is_empty()
    }

    /// Returns true if the latest changes are kept, for replays that are about to subscribe.
    pub(crate) fn keeps_changes(&self) -> bool {
        self.joined.is_some()
    }

    /// Keeps the channel for a replay that is about to subscribe, and has everything up to `known`.
    pub(crate) fn reserve(&mut self, known: Revision) {
        if self.awaits_state() {
            self.skip_to(known);
        }
        self.joined.get_or_insert_default().reserved += 1;
    }

    /// Ends a reservation, whether its replay has subscribed or not.
    pub(crate) fn release(&mut self) {
        if let Some(joined) = &mut self.joined {
            joined.reserved = joined.reserved.saturating_sub(1);
        }
        self.joined.take_if(|joined| joined.is_empty());
    }

    /// Returns true if there are none but feeds that wait for the room's state.
    pub(crate) fn awaits_state(&self) -> bool {
        self.joined.is_none() && self.followers.all_wait()
    }

    /// Returns true if a change waits for one with a lower revision.
    pub(crate) fn has_gap(&self) -> bool {
        self.early.is_some()
    }

    /// Subscribes a connection that has everything up to `known`. Returns `false`, and does nothing, where the channel cannot
    /// supply what comes after that: the connection must read it from the store first.
    pub(crate) fn subscribe(
        &mut self,
        room: RoomId,
        connection: Uuid,
        user: UserId,
        outbox: Arc<Outbox>,
        known: Revision,
    ) -> bool {
        if known < self.revision {
            let Some(missed) = self.joined.as_ref().and_then(|joined| joined.after(known)) else {
                return false;
            };
            // A user who was removed meanwhile must read that, and stay out.
            let ends = |event: &Arc<EncodedEvent>| matches!(&event.event, LiveEvent::Changed(change) if ends_for(change, user));
            if missed.iter().any(ends) {
                return false;
            }
            // By the feed of its user the connection was sent what came after its floor already.
            let floor = self.followers.floor_of(connection, user, room);
            for event in missed {
                if floor.is_none_or(|floor| event.revision() <= Some(floor)) {
                    outbox.push(Delivery::Event(event));
                }
            }
        } else if self.joined.as_ref().is_none_or(|joined| joined.subscribers.is_empty())
            && self.followers.all_wait()
        {
            self.skip_to(known);
        }
        let joined = self.joined.get_or_insert_default();
        if joined.subscribers.insert(connection, Subscriber { user, outbox, from: known }).is_none() {
            METRICS.subscriptions.increment(1);
        }
        true
    }

    /// Unsubscribes a connection. Returns the revision up to which everything was pushed to it, `None` where it did not
    /// subscribe.
    pub(crate) fn unsubscribe(&mut self, connection: Uuid) -> Option<Revision> {
        let subscriber = self.joined.as_mut()?.subscribers.remove(&connection);
        self.joined.take_if(|joined| joined.is_empty());
        let subscriber = subscriber?;
        METRICS.subscriptions.decrement(1);
        Some(self.revision.max(subscriber.from))
    }

    /// Has a feed follow the room from that revision on.
    pub(crate) fn follow(&mut self, feed: Arc<Feed>, from: Revision) {
        if self.awaits_state() {
            self.skip_to(from);
        }
        self.followers.add(feed, from);
    }

    /// Has a feed follow the room once its state was read: what comes until then is kept.
    pub(crate) fn follow_later(&mut self, feed: Arc<Feed>) {
        self.followers.add_held(feed);
    }

    /// Returns true if a feed waits for the room's state.
    pub(crate) fn is_held(&self, feed: &Arc<Feed>) -> bool {
        self.followers.is_held(feed)
    }

    /// Stops following.
    pub(crate) fn unfollow(&mut self, feed: &Arc<Feed>) {
        self.followers.remove(feed);
    }

    /// Notes that a connection that receives a feed has everything up to a revision: returns the revision from which on the
    /// channel does not send it what it has, `None` where the channel is not behind.
    pub(crate) fn floor_for(
        &mut self,
        feed: &Arc<Feed>,
        connection: Uuid,
        base: Revision,
    ) -> Option<Revision> {
        if self.revision >= base {
            return None;
        }
        // What another connection would lack is sent when it comes.
        let is_only = self.joined.is_none() && self.followers.is_only(feed) && feed.is_only_for(connection);
        if is_only && !self.followers.is_held(feed) {
            self.skip_to(base);
            self.accept_early();
            return None;
        }
        Some(base)
    }

    /// Sends a feed the state of the room at a revision, and the changes after it. Returns `false`, and does nothing, where the
    /// state is too old by now.
    pub(crate) fn resume(&mut self, feed: &Arc<Feed>, revision: Revision, send_state: impl FnOnce()) -> bool {
        if !self.followers.can_resume(revision) {
            return false;
        }
        if self.awaits_state() {
            self.skip_to(revision);
        }
        send_state();
        self.followers.resume(feed, revision, self.joined.as_deref());
        self.accept_early();
        true
    }

    /// Ends the room for a feed that waits for its state, where there is none any more.
    pub(crate) fn abandon(&mut self, feed: &Arc<Feed>, room: RoomId) {
        self.followers.abandon(feed, room, self.joined.as_deref());
    }

    /// Accepts a change: sends it and those that waited for it, or keeps it until its turn. Ignores one that was sent.
    pub(crate) fn accept(&mut self, change: Change) {
        if change.revision <= self.revision {
            return;
        }
        if self.early.is_none() && change.revision == self.revision.next() {
            return self.send(change, true);
        }
        self.early.get_or_insert_default().0.insert(change.revision, change);
        self.accept_early();
    }

    fn accept_early(&mut self) {
        while let Some(early) = &mut self.early
            && let Some(due) = early.0.remove(&self.revision.next())
        {
            self.send(due, true);
        }
        self.early.take_if(|early| early.0.is_empty());
    }

    /// Sends what was read from the store after a gap to those in the room, and `caught-up` where that closes it. Does nothing
    /// where the channel has moved on since the revision `since`. Returns the feeds that must be sent the state of the room.
    pub(crate) fn repair(&mut self, since: Revision, read: Changes, room: RoomId) -> Vec<Arc<Feed>> {
        if self.revision != since || read.revision <= since {
            return vec![];
        }
        let behind = self.followers.hold_those_who_lack(room, read.revision);
        for change in read.items {
            self.send(change, false);
        }
        self.skip_to(read.revision);
        if !read.has_more {
            self.broadcast(&EncodedEvent::new(LiveEvent::CaughtUp(room, read.revision)), |_, _| true);
        }
        if let Some(waiting) = self.early.take() {
            for change in waiting.0.into_values() {
                self.accept(change);
            }
        }
        behind.into_iter().filter(|feed| self.followers.is_held(feed)).collect()
    }

    /// Sends an event without a revision to the connections in the room that `to` selects, by their id and user.
    pub(crate) fn broadcast(&mut self, event: &Arc<EncodedEvent>, to: impl Fn(Uuid, UserId) -> bool) {
        let (mut receivers, mut wakes) = (0, WakeBatch::default());
        if let Some(joined) = &self.joined {
            receivers =
                joined.push(event, |connection, subscriber| to(connection, subscriber.user), &mut wakes);
        }
        METRICS.receivers.record(receivers);
        self.wake(wakes, receivers);
    }

    fn wake(&mut self, wakes: WakeBatch, receivers: u32) {
        if receivers >= PACED {
            self.pacer.get_or_insert_default().wake(wakes, receivers);
        }
        // Fewer are woken at once, when the batch is dropped.
    }

    fn skip_to(&mut self, revision: Revision) {
        if revision > self.revision {
            self.revision = revision;
            self.followers.lose(revision);
            if let Some(early) = &mut self.early {
                early.0.retain(|early, _| *early > revision);
            }
            self.early.take_if(|early| early.0.is_empty());
            if let Some(joined) = &mut self.joined {
                // The recent changes must have no gap.
                joined.forget();
            }
        }
    }

    /// Sends a change to everyone in the room, and to those who follow it unless they are sent its state.
    fn send(&mut self, change: Change, to_followers: bool) {
        let (revision, ends) = (change.revision, change.ends_for());
        let (room, changed_at) = (change.room, changed_at(&change));
        let sent = match &change.kind {
            ChangeKind::Sent(message) => Some((message.sender.id, message.seq)),
            _ => None,
        };
        let event = EncodedEvent::new(LiveEvent::Changed(change));
        let (mut receivers, mut wakes) = (0, WakeBatch::default());
        if let Some(joined) = &self.joined {
            receivers = joined.push(&event, |_, subscriber| subscriber.from < revision, &mut wakes);
        }
        let out = Outgoing { event: &event, room, revision, sent };
        let joined = self.joined.as_deref();
        if to_followers {
            receivers += self.followers.push(&out, joined, &mut wakes);
        }
        METRICS.receivers.record(receivers);
        self.wake(wakes, receivers);
        if let Some(changed_at) = changed_at {
            METRICS.record_lag(changed_at, self.clock.now());
        }
        self.revision = revision;
        if let Some(ended) = ends {
            self.followers.end(&out, ended, to_followers, self.joined.as_deref());
        }
        if let Some(joined) = &mut self.joined {
            joined.keep(event);
            if let Some(ended) = ends {
                joined.end(room, revision, ended);
            }
        }
        self.joined.take_if(|joined| joined.is_empty());
    }
}

#[cfg(test)]
mod tests;
