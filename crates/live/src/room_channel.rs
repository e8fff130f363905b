//! The subscribers of one room, and the revision they have reached: changes go out in the order of their revisions, each
//! once, and a missing one is noticed. No I/O: the hub feeds it and acts on what it returns.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use domain::event::{Change, Changes};
use domain::room::Revision;
use domain::{Clock, RoomId, UserId};
use uuid::Uuid;

use crate::event::{EncodedEvent, LiveEvent, ends_for};
use crate::metrics::{METRICS, changed_at};
use crate::outbox::{Delivery, Outbox};
use crate::pacer::Pacer;
use crate::wake_queue::WakeBatch;

/// The most recent changes kept, so that a replay under a stream of messages catches up, and the most bytes of them.
const RECENT: usize = 256;
const RECENT_BYTES: usize = 128 * 1024;

struct Subscriber {
    user: UserId,
    outbox: Arc<Outbox>,
    /// The revision up to which it has everything since before it subscribed.
    from: Revision,
}

/// The channel of a room that has subscribers, or is about to.
pub(crate) struct RoomChannel {
    /// Every subscriber has been sent everything up to this revision.
    revision: Revision,
    /// Changes that arrived before one with a lower revision.
    early: BTreeMap<Revision, Change>,
    recent: VecDeque<Arc<EncodedEvent>>,
    recent_bytes: usize,
    subscribers: HashMap<Uuid, Subscriber>,
    /// The number of replays that are about to subscribe.
    reserved: usize,
    pacer: Pacer,
    clock: Arc<dyn Clock>,
}

