//! The session of a connection, the same for every transport: the user and the end of their token, the rooms it is in, caps,
//! joining with a replay, leaving, revocation and the end. Transports are codecs around it.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::account::Identity;
use domain::room::{Revision, RoomView};
use domain::{Clock, Refusal, RoomId, Timestamp, UseCases};
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::hub::Hub;
use crate::metrics::Transport;
use crate::outbox::Outbox;
use crate::replay::Replay;

mod actions;
mod join;
mod subscription;
mod wait;
mod writes;

pub use join::Join;
pub use subscription::FirstPart;
pub use writes::{TRACED, Write};

/// The longest timer that a token's end is waited for with; a token may last longer than a timer reaches.
const LONGEST_TIMER: Duration = Duration::from_hours(1);

/// The caps of each user's connections.
#[derive(Debug, Clone, Copy)]
pub struct Caps {
    /// The most connections that a user may have open at a time.
    pub connections: usize,
    /// The most rooms that a user's connections may be in at a time, each room once for every connection in it.
    pub rooms: usize,
}

/// The reason why a session is not opened, or does not enter a room.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// A rule refused, or the store failed.
    #[error(transparent)]
    Domain(#[from] domain::Error),
    /// The user has as many connections as they may have.
    #[error("too many connections")]
    TooManyConnections,
    /// The user's connections are in as many rooms as they may be in.
    #[error("too many rooms")]
    TooManyRooms,
}

/// Opens sessions; holds what all of them share.
pub struct Sessions {
    hub: Arc<Hub>,
    use_cases: Arc<UseCases>,
    clock: Arc<dyn Clock>,
    /// The runtime on which writes run to their end.
    runtime: Handle,
    caps: Caps,
}

impl Sessions {
    /// Combines a hub and the use cases. Writes run on `runtime`.
    #[must_use]
    pub fn new(
        hub: Arc<Hub>,
        use_cases: Arc<UseCases>,
        clock: Arc<dyn Clock>,
        runtime: Handle,
        caps: Caps,
    ) -> Arc<Self> {
        Arc::new(Self { hub, use_cases, clock, runtime, caps })
    }

    /// Returns the hub.
    #[must_use]
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Returns the use cases.
    #[must_use]
    pub fn use_cases(&self) -> &Arc<UseCases> {
        &self.use_cases
    }

    /// Returns the runtime on which writes run.
    #[must_use]
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Opens a session for a user whose token was verified. `Err` where the user has too many connections.
    pub fn open<B: Buffer>(
        self: &Arc<Self>,
        transport: Transport,
        identity: Identity,
        expires_at: Timestamp,
        buffer: Arc<B>,
    ) -> Result<Arc<Session<B>>, SessionError> {
        let user = identity.user.id;
        if self.hub.load_of(user).connections >= self.caps.connections {
            return Err(SessionError::TooManyConnections);
        }
        let outbox = buffer.outbox().clone();
        let connection = self.hub.connect(transport, user, identity.session, outbox);
        Ok(Arc::new(Session {
            sessions: self.clone(),
            present: matches!(transport, Transport::WebSocket | Transport::SocketIo),
            connection,
            buffer,
            token: Mutex::new((identity, expires_at)),
            rooms: Mutex::default(),
            subscribed: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        }))
    }
}

/// The events of a connection that have not been sent yet.
pub trait Buffer: Send + Sync + 'static {
    /// Returns the outbox that the hub fills.
    fn outbox(self: &Arc<Self>) -> &Arc<Outbox>;

    /// Removes the events of a room that have not been sent, its lasting changes only where asked. Returns the revision of the
    /// first change that was removed, `None` where there was none.
    fn discard(&self, room: RoomId, changes: bool) -> Option<Revision>;
}

impl Buffer for Outbox {
    fn outbox(self: &Arc<Self>) -> &Arc<Outbox> {
        self
    }

    fn discard(&self, room: RoomId, changes: bool) -> Option<Revision> {
        Outbox::discard(self, room, changes)
    }
}

/// The session of one connection. Dropping it makes the hub forget the connection.
pub struct Session<B: Buffer = Outbox> {
    sessions: Arc<Sessions>,
    /// True if being in a room means being present there. A stream of server-sent events is no presence.
    present: bool,
    connection: Uuid,
    buffer: Arc<B>,
    token: Mutex<(Identity, Timestamp)>,
    rooms: Mutex<HashSet<RoomId>>,
    /// True while the connection receives everything of all of the user's rooms.
    subscribed: AtomicBool,
    ended: AtomicBool,
}

