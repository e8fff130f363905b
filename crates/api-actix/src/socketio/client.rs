//! A Socket.IO client: its authentication, its events, and its end.

use std::sync::Arc;
use std::time::Duration;

use live::{EndReason, Session, Transport};
use serde::Deserialize;
use socketioxide::extract::{SocketRef, State, TryData};
use socketioxide::socket::DisconnectReason;
use tokio::time::{Instant, interval_at};

use super::bridge::ClientAddress;
use super::json;
use super::queue::EventQueue;
use super::sessions::{Authenticated, EngineSessions};
use crate::http::outgoing::Outgoing;
use crate::state::AppState;

/// The interval at which is looked if anything leaves for a client for which something waits.
const STUCK_INTERVAL: Duration = Duration::from_secs(25);

/// The content of a handshake.
#[derive(Deserialize)]
pub(super) struct Auth {
    token: Option<String>,
}

/// The reason why a client is rejected. The stock client does not reconnect by itself after either.
#[derive(Debug, thiserror::Error)]
pub(super) enum Rejected {
    /// No valid token, or too many connections; the text is the contract's.
    #[error("Unauthorized")]
    Unauthorized,
    /// The store failed while the token was verified.
    #[error("UNAVAILABLE: the server can't check tokens right now; connect again")]
    Unavailable,
}

/// A client that is connected.
pub(super) struct Client {
    pub(super) session: Arc<Session<Outgoing>>,
    /// The session of Engine.IO that it authenticated.
    pub(super) engine: Authenticated,
    pub(super) queue: EventQueue,
}

impl Client {
    /// Returns the packets that wait for the client.
    pub(super) fn outgoing(&self) -> &Outgoing {
        self.session.buffer()
    }
}

/// Accepts a client that brings a valid token.
pub(super) async fn authenticate(
    socket: SocketRef,
    TryData(auth): TryData<Auth>,
    State(state): State<Arc<AppState>>,
    State(engine): State<Arc<EngineSessions>>,
) -> Result<(), Rejected> {
    let token = auth.ok().and_then(|auth| auth.token).ok_or(Rejected::Unauthorized)?;
    let token = token.strip_prefix("Bearer ").unwrap_or(&token);
    let from = socket.req_parts().extensions.get::<ClientAddress>().ok_or(Rejected::Unavailable)?.0;
    let verified = state.use_cases.accounts.authenticate.with_expiry(token, from).await;
    let (identity, expires_at) = verified.map_err(|error| match error {
        domain::Error::Refused(_) => Rejected::Unauthorized,
        domain::Error::Store(_) => Rejected::Unavailable,
    })?;
    let user = identity.user.id;
    let outgoing = Outgoing::new(json::event);
    let opened = state.sessions.open(Transport::SocketIo, identity, expires_at, outgoing.clone());
    let session = opened.map_err(|_too_many| Rejected::Unauthorized)?;
    let engine = engine.authenticate(socket.id.as_str(), user).ok_or(Rejected::Unauthorized)?;
    engine.session.downlink.attach(outgoing);
    socket.extensions.insert(Arc::new(Client { session, engine, queue: EventQueue::start() }));
    Ok(())
}

/// Serves a client that was accepted.
pub(super) async fn connected(socket: SocketRef) {
    let Some(client) = socket.extensions.get::<Arc<Client>>() else { return };
    let ending = client.clone();
    socket.on_disconnect(async move |reason: DisconnectReason| end(&ending, reason).await);
    // A client that disconnected before that was registered went unnoticed; by socketioxide too, if it did while it was
    // being accepted.
    if !socket.connected() || client.engine.is_over() {
        disconnect(&socket);
        return end(&client, DisconnectReason::TransportClose).await;
    }
    tokio::spawn(async move {
        match over(&client).await {
            // The server closes the connections, so that clients reconnect by themselves.
            EndReason::Shutdown => {}
            EndReason::Revoked => disconnect(&socket),
            EndReason::Slow => client.engine.end_session(),
        }
    });
}

/// Disconnects the client from the namespace; it does not reconnect by itself.
fn disconnect(socket: &SocketRef) {
    // A client that is gone needs no packet.
    let _gone = socket.clone().disconnect();
}

async fn end(client: &Client, reason: DisconnectReason) {
    client.session.end().await;
    client.outgoing().outbox.end(EndReason::Shutdown);
    // Who left the namespace alone may connect to it again.
    if !matches!(reason, DisconnectReason::ClientNSDisconnect | DisconnectReason::ServerNSDisconnect) {
        client.engine.end_session();
    }
}

/// Waits until the server ends the connection or the token expires; leaves rooms that are closed meanwhile.
async fn over(client: &Client) -> EndReason {
    let outgoing = client.outgoing();
    let mut checks = interval_at(Instant::now() + STUCK_INTERVAL, STUCK_INTERVAL);
    loop {
        tokio::select! {
            end = outgoing.outbox.wait_for_end() => return end,
            room = outgoing.closed_room() => client.session.leave(room).await,
            _ = checks.tick() => if outgoing.is_stuck() {
                outgoing.outbox.end(EndReason::Slow);
            },
            () = client.session.expired() => return EndReason::Revoked,
        }
    }
}
