//! A Socket.IO client: how it gets in, what it hears, how it ends.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::account::Identity;
use domain::room::Revision;
use domain::{RoomId, Timestamp};
use serde::Deserialize;
use socketioxide::extract::{SocketRef, State, TryData};
use socketioxide::{SendError, SocketError, TransportType};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::cuts::Cuts;
use super::turns::Turns;
use super::wire;
use crate::live::{Encoded, End, Hub, Item, Outbox, Transport};
use crate::state::AppState;

/// How long a reader may keep one event waiting.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a full buffer is looked at again.
const AGAIN: Duration = Duration::from_millis(20);

/// What a handshake brings.
#[derive(Deserialize)]
pub(super) struct Auth {
    token: Option<String>,
}

/// Why somebody is not let in. The stock client does not come again by itself after either.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// Nobody may come in without a token; the words are the contract's.
    #[error("Unauthorized")]
    Unauthorized,
    /// Nobody knows whose token it is.
    #[error("The server can't look at tokens right now; connect again")]
    Unavailable,
}

/// Somebody who is connected.
pub(super) struct Client {
    hub: Arc<Hub>,
    pub(super) identity: Identity,
    pub(super) connection: Uuid,
    pub(super) outbox: Arc<Outbox>,
    expires_at: Timestamp,
    rooms: Mutex<HashSet<RoomId>>,
    gone: AtomicBool,
    pub(super) turns: Turns,
    /// Held by whoever tells the client of events: what was missed comes before what happens.
    pub(super) telling: tokio::sync::Mutex<()>,
}

/// Not every client gets as far as to be served; the hub forgets each.
impl Drop for Client {
    fn drop(&mut self) {
        self.hub.disconnect(self.connection);
    }
}

impl Client {
    /// Whether the client has disconnected: it enters no room any more.
    pub(super) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }

    /// Hears of a room no more, not even what waits; answers up to where it has heard everything, if it did.
    pub(super) fn stop_hearing(&self, room: RoomId) -> Option<Revision> {
        self.hub.take_out(room, self.connection, || self.outbox.take_back(room))
    }

    /// Where the client listens.
    pub(super) fn rooms(&self) -> MutexGuard<'_, HashSet<RoomId>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets in whoever brings a valid token.
pub(super) async fn authenticate(
    socket: SocketRef,
    TryData(auth): TryData<Auth>,
    State(api): State<Arc<AppState>>,
) -> Result<(), Refused> {
    let token = auth.ok().and_then(|auth| auth.token).ok_or(Refused::Unauthorized)?;
    let token = token.strip_prefix("Bearer ").unwrap_or(&token);
    let known = api.use_cases.authenticate.with_expiry(token).await;
    let (identity, expires_at) = known.map_err(|error| match error {
        domain::Error::Refused(_) => Refused::Unauthorized,
        domain::Error::Store(_) => Refused::Unavailable,
    })?;
    if api.hub.load_of(identity.user.id).connections >= api.settings.connections_per_user {
        return Err(Refused::Unauthorized);
    }
    let outbox = Outbox::new();
    let (user, session) = (identity.user.id, identity.session);
    let connection = api.hub.connect(Transport::SocketIo, user, session, outbox.clone());
    socket.extensions.insert(Arc::new(Client {
        hub: api.hub.clone(),
        identity,
        connection,
        outbox,
        expires_at,
        rooms: Mutex::default(),
        gone: AtomicBool::new(false),
        turns: Turns::new(),
        telling: tokio::sync::Mutex::default(),
    }));
    Ok(())
}

