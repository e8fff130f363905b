//! Who listens where. Events come in from the bus; each goes to those who listen to its room. What the bus lost is read
//! from the store: at once where a gap shows, else at the next look.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use domain::account::UserRef;
use domain::event::{ChangeReader, Event, EventBus, EventSink, Fleeting, FleetingKind};
use domain::presence::Presence;
use domain::room::Revision;
use domain::{Clock, IdSource, RoomId, SessionId, UserId};
use tokio::runtime::Handle;
use tokio::sync::watch;
use uuid::Uuid;

use super::connection::{Connection, End, Outbox};
use super::figures::{FIGURES, Transport};
use super::room_channel::RoomChannel;
use super::wire::{Encoded, Live};

/// How long a missing change may still be on its way before it is looked for.
const GRACE: Duration = Duration::from_millis(100);
/// How often rooms and sessions are compared with the store, should the bus have lost something.
const LOOK: Duration = Duration::from_secs(3);
/// How often this replica says again who is here. A lease is thrice as long.
const RENEW: Duration = Duration::from_secs(10);
/// How many changes are read at a time.
const PAGE: u32 = 100;

/// The hub of this process.
pub struct Hub {
    rooms: Mutex<HashMap<RoomId, Arc<Mutex<RoomChannel>>>>,
    connections: Mutex<HashMap<Uuid, (Connection, Transport)>>,
    changes: Arc<dyn ChangeReader>,
    presence: Arc<dyn Presence>,
    bus: Arc<dyn EventBus>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    runtime: Handle,
    closing: watch::Sender<bool>,
    missed: watch::Sender<()>,
    me: Weak<Self>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// A hub on the current runtime, which looks after it.
    #[must_use]
    pub fn start(
        changes: Arc<dyn ChangeReader>,
        presence: Arc<dyn Presence>,
        bus: Arc<dyn EventBus>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Arc<Self> {
        let hub = Arc::new_cyclic(|me| Self {
            rooms: Mutex::default(),
            connections: Mutex::default(),
            changes,
            presence,
            bus,
            clock,
            ids,
            runtime: Handle::current(),
            closing: watch::Sender::new(false),
            missed: watch::Sender::new(()),
            me: me.clone(),
        });
        hub.every(LOOK, |hub| async move { hub.look().await });
        hub.every(RENEW, |hub| async move {
            for told in hub.presence.renew().await {
                hub.bus.publish(Event::Fleeting(told));
            }
        });
        hub
    }

    /// Makes a WebSocket known; the answer is its name here.
    pub(crate) fn connect(&self, user: UserId, session: SessionId, outbox: Arc<Outbox>) -> Uuid {
        self.connect_by(Transport::WebSocket, user, session, outbox)
    }

    /// Makes a socket of any kind known.
    pub(crate) fn connect_by(
        &self,
        transport: Transport,
        user: UserId,
        session: SessionId,
        outbox: Arc<Outbox>,
    ) -> Uuid {
        let id = self.ids.next();
        lock(&self.connections).insert(id, (Connection { user, session, outbox }, transport));
        FIGURES.open(transport).increment(1);
        id
    }

    /// The socket stands for another session of the same user from now on.
    pub(crate) fn renew(&self, connection: Uuid, session: SessionId) {
        if let Some((known, _)) = lock(&self.connections).get_mut(&connection) {
            known.session = session;
        }
    }

    /// Forgets a socket; it must have left its rooms.
    pub(crate) fn disconnect(&self, connection: Uuid) {
        if let Some((_, transport)) = lock(&self.connections).remove(&connection) {
            FIGURES.open(transport).decrement(1);
        }
    }

    /// How many sockets a user has.
    pub(crate) fn connections_of(&self, user: UserId) -> usize {
        lock(&self.connections).values().filter(|(connection, _)| connection.user == user).count()
    }

    /// Lets a socket that knows everything up to `known` hear of a room; `false` where it must read more first.
    pub(crate) fn attach(
        &self,
        room: RoomId,
        connection: Uuid,
        user: UserId,
        outbox: Arc<Outbox>,
        known: Revision,
    ) -> bool {
        let mut rooms = lock(&self.rooms);
        let first = !rooms.contains_key(&room);
        let channel = rooms
            .entry(room)
            .or_insert_with(|| Arc::new(Mutex::new(RoomChannel::new(known, self.clock.clone()))));
        let attached = lock(channel).attach(connection, user, outbox, known);
        FIGURES.heard(rooms.len());
        drop(rooms);
        if first {
            // What happened since `known` was read went by unheard, if it did.
            self.repair_soon(room);
        }
        attached
    }

    /// A socket hears of the room no more.
    pub(crate) fn detach(&self, room: RoomId, connection: Uuid) {
        let Some(channel) = self.channel(room) else { return };
        lock(&channel).detach(connection);
        self.drop_if_empty(room);
    }

    /// A socket comes into the room's presence; others see it where it is the user's first.
    pub(crate) async fn enter(&self, room: RoomId, user: UserRef, connection: Uuid) {
        if self.presence.enter(room, user.clone(), connection, self.clock.now()).await {
            self.say(room, user, FleetingKind::Joined);
        }
    }

    /// A socket goes out of it; others see it where it was the user's last.
    pub(crate) async fn leave(&self, room: RoomId, user: UserRef, connection: Uuid) {
        if self.presence.leave(room, user.id, connection).await {
            self.say(room, user, FleetingKind::Left);
        }
    }

    /// Tells a room of something of the moment.
    pub(crate) fn say(&self, room: RoomId, user: UserRef, kind: FleetingKind) {
        self.bus.publish(Event::Fleeting(Fleeting { room, user, kind }));
    }

    /// Resolves once sockets are being ended.
    pub(crate) async fn closing(&self) {
        let mut closing = self.closing.subscribe();
        // The hub outlives whoever waits for it.
        let _still_there = closing.wait_for(|closing| *closing).await;
    }

    /// Ends every socket, a few at a time, so that their clients do not all reconnect elsewhere at once.
    pub async fn close(&self) {
        self.closing.send_replace(true);
        let connections: Vec<Connection> =
            lock(&self.connections).values().map(|(connection, _)| connection.clone()).collect();
        for few in connections.chunks(200) {
            for connection in few {
                connection.outbox.end(End::Shutdown);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn changes(&self) -> &dyn ChangeReader {
        &*self.changes
    }

    fn channel(&self, room: RoomId) -> Option<Arc<Mutex<RoomChannel>>> {
        lock(&self.rooms).get(&room).cloned()
    }

    /// Reads what is missing, unless it comes by itself meanwhile.
    fn repair_soon(&self, room: RoomId) {
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

    fn drop_if_empty(&self, room: RoomId) {
        let mut rooms = lock(&self.rooms);
        if rooms.get(&room).is_some_and(|channel| lock(channel).is_empty()) {
            rooms.remove(&room);
            FIGURES.heard(rooms.len());
        }
    }

    /// Compares every room that somebody listens to, and every session that a socket stands for, with the store.
    async fn look(&self) {
        let rooms: Vec<(RoomId, Revision)> =
            lock(&self.rooms).iter().map(|(room, channel)| (*room, lock(channel).revision())).collect();
        if !rooms.is_empty() {
            match self.changes.moved(rooms).await {
                Ok(moved) => moved.into_iter().for_each(|room| self.repair_soon(room)),
                Err(error) => tracing::warn!(%error, "rooms can't be compared with the store"),
            }
        }
        let mut sessions: Vec<SessionId> =
            lock(&self.connections).values().map(|(connection, _)| connection.session).collect();
        sessions.sort_unstable();
        sessions.dedup();
        if !sessions.is_empty() {
            match self.changes.ended(sessions).await {
                Ok(ended) => {
                    self.end_where(|connection| ended.contains(&connection.session));
                }
                Err(error) => tracing::warn!(%error, "sessions can't be compared with the store"),
            }
        }
    }

    /// Does it now, then regularly, and at once where the bus has missed something; as long as there is a hub.
    fn every<F>(&self, period: Duration, chore: impl Fn(Arc<Self>) -> F + Send + 'static)
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

    fn end_where(&self, over: impl Fn(&Connection) -> bool) {
        for (connection, _) in lock(&self.connections).values().filter(|(connection, _)| over(connection)) {
            connection.outbox.end(End::Revoked);
        }
    }
}

impl EventSink for Hub {
    fn missed(&self) {
        self.missed.send_replace(());
    }

    fn deliver(&self, event: Event) {
        match event {
            Event::Changed(change) => {
                let Some(channel) = self.channel(change.room) else { return };
                let room = change.room;
                let (gap, empty) = {
                    let mut channel = lock(&channel);
                    channel.take(change);
                    (channel.has_gap(), channel.is_empty())
                };
                if gap {
                    self.repair_soon(room);
                }
                if empty {
                    self.drop_if_empty(room);
                }
            }
            Event::Fleeting(fleeting) => {
                let Some(channel) = self.channel(fleeting.room) else { return };
                let user = fleeting.user.id;
                lock(&channel).broadcast(&Encoded::new(Live::Fleeting(fleeting)), Some(user));
            }
            Event::Revoked(revocation) => {
                self.end_where(|connection| revocation.concerns(connection.user, connection.session));
            }
        }
    }
}

#[cfg(test)]
mod tests;
