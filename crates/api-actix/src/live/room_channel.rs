//! One room's subscribers, and how far they have been told: changes go out in the order of their revisions, each once,
//! and what is missing is noticed. No sockets here, no store: it is told what happened and says what is to be done.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use domain::event::{Change, Changes};
use domain::room::Revision;
use domain::{Clock, UserId};
use uuid::Uuid;

use super::bell::Readers;
use super::connection::{Item, Outbox};
use super::figures::{FIGURES, made};
use super::replay::ends_for;
use super::wire::{Encoded, Live};

/// How many of the latest changes a room remembers, so that who catches up under a stream of messages catches it.
const RECENT: usize = 256;

/// Somebody who listens to a room.
struct Subscriber {
    user: UserId,
    outbox: Arc<Outbox>,
    /// They know everything up to there.
    from: Revision,
}

/// A room that somebody listens to.
pub(super) struct RoomChannel {
    /// Everything up to there has been sent to every subscriber.
    revision: Revision,
    /// Changes that came before one that is due before them.
    early: BTreeMap<Revision, Change>,
    recent: VecDeque<Arc<Encoded>>,
    subscribers: HashMap<Uuid, Subscriber>,
    /// How many are on their way in.
    expected: usize,
    clock: Arc<dyn Clock>,
}

impl RoomChannel {
    /// A channel for somebody who knows everything up to there.
    pub(super) fn new(revision: Revision, clock: Arc<dyn Clock>) -> Self {
        let (early, recent, subscribers) = (BTreeMap::new(), VecDeque::new(), HashMap::new());
        Self { revision, early, recent, subscribers, expected: 0, clock }
    }

    pub(super) fn revision(&self) -> Revision {
        self.revision
    }

    pub(super) fn is_empty(&self) -> bool {
        self.subscribers.is_empty() && self.expected == 0
    }

    /// Somebody is on their way in.
    pub(super) fn expect(&mut self) {
        self.expected += 1;
    }

    /// They are in, or come no more.
    pub(super) fn expected(&mut self) {
        self.expected = self.expected.saturating_sub(1);
    }

    /// Whether a change that came is still waiting for one before it.
    pub(super) fn has_gap(&self) -> bool {
        !self.early.is_empty()
    }

    /// Joins a subscriber who knows everything up to `known`; `false` where they must read more first.
    pub(super) fn attach(
        &mut self,
        connection: Uuid,
        user: UserId,
        outbox: Arc<Outbox>,
        known: Revision,
    ) -> bool {
        if known < self.revision {
            let oldest = self.recent.front().and_then(|encoded| encoded.revision());
            if oldest.is_none_or(|oldest| oldest.0 > known.0 + 1) {
                return false;
            }
            let missed = || self.recent.iter().filter(|encoded| encoded.revision() > Some(known));
            // Who was taken out meanwhile must read of it, and stay out.
            if missed()
                .any(|encoded| matches!(&encoded.event, Live::Changed(change) if ends_for(change, user)))
            {
                return false;
            }
            for encoded in missed() {
                outbox.push(Item::Event(encoded.clone()));
            }
        } else if self.subscribers.is_empty() {
            self.skip_to(known);
        }
        if self.subscribers.insert(connection, Subscriber { user, outbox, from: known }).is_none() {
            FIGURES.subscriptions.increment(1);
        }
        true
    }

    /// Lets a subscriber go; answers up to where they were told of everything, if they were one.
    pub(super) fn detach(&mut self, connection: Uuid) -> Option<Revision> {
        let subscriber = self.subscribers.remove(&connection)?;
        FIGURES.subscriptions.decrement(1);
        Some(self.revision.max(subscriber.from))
    }

    /// Takes a change in: sends it, and what waited for it, or keeps it until its turn.
    pub(super) fn take(&mut self, change: Change) {
        if change.revision <= self.revision {
            return;
        }
        self.early.insert(change.revision, change);
        while let Some(due) = self.early.remove(&self.revision.next()) {
            self.send(due);
        }
    }

    /// Sends what was read from the store after a gap; everybody is told that they are caught up where that closes it.
    /// Of no use, and left, where the channel has moved since `since`.
    pub(super) fn repair(&mut self, since: Revision, read: Changes, room: domain::RoomId) {
        if self.revision != since || read.revision <= since {
            return;
        }
        for change in read.items {
            self.send(change);
        }
        self.skip_to(read.revision);
        if !read.has_more {
            self.broadcast(&Encoded::new(Live::CaughtUp(room, read.revision)), None);
        }
        let waiting = std::mem::take(&mut self.early);
        for change in waiting.into_values() {
            self.take(change);
        }
    }

    /// Sends something of the moment to all but one user.
    pub(super) fn broadcast(&self, encoded: &Arc<Encoded>, but: Option<UserId>) {
        self.hand_out(encoded, |subscriber| Some(subscriber.user) != but);
    }