/// Serves a client that has got in.
pub(super) async fn connected(
    socket: SocketRef,
    State(api): State<Arc<AppState>>,
    State(cuts): State<Arc<Cuts>>,
) {
    let Some(client) = socket.extensions.get::<Arc<Client>>() else { return };
    let (ended, last) = (client.clone(), api.clone());
    socket.on_disconnect(async move || end(&last, &ended).await);
    // One that went before that was in place went unheard; by socketioxide too, where it went while it was let in.
    let by_socket = socket.transport_type() == TransportType::Websocket;
    if !socket.connected() || by_socket && !cuts.is_open(socket.id.as_str()) {
        show_out(&socket);
        return end(&api, &client).await;
    }
    tokio::spawn(async move {
        match pump(api, &socket, client).await {
            Over::Closed => {}
            Over::Decided => show_out(&socket),
            Over::Slow => hang_up(&socket, &cuts),
        }
    });
}

/// Ends the client's connection so that it comes again; one that polls has none, and is shown out.
pub(super) fn hang_up(socket: &SocketRef, cuts: &Cuts) {
    if !cuts.cut(socket.id.as_str()) {
        show_out(socket);
    }
}

/// Shows the client out of the namespace; it does not come again by itself. One that is gone already needs no goodbye.
fn show_out(socket: &SocketRef) {
    let _gone = socket.clone().disconnect();
}

/// The client is gone.
async fn end(api: &AppState, client: &Client) {
    client.gone.store(true, Ordering::SeqCst);
    let rooms: Vec<RoomId> = client.rooms().drain().collect();
    for room in rooms {
        go_out(api, client, room).await;
    }
    api.hub.disconnect(client.connection);
    client.outbox.end(End::Shutdown);
}

/// A client stops listening to a room.
pub(super) async fn go_out(api: &AppState, client: &Client, room: RoomId) {
    client.stop_hearing(room);
    api.hub.leave(room, client.identity.user.clone(), client.connection).await;
}

/// Why a client hears no more.
enum Over {
    /// The whole server closes: its connections, so that clients come again by themselves.
    Closed,
    /// The session is over: the client must not come again as it is.
    Decided,
    /// It is gone, or reads too slowly: it should come again.
    Slow,
}

/// Tells the client what happens, until one side ends it or its token lapses.
async fn pump(api: Arc<AppState>, socket: &SocketRef, client: Arc<Client>) -> Over {
    loop {
        let left = client.expires_at.as_datetime() - api.clock.now().as_datetime();
        let left = Duration::try_from(left).unwrap_or_default();
        match timeout(left.min(Duration::from_hours(1)), client.outbox.ready()).await {
            Ok(Ok(())) => {}
            Err(_) if left > Duration::from_hours(1) => continue,
            Ok(Err(End::Shutdown)) => return Over::Closed,
            Ok(Err(End::Slow)) => return Over::Slow,
            Ok(Err(End::Revoked)) | Err(_) => return Over::Decided,
        }
        // In its turn: whoever comes in or goes out of a room takes back what waits of it.
        let _turn = tokio::select! {
            turn = client.telling.lock() => turn,
            // The next look says why.
            _ = client.outbox.wait_for_end() => continue,
        };
        match client.outbox.try_next() {
            Some(Item::Event(encoded)) => tokio::select! {
                told = tell(socket, &encoded) => match told {
                    Ok(()) => {}
                    Err(Gone) => return Over::Slow,
                },
                _ = client.outbox.wait_for_end() => {}
            },
            Some(Item::Over(room)) => {
                let was_there = client.rooms().remove(&room);
                if was_there {
                    go_out(&api, &client, room).await;
                }
            }
            None => {}
        }
    }
}

/// The client is gone, or reads too slowly.
pub(super) struct Gone;

/// Sends an event, and waits a while for a client whose buffer is full.
pub(super) async fn tell(socket: &SocketRef, encoded: &Encoded) -> Result<(), Gone> {
    let (name, data) = wire::event(encoded);
    let begun = Instant::now();
    loop {
        match socket.emit(name, &data) {
            Ok(()) => return Ok(()),
            Err(SendError::Socket(SocketError::InternalChannelFull)) if begun.elapsed() < PATIENCE => {
                tokio::time::sleep(AGAIN).await;
            }
            Err(_) => return Err(Gone),
        }
    }
}
