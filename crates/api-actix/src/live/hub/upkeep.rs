//! How the hub finds out what the bus did not tell it: from the store, at once where a gap shows, else regularly.

use std::sync::Arc;
use std::time::Duration;

use domain::RoomId;
use domain::room::Revision;

use super::{Hub, lock};

/// How long a missing change may still be on its way before it is looked for.
const GRACE: Duration = Duration::from_millis(100);
/// How many changes are read at a time.
const PAGE: u32 = 100;

impl Hub {
    /// Reads what is missing, unless it comes by itself meanwhile.
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
                        metrics::counter!("parlor_event_repairs_total").increment(1);
                        lock(&channel).repair(since, read, room);
                        since = revision;
                        if !more {
                            break;
                        }
                    }
                    Ok(_) => break,
                    Err(error) => {
                        tracing::warn!(%error, %room, "missed changes can't be read; they are tried again");
                        break;
                    }
                }
            }
            hub.drop_if_empty(room);
        });
    }

    /// Compares every room that somebody listens to, and every session that a socket stands for, with the store.
    pub(super) async fn look(&self) {
        let rooms: Vec<(RoomId, Revision)> =
            lock(&self.rooms).iter().map(|(room, channel)| (*room, lock(channel).revision())).collect();
        if !rooms.is_empty() {
            match self.changes.changed_rooms(rooms).await {
                Ok(moved) => moved.into_iter().for_each(|room| self.repair_soon(room)),
                Err(error) => tracing::warn!(%error, "rooms can't be compared with the store"),
            }
        }
        let sessions = lock(&self.connections).sessions();
        if !sessions.is_empty() {
            match self.changes.ended_sessions(sessions).await {
                Ok(ended) => {
                    self.end_where(|connection| ended.contains(&connection.session));
                }
                Err(error) => tracing::warn!(%error, "sessions can't be compared with the store"),
            }
        }
    }

    /// Does it now, then regularly, and at once where the bus has missed something; as long as there is a hub.
    pub(super) fn every<F>(&self, period: Duration, chore: impl Fn(Arc<Self>) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send,
    {
        let (hub, mut missed) = (self.me.clone(), self.missed.subscribe());
        self.runtime.spawn(async move {
            while let Some(hub) = hub.upgrade() {
                chore(hub).await;
                tokio::select! {
                    () = tokio::time::sleep(period) => {}
                    _ = missed.changed() => {}
                }
            }
        });
    }
}