    fn hand_out(&self, encoded: &Arc<Encoded>, to: impl Fn(&Subscriber) -> bool) {
        let (mut receivers, mut readers) = (0_u32, Readers::default());
        for subscriber in self.subscribers.values().filter(|subscriber| to(subscriber)) {
            subscriber.outbox.push_for(Item::Event(encoded.clone()), &mut readers);
            receivers += 1;
        }
        FIGURES.receivers.record(receivers);
    }

    fn skip_to(&mut self, revision: Revision) {
        if revision > self.revision {
            self.revision = revision;
            self.early.retain(|early, _| *early > revision);
            // What is remembered must have no holes.
            self.recent.clear();
        }
    }

    fn send(&mut self, change: Change) {
        let (revision, ends) = (change.revision, change.ends_for());
        let (room, made) = (change.room, made(&change));
        let encoded = Encoded::new(Live::Changed(change));
        self.hand_out(&encoded, |subscriber| subscriber.from < revision);
        if let Some(made) = made {
            FIGURES.delivered(made, self.clock.now());
        }
        self.revision = revision;
        self.recent.push_back(encoded);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        if let Some(whom) = ends {
            self.subscribers.retain(|_, subscriber| {
                // One who came in again since knows of it.
                let over = subscriber.from < revision && whom.is_none_or(|user| user == subscriber.user);
                if over {
                    FIGURES.subscriptions.decrement(1);
                    subscriber.outbox.push(Item::Over(room));
                }
                !over
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::RoomId;
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
        // Members come and go here, and of that no lag is told.
        let mut channel = RoomChannel::new(Revision(10), Arc::new(domain::MockClock::new()));
        let outbox = Outbox::new();
        assert!(channel.attach(Uuid::from_u128(1), user(1).id, outbox.clone(), Revision(10)));
        (channel, outbox)
    }

    /// What the subscriber was told: revisions, and names of what has none.
    fn told(outbox: &Outbox) -> Vec<String> {
        std::iter::from_fn(|| outbox.try_next())
            .map(|item| match item {
                Item::Event(encoded) => match encoded.revision() {
                    Some(revision) => revision.0.to_string(),
                    None => encoded.name().to_owned(),
                },
                Item::Over(_) => "over".to_owned(),
            })
            .collect()
    }

    #[test]
    fn changes_go_out_in_order_and_once_however_they_come() {
        let (mut channel, outbox) = channel();
        for revision in [12, 11, 11, 14, 12, 13] {
            channel.take(change(revision));
        }
        assert_eq!(told(&outbox), ["11", "12", "13", "14"]);
        assert!(!channel.has_gap());
    }

    #[test]
    fn a_gap_is_closed_by_what_the_store_tells_and_then_life_goes_on() {
        let (mut channel, outbox) = channel();
        channel.take(change(15));
        assert!(channel.has_gap());
        let read = Changes { items: vec![change(12), change(14)], has_more: false, revision: Revision(14) };
        channel.repair(Revision(10), read, ROOM);
        assert_eq!(told(&outbox), ["12", "14", "caught-up", "15"]);
        assert!(!channel.has_gap());
    }

    #[test]
    fn a_repair_that_comes_too_late_changes_nothing() {
        let (mut channel, outbox) = channel();
        channel.take(change(11));
        let read = Changes { items: vec![change(11)], has_more: false, revision: Revision(11) };
        channel.repair(Revision(10), read, ROOM);
        assert_eq!(told(&outbox), ["11"]);
    }

    #[test]
    fn who_attaches_hears_everything_after_what_they_know_and_nothing_before() {
        let (mut channel, _first) = channel();
        channel.take(change(11));
        channel.take(change(12));
        let (behind, ahead, lost) = (Outbox::new(), Outbox::new(), Outbox::new());
        assert!(channel.attach(Uuid::from_u128(2), user(2).id, behind.clone(), Revision(11)));
        assert!(channel.attach(Uuid::from_u128(3), user(3).id, ahead.clone(), Revision(13)));
        assert!(!channel.attach(Uuid::from_u128(4), user(4).id, lost, Revision(9)));
        channel.take(change(13));
        channel.take(change(14));
        assert_eq!(told(&behind), ["12", "13", "14"]);
        assert_eq!(told(&ahead), ["14"]);
    }

    #[test]
    fn the_removed_hear_of_it_last() {
        let (mut channel, stays) = channel();
        let goes = Outbox::new();
        assert!(channel.attach(Uuid::from_u128(2), user(2).id, goes.clone(), Revision(10)));
        let kind = ChangeKind::MemberRemoved(user(2), Role::Member);
        channel.take(Change { room: ROOM, revision: Revision(11), kind });
        channel.take(change(12));
        assert_eq!(told(&goes), ["11", "over"]);
        // Nor do they come back by way of what the room remembers.
        assert!(!channel.attach(Uuid::from_u128(2), user(2).id, goes, Revision(10)));
        assert_eq!(told(&stays), ["11", "12"]);
        channel.take(Change { room: ROOM, revision: Revision(13), kind: ChangeKind::RoomDeleted });
        assert_eq!(told(&stays), ["13", "over"]);
        assert!(channel.is_empty());
    }
}
