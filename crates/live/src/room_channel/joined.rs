//! The connections in a room, and the latest changes, which replays that are about to subscribe catch up with.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use domain::room::Revision;
use domain::{RoomId, UserId};
use uuid::Uuid;

use crate::event::EncodedEvent;
use crate::metrics::METRICS;
use crate::outbox::{Delivery, Outbox};
use crate::wake_queue::WakeBatch;

/// The most recent changes kept, so that a replay under a stream of messages catches up, and the most bytes of them.
pub(super) const RECENT: usize = 256;
pub(super) const RECENT_BYTES: usize = 128 * 1024;

/// A connection in the room.
pub(super) struct Subscriber {
    pub(super) user: UserId,
    pub(super) outbox: Arc<Outbox>,
    /// The revision up to which it has everything since before it subscribed.
    pub(super) from: Revision,
}

/// The connections in a room.
#[derive(Default)]
pub(super) struct Joined {
    pub(super) subscribers: HashMap<Uuid, Subscriber>,
    /// The number of replays that are about to subscribe.
    pub(super) reserved: usize,
    pub(super) recent: VecDeque<Arc<EncodedEvent>>,
    pub(super) recent_bytes: usize,
}

impl Joined {
    pub(super) fn is_empty(&self) -> bool {
        self.subscribers.is_empty() && self.reserved == 0
    }

    /// Returns the changes after a revision; `None` where they are not kept any more.
    pub(super) fn after(&self, known: Revision) -> Option<Vec<Arc<EncodedEvent>>> {
        let oldest = self.recent.front().and_then(|event| event.revision())?;
        let missed = self.recent.iter().filter(|event| event.revision() > Some(known)).cloned();
        (oldest.0 <= known.0 + 1).then(|| missed.collect())
    }

    /// Sends an event to some; returns their number.
    pub(super) fn push(
        &self,
        event: &Arc<EncodedEvent>,
        to: impl Fn(Uuid, &Subscriber) -> bool,
        wakes: &mut WakeBatch,
    ) -> u32 {
        let mut receivers = 0;
        for (_, subscriber) in self.subscribers.iter().filter(|(id, subscriber)| to(**id, subscriber)) {
            subscriber.outbox.push_batched(Delivery::Event(event.clone()), wakes);
            receivers += 1;
        }
        receivers
    }

    /// Keeps the latest change.
    pub(super) fn keep(&mut self, event: Arc<EncodedEvent>) {
        self.recent_bytes += event.bytes();
        self.recent.push_back(event);
        while (self.recent.len() > RECENT || self.recent_bytes > RECENT_BYTES)
            && let Some(oldest) = self.recent.pop_front()
        {
            self.recent_bytes -= oldest.bytes();
        }
    }

    /// Forgets the changes that are kept.
    pub(super) fn forget(&mut self) {
        self.recent.clear();
        self.recent_bytes = 0;
    }

    /// Ends the room for a user, or for all, by a change of that revision.
    pub(super) fn end(&mut self, room: RoomId, revision: Revision, ended: Option<UserId>) {
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
