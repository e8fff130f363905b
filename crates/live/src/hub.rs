//! The hub of a process: every connection, and a channel for each room with subscribers. Events arrive from the bus, and each
//! goes to the channel of its room. What the bus lost is read from the store: at once where a gap shows, else when the hub
//! next reconciles.

mod ephemeral;
mod feeds;
mod reconcile;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use domain::account::UserRef;
use domain::event::{ChangeReader, EphemeralEvent, EphemeralKind, Event, EventBus, EventSink};
use domain::presence::Presence;
use domain::room::Revision;
use domain::sync::{CursorSeal, Seen, SyncReader};
use domain::{Clock, IdSource, RoomId, SessionId, UserId};
use tokio::runtime::Handle;
use tokio::sync::watch;
use uuid::Uuid;

use crate::connections::{Connection, Connections, UserLoad};
use crate::feed::Feed;
use crate::metrics::{METRICS, Transport};
use crate::outbox::{EndReason, Outbox};
use crate::read_pace::ReadPace;
use crate::room_channel::RoomChannel;

/// The interval at which rooms and sessions are compared with the store, should the bus have lost an event.
const RECONCILE_INTERVAL: Duration = Duration::from_secs(3);
/// The interval at which this replica renews its presence leases, which last three times as long.
const RENEW_INTERVAL: Duration = Duration::from_secs(10);
/// The longest that ending all connections may take.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause between two connections that are ended, or between two groups of them.
const SHUTDOWN_STEP: Duration = Duration::from_millis(5);

type Rooms = HashMap<RoomId, Arc<Mutex<RoomChannel>>>;

/// The hub of this process.
pub struct Hub {
    rooms: Mutex<Rooms>,
    connections: Mutex<Connections>,
    feeds: Mutex<HashMap<UserId, Arc<Feed>>>,
    /// The changes that were seen when feeds were last compared with the store.
    seen: Mutex<Option<Seen>>,
    changes: Arc<dyn ChangeReader>,
    sync: Arc<dyn SyncReader>,
    seal: Arc<dyn CursorSeal>,
    presence: Arc<dyn Presence>,
    bus: Arc<dyn EventBus>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    runtime: Handle,
    closing: watch::Sender<bool>,
    resync: watch::Sender<()>,
    reads: Mutex<ReadPace>,
    me: Weak<Self>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// Starts a hub, and its background tasks on the current runtime.
    #[must_use]
    pub fn start(
        changes: Arc<dyn ChangeReader>,
        (sync, seal): (Arc<dyn SyncReader>, Arc<dyn CursorSeal>),
        presence: Arc<dyn Presence>,
        bus: Arc<dyn EventBus>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Arc<Self> {
        let hub = Arc::new_cyclic(|me| Self {
            rooms: Mutex::default(),
            connections: Mutex::default(),
            feeds: Mutex::default(),
            seen: Mutex::default(),
            changes,
            sync,
            seal,
            presence,
            bus,
            clock,
            ids,
            runtime: Handle::current(),
            closing: watch::Sender::new(false),
            resync: watch::Sender::new(()),
            reads: Mutex::default(),
            me: me.clone(),
        });
        hub.every(RECONCILE_INTERVAL, |hub| async move { hub.reconcile().await });
        hub.every(RENEW_INTERVAL, |hub| async move {
            for event in hub.presence.renew().await {
                hub.bus.publish(Event::Ephemeral(event));
            }
        });
        hub
    }

    /// Registers a connection and returns its id. While the server shuts down, the outbox is ended at once.
    pub(crate) fn connect(
        &self,
        transport: Transport,
        user: UserId,
        session: SessionId,
        outbox: Arc<Outbox>,
    ) -> Uuid {
        let (id, late) = (self.ids.next(), outbox.clone());
        lock(&self.connections).insert(id, Connection { user, session, outbox }, transport);
        if *self.closing.borrow() {
            // It came too late to be among those that are being ended.
            late.end(EndReason::Shutdown);
        }
        id
    }

    /// Assigns a connection to another session of the same user.
    pub(crate) fn renew(&self, connection: Uuid, session: SessionId) {
        lock(&self.connections).renew(connection, session);
    }

    /// Forgets a connection; it must have left its rooms.
    pub(crate) fn disconnect(&self, connection: Uuid) {
        lock(&self.connections).remove(connection);
    }

    /// Returns the number of connections of a user, and of the rooms they are in.
    pub(crate) fn load_of(&self, user: UserId) -> UserLoad {
        lock(&self.connections).load(user)
    }

    /// Keeps the changes of a room from now on until the reservation is dropped, even without a subscriber: a replay reads
    /// the past, and then receives what came after it, in order.
    pub(crate) fn reserve(&self, room: RoomId, known: Revision) -> Reservation<'_> {
        let mut rooms = lock(&self.rooms);
        lock(&self.channel_or_new(&mut rooms, room, known)).reserve(known);
        Reservation { hub: self, room }
    }

    /// Returns true if the room's latest changes are kept: there is a subscriber, or one about to subscribe.
    pub(crate) fn keeps_changes(&self, room: RoomId) -> bool {
        self.channel(room).is_some_and(|channel| lock(&channel).keeps_changes())
    }

    fn channel_or_new(&self, rooms: &mut Rooms, room: RoomId, known: Revision) -> Arc<Mutex<RoomChannel>> {
        let new = || Arc::new(Mutex::new(RoomChannel::new(known, self.clock.clone())));
        let channel = rooms.entry(room).or_insert_with(new).clone();
        METRICS.set_rooms(rooms.len());
        channel
    }