impl<B: Buffer> Drop for Session<B> {
    fn drop(&mut self) {
        for room in self.take_rooms() {
            self.unsubscribe(room);
        }
        self.unsubscribe_from_all();
        self.sessions.hub.disconnect(self.connection);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<B: Buffer> Session<B> {
    /// Returns the user and their session.
    pub fn identity(&self) -> Identity {
        lock(&self.token).0.clone()
    }

    /// Returns the events that have not been sent yet.
    pub fn buffer(&self) -> &Arc<B> {
        &self.buffer
    }

    /// Replaces the token by another of the same user. `Err` where it is another user's.
    pub fn renew(&self, identity: Identity, expires_at: Timestamp) -> domain::Result<()> {
        let mut token = lock(&self.token);
        if token.0.user.id != identity.user.id {
            return Err(Refusal::NotAllowed.into());
        }
        self.sessions.hub.renew(self.connection, identity.session);
        *token = (identity, expires_at);
        Ok(())
    }

    /// Returns how long the token lasts: zero once it has expired, and an hour at most.
    pub fn time_left(&self) -> Duration {
        let left = lock(&self.token).1.as_datetime() - self.sessions.clock.now().as_datetime();
        Duration::try_from(left).unwrap_or_default().min(LONGEST_TIMER)
    }

    /// Waits until the token has expired.
    pub async fn expired(&self) {
        loop {
            let left = self.time_left();
            tokio::time::sleep(left).await;
            if left < LONGEST_TIMER {
                return;
            }
        }
    }

    /// Returns true if the connection is in the room.
    pub fn is_in(&self, room: RoomId) -> bool {
        lock(&self.rooms).contains(&room)
    }

    /// Returns the rooms that the connection is in.
    pub fn rooms(&self) -> Vec<RoomId> {
        lock(&self.rooms).iter().copied().collect()
    }

    /// Makes the user enter a room, as a member: without `since` they join it where they are none. Returns the room as they
    /// see it. `Err` also where their connections are in too many rooms.
    #[tracing::instrument(
        target = TRACED,
        name = "socket join",
        skip_all,
        fields(otel.kind = "server", user.id = %self.identity().user.id, room.id = %room)
    )]
    pub async fn enter(&self, room: RoomId, since: Option<Revision>) -> Result<RoomView, SessionError> {
        let (identity, sessions) = (self.identity(), &self.sessions);
        if !self.is_in(room) && sessions.hub.load_of(identity.user.id).rooms >= sessions.caps.rooms {
            return Err(SessionError::TooManyRooms);
        }
        let use_cases = sessions.use_cases.clone();
        let entering = async move { use_cases.members.enter.execute(identity, room, since).await };
        Ok(sessions.finish(entering).await?)
    }

    /// Begins to subscribe to a room: with `since` after that revision; otherwise after what the connection was sent before,
    /// or from now on. A subscription that there is ends, and what waits of it is discarded.
    pub fn join(self: &Arc<Self>, view: &RoomView, since: Option<Revision>) -> Join<B> {
        let room = view.room.id;
        let sent = self.unsubscribe(room);
        let revision = sent.filter(|_| since.is_none()).unwrap_or(view.room.log.revision);
        let replay = Replay::new(room, since, revision);
        Join::new(self.clone(), room, revision, replay)
    }

    /// Fails as the room does for a user who may not see it, unless the connection is in it.
    pub async fn check_leave(&self, room: RoomId) -> domain::Result<()> {
        if !self.is_in(room) {
            let user = self.identity().user.id;
            self.sessions.use_cases.rooms.show.execute(Some(user), room).await?;
        }
        Ok(())
    }

    /// Leaves a room: nothing of it is sent any more, not even what waits. Does nothing where the connection is not in it.
    pub async fn leave(&self, room: RoomId) {
        let left = lock(&self.rooms).remove(&room);
        if left {
            self.go_out(room).await;
        }
    }

    async fn go_out(&self, room: RoomId) {
        self.unsubscribe(room);
        if self.present {
            self.sessions.hub.leave(room, self.identity().user, self.connection).await;
        }
    }

    /// Unsubscribes from a room and discards what waits of it. Returns the revision up to which everything was sent, `None`
    /// where the connection did not subscribe.
    fn unsubscribe(&self, room: RoomId) -> Option<Revision> {
        // What a subscription to all rooms has pushed, or goes on to push, stays.
        let subscribed = self.is_subscribed();
        let discard = || self.buffer.discard(room, !subscribed);
        let sent = self.sessions.hub.unsubscribe(room, self.connection, discard);
        if let Some(sent) = sent.filter(|_| subscribed) {
            self.raise_floor(room, sent);
        }
        sent
    }

    /// Ends the session: leaves every room, and enters none any more.
    pub async fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
        for room in self.take_rooms() {
            self.go_out(room).await;
        }
        self.unsubscribe_from_all();
        self.sessions.hub.disconnect(self.connection);
    }

    fn take_rooms(&self) -> HashSet<RoomId> {
        std::mem::take(&mut *lock(&self.rooms))
    }
}
