//! Who listens where. Events come in from the bus; each goes to those who listen to its room. What the bus lost is read
//! from the store: at once where a gap shows, else at the next look.

mod upkeep;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use domain::account::UserRef;
use domain::event::{ChangeReader, EphemeralEvent, EphemeralKind, Event, EventBus, EventSink};
use domain::presence::Presence;
use domain::room::Revision;
use domain::{Clock, IdSource, RoomId, SessionId, UserId};
use tokio::runtime::Handle;
use tokio::sync::watch;
use uuid::Uuid;

use super::connection::{Connection, End, Outbox};
use super::connections::{Connections, Load};
use super::figures::{FIGURES, Transport};
use super::room_channel::RoomChannel;
use super::wire::{Encoded, Live};

/// How often rooms and sessions are compared with the store, should the bus have lost something.
const LOOK: Duration = Duration::from_secs(3);
/// How often this replica says again who is here. A lease is thrice as long.
const RENEW: Duration = Duration::from_secs(10);
/// How long all sockets together may take to end, and how long it is from one to the next, or from few to few.
const ALL_ENDED: Duration = Duration::from_secs(5);
const NEXT_END: Duration = Duration::from_millis(5);

type Rooms = HashMap<RoomId, Arc<Mutex<RoomChannel>>>;

/// The hub of this process.
pub struct Hub {
    rooms: Mutex<Rooms>,
    connections: Mutex<Connections>,
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
                hub.bus.publish(Event::Ephemeral(told));
            }
        });
        hub
    }

    /// Makes a socket known; the answer is its name here.
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
            late.end(End::Shutdown);
        }
        id
    }

    /// The socket stands for another session of the same user from now on.
    pub(crate) fn renew(&self, connection: Uuid, session: SessionId) {
        lock(&self.connections).renew(connection, session);
    }

    /// Forgets a socket; it must have left its rooms.
    pub(crate) fn disconnect(&self, connection: Uuid) {
        lock(&self.connections).remove(connection);
    }

    /// How many sockets a user has, and in how many rooms.
    pub(crate) fn load_of(&self, user: UserId) -> Load {
        lock(&self.connections).load(user)
    }

    /// Keeps what happens in a room from now on until the answer is dropped, though nobody listens there yet: whoever
    /// comes in reads what was, and then hears of what came after it, in its order.
    pub(crate) fn expect(&self, room: RoomId, known: Revision) -> Expecting<'_> {
        let mut rooms = lock(&self.rooms);
        lock(&self.channel_or_new(&mut rooms, room, known)).expect();
        Expecting { hub: self, room }
    }

    /// Whether somebody listens to the room, or is about to.
    pub(crate) fn hears(&self, room: RoomId) -> bool {
        lock(&self.rooms).contains_key(&room)
    }

    fn channel_or_new(&self, rooms: &mut Rooms, room: RoomId, known: Revision) -> Arc<Mutex<RoomChannel>> {
        let new = || Arc::new(Mutex::new(RoomChannel::new(known, self.clock.clone())));
        let channel = rooms.entry(room).or_insert_with(new).clone();
        FIGURES.heard(rooms.len());
        channel
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
        let channel = self.channel_or_new(&mut rooms, room, known);
        let attached = lock(&channel).attach(connection, user, outbox, known);
        drop(rooms);
        if first {
            // What happened since `known` was read went by unheard, if it did.
            self.repair_soon(room);
        }
        attached
    }

    /// A socket hears of the room no more, not even what waits for it, which `take_back` takes back, answering the first
    /// revision of it. Answers up to where the socket has heard everything, if it did listen.
    pub(crate) fn take_out(
        &self,
        room: RoomId,
        connection: Uuid,
        take_back: impl FnOnce() -> Option<Revision>,
    ) -> Option<Revision> {
        let told = self.channel(room).and_then(|channel| lock(&channel).detach(connection));
        self.drop_if_empty(room);
        take_back().map(|unheard| Revision(unheard.0 - 1)).or(told)
    }

    /// A socket comes into the room's presence; others see it where it is the user's first.
    pub(crate) async fn enter(&self, room: RoomId, user: UserRef, connection: Uuid) {
        lock(&self.connections).enter(connection);
        if self.presence.enter(room, user.clone(), connection, self.clock.now()).await {
            self.say(room, user, EphemeralKind::Joined);
        }
    }

    /// A socket goes out of it; others see it where it was the user's last.
    pub(crate) async fn leave(&self, room: RoomId, user: UserRef, connection: Uuid) {
        lock(&self.connections).leave(connection);
        if self.presence.leave(room, user.id, connection).await {
            self.say(room, user, EphemeralKind::Left);
        }
    }

    /// Tells a room of something of the moment.
    pub(crate) fn say(&self, room: RoomId, user: UserRef, kind: EphemeralKind) {
        self.bus.publish(Event::Ephemeral(EphemeralEvent { room, user, kind }));
    }

    /// Resolves once sockets are being ended.
    pub(crate) async fn closing(&self) {
        let mut closing = self.closing.subscribe();
        // The hub outlives whoever waits for it.
        let _still_there = closing.wait_for(|closing| *closing).await;
    }

    /// Ends every socket, one after the other, so that their clients do not all reconnect elsewhere at once; sooner than
    /// `within` where there are many.
    pub async fn close(&self, within: Duration) {
        self.closing.send_replace(true);
        let outboxes = lock(&self.connections).outboxes();
        for few in outboxes.chunks(at_a_time(outboxes.len(), within)) {
            for outbox in few {
                outbox.end(End::Shutdown);
            }
            tokio::time::sleep(NEXT_END).await;
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
            FIGURES.heard(rooms.len());
        }
    }

    fn end_where(&self, over: impl Fn(&Connection) -> bool) {
        for connection in lock(&self.connections).all().filter(|connection| over(connection)) {
            connection.outbox.end(End::Revoked);
        }
    }
}

/// How many sockets of so many have to end together.
fn at_a_time(sockets: usize, within: Duration) -> usize {
    let steps = within.min(ALL_ENDED).as_millis() / NEXT_END.as_millis();
    sockets.div_ceil(usize::try_from(steps).unwrap_or_default().max(1)).max(1)
}

/// Somebody is on their way into a room.
pub(crate) struct Expecting<'hub> {
    hub: &'hub Hub,
    room: RoomId,
}

impl Drop for Expecting<'_> {
    fn drop(&mut self) {
        if let Some(channel) = self.hub.channel(self.room) {
            lock(&channel).expected();
        }
        self.hub.drop_if_empty(self.room);
    }
}

impl EventSink for Hub {
    fn resync(&self) {
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
            Event::Ephemeral(fleeting) => {
                let Some(channel) = self.channel(fleeting.room) else { return };
                let user = fleeting.user.id;
                lock(&channel).broadcast(&Encoded::new(Live::Ephemeral(fleeting)), Some(user));
            }
            Event::Revoked(revocation) => {
                self.end_where(|connection| revocation.concerns(connection.user, connection.session));
            }
        }
    }
}

#[cfg(test)]
mod tests;