    /// Subscribes a connection that has everything up to `known`. Returns `false` where it must read more from the store
    /// first.
    pub(crate) fn subscribe(
        &self,
        room: RoomId,
        connection: Uuid,
        user: UserId,
        outbox: Arc<Outbox>,
        known: Revision,
    ) -> bool {
        let mut rooms = lock(&self.rooms);
        let first = !rooms.contains_key(&room);
        let channel = self.channel_or_new(&mut rooms, room, known);
        let subscribed = lock(&channel).subscribe(room, connection, user, outbox, known);
        drop(rooms);
        if first {
            // Changes since `known` was read may have gone by without a channel.
            self.repair_soon(room);
        }
        subscribed
    }

    /// Unsubscribes a connection, and has `discard` remove what waits of the room and return its first revision. Returns the
    /// revision up to which the connection was sent everything, `None` where it did not subscribe.
    pub(crate) fn unsubscribe(
        &self,
        room: RoomId,
        connection: Uuid,
        discard: impl FnOnce() -> Option<Revision>,
    ) -> Option<Revision> {
        let pushed = self.channel(room).and_then(|channel| lock(&channel).unsubscribe(connection));
        self.drop_if_empty(room);
        discard().map(|unsent| Revision(unsent.0 - 1)).or(pushed)
    }

    /// Adds a connection to the room's presence; publishes `user-joined` where it is the user's first there.
    pub(crate) async fn enter(&self, room: RoomId, user: UserRef, connection: Uuid) {
        lock(&self.connections).add_room(connection);
        if self.presence.enter(room, user.clone(), connection, self.clock.now()).await {
            self.publish(room, user, EphemeralKind::Joined);
        }
    }

    /// Removes a connection from the room's presence; publishes `user-left` where it was the user's last there.
    pub(crate) async fn leave(&self, room: RoomId, user: UserRef, connection: Uuid) {
        lock(&self.connections).remove_room(connection);
        if self.presence.leave(room, user.id, connection).await {
            self.publish(room, user, EphemeralKind::Left);
        }
    }

    /// Publishes an event that is not stored.
    pub(crate) fn publish(&self, room: RoomId, user: UserRef, kind: EphemeralKind) {
        self.bus.publish(Event::Ephemeral(EphemeralEvent { room, user, kind }));
    }

    /// Waits until the hub ends its connections.
    pub async fn closing(&self) {
        let mut closing = self.closing.subscribe();
        // The sender lives as long as the hub, which outlives the caller.
        let _closed = closing.wait_for(|closing| *closing).await;
    }

    /// Ends every connection, one after the other, so that their clients do not all reconnect elsewhere at once. Takes at most
    /// 5 s, and at most `within`.
    pub async fn close(&self, within: Duration) {
        self.closing.send_replace(true);
        let open = lock(&self.connections).open_ones();
        for group in open.chunks(group_size(open.len(), within)) {
            for (id, connection) in group {
                self.finish(connection.user, *id, &connection.outbox);
            }
            tokio::time::sleep(SHUTDOWN_STEP).await;
        }
    }

    pub(crate) fn changes(&self) -> &dyn ChangeReader {
        &*self.changes
    }

    fn channel(&self, room: RoomId) -> Option<Arc<Mutex<RoomChannel>>> {
        lock(&self.rooms).get(&room).cloned()
    }

    fn drop_if_empty(&self, room: RoomId) {
        let mut rooms = lock(&self.rooms);
        if rooms.get(&room).is_some_and(|channel| lock(channel).is_empty()) {
            rooms.remove(&room);
            METRICS.set_rooms(rooms.len());
        }
    }

    fn revoke_where(&self, revoked: impl Fn(&Connection) -> bool) {
        for connection in lock(&self.connections).all().filter(|connection| revoked(connection)) {
            connection.outbox.end(EndReason::Revoked);
        }
    }
}

/// Returns how many of so many connections must end together to be done within the time.
fn group_size(connections: usize, within: Duration) -> usize {
    let steps = within.min(SHUTDOWN_TIMEOUT).as_millis() / SHUTDOWN_STEP.as_millis();
    connections.div_ceil(usize::try_from(steps).unwrap_or_default().max(1)).max(1)
}

/// Keeps a room's channel for a replay that is about to subscribe.
pub(crate) struct Reservation<'hub> {
    hub: &'hub Hub,
    room: RoomId,
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        if let Some(channel) = self.hub.channel(self.room) {
            lock(&channel).release();
        }
        self.hub.drop_if_empty(self.room);
    }
}

impl EventSink for Hub {
    fn resync(&self) {
        self.resync.send_replace(());
    }

    fn deliver(&self, event: Event) {
        match event {
            Event::Changed(change) => {
                let room = change.room;
                self.refresh_concerned(&change);
                let Some(channel) = self.channel(room) else { return };
                let (gap, empty) = {
                    let mut channel = lock(&channel);
                    channel.accept(change);
                    (channel.has_gap(), channel.is_empty())
                };
                if gap {
                    self.repair_soon(room);
                }
                if empty {
                    self.drop_if_empty(room);
                }
            }
            Event::Own(user, room) => self.refresh_of(user, room),
            Event::Ephemeral(event) => self.deliver_ephemeral(event),
            Event::Revoked(revocation) => {
                self.revoke_where(|connection| revocation.concerns(connection.user, connection.session));
            }
        }
    }
}

#[cfg(test)]
mod tests;
