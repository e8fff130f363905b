//! Reconciling with the store what the bus did not deliver: at once where a gap shows, else at an interval.

use std::sync::Arc;
use std::time::Duration;

use domain::RoomId;
use domain::room::Revision;

use super::{Hub, lock};
use crate::metrics::METRICS;

/// The time that a missing change may still be on its way before it is read from the store.
const GRACE: Duration = Duration::from_millis(100);
/// The number of changes read at a time.
const PAGE: u32 = 100;

impl Hub {
    /// Reads the changes that a room's channel misses, unless they arrive by themselves meanwhile.
    pub(super) fn repair_soon(&self, room: RoomId) {
        let Some(hub) = self.me.upgrade() else { return };
        self.runtime.spawn(async move {
            let Some(channel) = hub.channel(room) else { return };
            let mut since = lock(&channel).revision();
            tokio::time::sleep(GRACE).await;
            let origin = since;
            loop {
                if lock(&channel).revision() != since {
                    break;
                }
                match hub.changes.changes(room, since, origin, PAGE).await {
                    Ok(Some(read)) if read.revision > since => {
                        let (revision, more) = (read.revision, read.has_more);
                        METRICS.repairs.increment(1);
                        lock(&channel).repair(since, read, room);
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
            hub.drop_if_empty(room);
        });
    }

    /// Compares the revision of every room with subscribers, and every connected session, with the store: repairs rooms that
    /// are behind, and ends the connections of sessions that are over.
    pub(super) async fn reconcile(&self) {
        let rooms: Vec<(RoomId, Revision)> =
            lock(&self.rooms).iter().map(|(room, channel)| (*room, lock(channel).revision())).collect();
        if !rooms.is_empty() {
            match self.changes.changed_rooms(rooms).await {
                Ok(moved) => moved.into_iter().for_each(|room| self.repair_soon(room)),
                Err(error) => {
                    tracing::warn!(%error, "cannot compare rooms with the store; trying again soon");
                }
            }
        }
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
