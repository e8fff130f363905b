//! Reconciling with the store what the bus did not deliver: at once where a gap shows, else at an interval.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use domain::room::{Revision, Seq};
use domain::sync::Seen;
use domain::{RoomId, Timestamp, UserId};

use super::{Hub, lock};
use crate::metrics::METRICS;

/// The time that a missing change may still be on its way before it is read from the store.
const GRACE: Duration = Duration::from_millis(100);
/// The number of changes read at a time.
const PAGE: u32 = 100;
/// The most rooms that are compared with the store at a time: some users have thousands.
const ROOMS: usize = 4_096;

impl Hub {
    /// Reads the changes that a room's channel misses, unless they arrive by themselves meanwhile.
    pub(super) fn repair_soon(&self, room: RoomId) {
        let Some(hub) = self.me.upgrade() else { return };
        self.runtime.spawn(async move { hub.repair(room).await });
    }

    async fn repair(&self, room: RoomId) {
        let Some(channel) = self.channel(room) else { return };
        let mut since = lock(&channel).revision();
        tokio::time::sleep(GRACE).await;
        let origin = since;
        loop {
            {
                let channel = lock(&channel);
                if channel.revision() != since || channel.awaits_state() {
                    break;
                }
            }
            match self.changes.changes(room, since, origin, PAGE).await {
                Ok(Some(read)) if read.revision > since => {
                    let (revision, more) = (read.revision, read.has_more);
                    METRICS.repairs.increment(1);
                    let behind = lock(&channel).repair(since, read, room);
                    for feed in behind {
                        self.refresh(&feed, [room]);
                    }
                    since = revision;
                    if !more {
                        break;
                    }
                }
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, %room, "cannot read missed changes from the store; the hub tries again when it reconciles");
                    break;
                }
            }
        }
        self.drop_if_empty(room);
    }

    /// Compares every connected session, what every feed knows, and the revision of every room with subscribers, with the
    /// store: ends the connections of sessions that are over, and repairs what is behind.
    pub(super) async fn reconcile(&self) {
        let sessions = lock(&self.connections).sessions();
        if !sessions.is_empty() {
            match self.changes.ended_sessions(sessions).await {
                Ok(ended) => {
                    self.revoke_where(|connection| ended.contains(&connection.session));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot compare sessions with the store; trying again soon");
                }
            }
        }
        // What was seen first is also seen by what is read after it.
        let seen = self.reconcile_feeds().await;
        let behind = self.reconcile_rooms().await;
        if let (Some(seen), Some(behind)) = (seen, behind) {
            for feed in self.all_feeds() {
                if !behind.iter().any(|room| feed.follows(*room)) {
                    self.advance(&feed, &seen);
                }
            }
        }
    }

    /// Repairs the rooms that are behind. Returns those that still are; `None` where the store can't tell.
    async fn reconcile_rooms(&self) -> Option<Vec<RoomId>> {
        let rooms: Vec<(RoomId, Revision)> = lock(&self.rooms)
            .iter()
            .filter_map(|(room, channel)| {
                let channel = lock(channel);
                (!channel.awaits_state()).then(|| (*room, channel.revision()))
            })
            .collect();
        let mut moved = vec![];
        for rooms in rooms.chunks(ROOMS) {
            match self.changes.changed_rooms(rooms.to_vec()).await {
                Ok(some) => moved.extend(some),
                Err(error) => {
                    tracing::warn!(%error, "cannot compare rooms with the store; trying again soon");
                    return None;
                }
            }
        }
        let mut repairs = vec![];
        for (room, _) in &moved {
            let (hub, room) = (self.me.upgrade()?, *room);
            repairs.push(self.runtime.spawn(async move { hub.repair(room).await }));
        }
        for repair in repairs {
            // One that broke off leaves its room behind.
            let _done = repair.await;
        }
        let is_behind = |(room, revision): &(RoomId, Revision)| {
            self.channel(*room).is_some_and(|channel| lock(&channel).revision() < *revision)
        };
        Some(moved.into_iter().filter(is_behind).map(|(room, _)| room).collect())
    }

    /// Reads what moved of the rooms and invitations of users with feeds. Returns what was seen.
    async fn reconcile_feeds(&self) -> Option<Seen> {
        let feeds = self.all_feeds();
        if feeds.is_empty() {
            return None;
        }
        let users = feeds.iter().map(|feed| feed.user.id).collect();
        let since = lock(&self.seen).clone();
        let moved = match self.sync.moved_seats(users, since).await {
            Ok(moved) => moved,
            Err(error) => {
                tracing::warn!(%error, "cannot compare the rooms of users with the store; trying again soon");
                return None;
            }
        };
        let mut memberships: HashMap<UserId, Vec<(RoomId, Seq)>> = HashMap::new();
        for (user, room, mark) in moved.memberships {
            memberships.entry(user).or_default().push((room, mark));
        }
        let mut invitations: HashMap<UserId, BTreeMap<RoomId, Timestamp>> = HashMap::new();
        for (user, room, at) in moved.invitations {
            invitations.entry(user).or_default().insert(room, at);
        }
        for feed in feeds {
            let mut rooms = memberships.remove(&feed.user.id).unwrap_or_default();
            rooms.retain(|(room, mark)| feed.is_behind(*room, *mark));
            let open = invitations.remove(&feed.user.id).unwrap_or_default();
            let invited = feed.changed_invitations(&open);
            // Also what could not be read before.
            self.refresh(&feed, rooms.into_iter().map(|(room, _)| room).chain(invited));
        }
        *lock(&self.seen) = Some(moved.now.clone());
        Some(moved.now)
    }

    /// Runs a job now, then at an interval, and at once when the bus asks to resync; ends when the hub is dropped.
    pub(super) fn every<F>(&self, period: Duration, job: impl Fn(Arc<Self>) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send,
    {
        let (hub, mut resync) = (self.me.clone(), self.resync.subscribe());
        self.runtime.spawn(async move {
            while let Some(hub) = hub.upgrade() {
                job(hub).await;
                tokio::select! {
                    () = tokio::time::sleep(period) => {}
                    _ = resync.changed() => {}
                }
            }
        });
    }
}