impl RoomChannel {
    /// Creates a channel that sends what comes after `revision`.
    pub(crate) fn new(revision: Revision, clock: Arc<dyn Clock>) -> Self {
        let (early, recent, subscribers) = (BTreeMap::new(), VecDeque::new(), HashMap::new());
        let (recent_bytes, reserved, pacer) = (0, 0, Pacer::default());
        Self { revision, early, recent, recent_bytes, subscribers, reserved, pacer, clock }
    }

    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }

    /// Returns true if there is no subscriber and no replay is about to subscribe.
    pub(crate) fn is_empty(&self) -> bool {
        self.subscribers.is_empty() && self.reserved == 0
    }

    /// Keeps the channel for a replay that is about to subscribe.
    pub(crate) fn reserve(&mut self) {
        self.reserved += 1;
    }

    /// Ends a reservation, whether its replay has subscribed or not.
    pub(crate) fn release(&mut self) {
        self.reserved = self.reserved.saturating_sub(1);
    }

    /// Returns true if a change waits for one with a lower revision.
    pub(crate) fn has_gap(&self) -> bool {
        !self.early.is_empty()
    }

    /// Subscribes a connection that has everything up to `known`. Returns `false`, and does nothing, where the channel cannot
    /// supply what comes after that: the connection must read it from the store first.
    pub(crate) fn subscribe(
        &mut self,
        connection: Uuid,
        user: UserId,
        outbox: Arc<Outbox>,
        known: Revision,
    ) -> bool {
        if known < self.revision {
            let oldest = self.recent.front().and_then(|event| event.revision());
            if oldest.is_none_or(|oldest| oldest.0 > known.0 + 1) {
                return false;
            }
            let missed = || self.recent.iter().filter(|event| event.revision() > Some(known));
            // A user who was removed meanwhile must read that, and stay out.
            if missed()
                .any(|event| matches!(&event.event, LiveEvent::Changed(change) if ends_for(change, user)))
            {
                return false;
            }
            for event in missed() {
                outbox.push(Delivery::Event(event.clone()));
            }
        } else if self.subscribers.is_empty() {
            self.skip_to(known);
        }
        if self.subscribers.insert(connection, Subscriber { user, outbox, from: known }).is_none() {
            METRICS.subscriptions.increment(1);
        }
        true
    }

    /// Unsubscribes a connection. Returns the revision up to which everything was pushed to it, `None` where it did not
    /// subscribe.
    pub(crate) fn unsubscribe(&mut self, connection: Uuid) -> Option<Revision> {
        let subscriber = self.subscribers.remove(&connection)?;
        METRICS.subscriptions.decrement(1);
        Some(self.revision.max(subscriber.from))
    }

    /// Accepts a change: sends it and those that waited for it, or keeps it until its turn. Ignores one that was sent.
    pub(crate) fn accept(&mut self, change: Change) {
        if change.revision <= self.revision {
            return;
        }
        self.early.insert(change.revision, change);
        while let Some(due) = self.early.remove(&self.revision.next()) {
            self.send(due);
        }
    }

    /// Sends what was read from the store after a gap, and `caught-up` where that closes it. Does nothing where the channel
    /// has moved on since the revision `since`.
    pub(crate) fn repair(&mut self, since: Revision, read: Changes, room: RoomId) {
        if self.revision != since || read.revision <= since {
            return;
        }
        for change in read.items {
            self.send(change);
        }
        self.skip_to(read.revision);
        if !read.has_more {
            self.broadcast(&EncodedEvent::new(LiveEvent::CaughtUp(room, read.revision)), None);
        }
        let waiting = std::mem::take(&mut self.early);
        for change in waiting.into_values() {
            self.accept(change);
        }
    }

    /// Sends an event without a revision to every subscriber but those of the user `except`.
    pub(crate) fn broadcast(&self, event: &Arc<EncodedEvent>, except: Option<UserId>) {
        self.push_to(event, |subscriber| Some(subscriber.user) != except);
    }

    fn push_to(&self, event: &Arc<EncodedEvent>, to: impl Fn(&Subscriber) -> bool) {
        let (mut receivers, mut wakes) = (0_u32, WakeBatch::default());
        for subscriber in self.subscribers.values().filter(|subscriber| to(subscriber)) {
            subscriber.outbox.push_batched(Delivery::Event(event.clone()), &mut wakes);
            receivers += 1;
        }
        METRICS.receivers.record(receivers);
        self.pacer.wake(wakes, receivers);
    }

    fn skip_to(&mut self, revision: Revision) {
        if revision > self.revision {
            self.revision = revision;
            self.early.retain(|early, _| *early > revision);
            // The recent changes must have no gap.
            self.recent.clear();
            self.recent_bytes = 0;
        }
    }

    fn send(&mut self, change: Change) {
        let (revision, ends) = (change.revision, change.ends_for());
        let (room, changed_at) = (change.room, changed_at(&change));
        let event = EncodedEvent::new(LiveEvent::Changed(change));
        self.push_to(&event, |subscriber| subscriber.from < revision);
        if let Some(changed_at) = changed_at {
            METRICS.record_lag(changed_at, self.clock.now());
        }
        self.revision = revision;
        self.recent_bytes += event.bytes();
        self.recent.push_back(event);
        while (self.recent.len() > RECENT || self.recent_bytes > RECENT_BYTES)
            && let Some(oldest) = self.recent.pop_front()
        {
            self.recent_bytes -= oldest.bytes();
        }
        if let Some(ended) = ends {
            self.subscribers.retain(|_, subscriber| {
                // One who came back since has read it.
                let over = subscriber.from < revision && ended.is_none_or(|user| user == subscriber.user);
                if over {
                    METRICS.subscriptions.decrement(1);
                    subscriber.outbox.push(Delivery::RoomClosed(room));
                }
                !over
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::account::{UserRef, Username};
    use domain::event::ChangeKind;
    use domain::membership::Role;

    const ROOM: RoomId = RoomId(Uuid::from_u128(1));

    fn user(n: u128) -> UserRef {
        UserRef { id: UserId(Uuid::from_u128(n)), username: Username::parse("somebody").unwrap() }
    }

    fn change(revision: i64) -> Change {
        let kind = ChangeKind::RoleChanged(user(9), Role::Member);
        Change { room: ROOM, revision: Revision(revision), kind }
    }

    /// A channel at revision 10 with one subscriber.
    fn channel() -> (RoomChannel, Arc<Outbox>) {
        // Changes of members carry no time, so the clock is never asked.
        let mut channel = RoomChannel::new(Revision(10), Arc::new(domain::MockClock::new()));
        let outbox = Outbox::new();
        assert!(channel.subscribe(Uuid::from_u128(1), user(1).id, outbox.clone(), Revision(10)));
        (channel, outbox)
    }

    /// Returns the deliveries of a subscriber: revisions of changes, and names of other events.
    fn received(outbox: &Outbox) -> Vec<String> {
        std::iter::from_fn(|| outbox.try_next())
            .map(|item| match item {
                Delivery::Event(event) => match event.revision() {
                    Some(revision) => revision.0.to_string(),
                    None => event.name().to_owned(),
                },
                Delivery::RoomClosed(_) => "closed".to_owned(),
            })
            .collect()
    }

    #[test]
    fn changes_are_sent_once_and_in_order_in_whatever_order_they_arrive() {
        let (mut channel, outbox) = channel();
        for revision in [12, 11, 11, 14, 12, 13] {
            channel.accept(change(revision));
        }
        assert_eq!(received(&outbox), ["11", "12", "13", "14"]);
        assert!(!channel.has_gap());
    }

    #[test]
    fn a_gap_is_closed_from_the_store_and_early_changes_follow() {
        let (mut channel, outbox) = channel();
        channel.accept(change(15));
        assert!(channel.has_gap());
        let read = Changes { items: vec![change(12), change(14)], has_more: false, revision: Revision(14) };
        channel.repair(Revision(10), read, ROOM);
        assert_eq!(received(&outbox), ["12", "14", "caught-up", "15"]);
        assert!(!channel.has_gap());
    }

    #[test]
    fn a_repair_of_a_channel_that_has_moved_on_changes_nothing() {
        let (mut channel, outbox) = channel();
        channel.accept(change(11));
        let read = Changes { items: vec![change(11)], has_more: false, revision: Revision(11) };
        channel.repair(Revision(10), read, ROOM);
        assert_eq!(received(&outbox), ["11"]);
    }

    #[test]
    fn a_subscriber_receives_everything_after_its_known_revision_and_nothing_before() {
        let (mut channel, _first) = channel();
        channel.accept(change(11));
        channel.accept(change(12));
        let (behind, ahead, lost) = (Outbox::new(), Outbox::new(), Outbox::new());
        assert!(channel.subscribe(Uuid::from_u128(2), user(2).id, behind.clone(), Revision(11)));
        assert!(channel.subscribe(Uuid::from_u128(3), user(3).id, ahead.clone(), Revision(13)));
        assert!(!channel.subscribe(Uuid::from_u128(4), user(4).id, lost, Revision(9)));
        channel.accept(change(13));
        channel.accept(change(14));
        assert_eq!(received(&behind), ["12", "13", "14"]);
        assert_eq!(received(&ahead), ["14"]);
    }

    #[test]
    fn recent_changes_are_bounded_in_number_and_in_bytes() {
        let (mut channel, _outbox) = channel();
        for revision in 11..1_000 {
            channel.accept(change(revision));
            let bytes: usize = channel.recent.iter().map(|event| event.bytes()).sum();
            assert_eq!(bytes, channel.recent_bytes);
        }
        assert_eq!(channel.recent.len(), RECENT);
        channel.recent_bytes += RECENT_BYTES;
        channel.accept(change(1_000));
        assert!(channel.recent.is_empty(), "none fits beside as many bytes");
        channel.recent_bytes = 0;
        channel.accept(change(1_001));
        assert_eq!(channel.recent.len(), 1);
    }

    #[test]
    fn a_removal_is_the_last_event_of_a_removed_member() {
        let (mut channel, stays) = channel();
        let goes = Outbox::new();
        assert!(channel.subscribe(Uuid::from_u128(2), user(2).id, goes.clone(), Revision(10)));
        let kind = ChangeKind::MemberRemoved(user(2), Role::Member);
        channel.accept(Change { room: ROOM, revision: Revision(11), kind });
        channel.accept(change(12));
        assert_eq!(received(&goes), ["11", "closed"]);
        // They cannot subscribe by way of the recent changes either.
        assert!(!channel.subscribe(Uuid::from_u128(2), user(2).id, goes, Revision(10)));
        assert_eq!(received(&stays), ["11", "12"]);
        channel.accept(Change { room: ROOM, revision: Revision(13), kind: ChangeKind::RoomDeleted });
        assert_eq!(received(&stays), ["13", "closed"]);
        assert!(channel.is_empty());
    }
}
