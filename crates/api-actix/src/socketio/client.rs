//! A Socket.IO client: its authentication, its events, and its end.

use std::sync::Arc;

use live::{Delivery, EncodedEvent, EndReason, Outbox, Session, Transport};
use serde::Deserialize;
use socketioxide::extract::{SocketRef, State, TryData};
use socketioxide::socket::DisconnectReason;

use super::ack::{Gone, patiently};
use super::bridge::ClientAddress;
use super::json;
use super::queue::EventQueue;
use super::sessions::{Authenticated, EngineSessions};
use crate::state::AppState;

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
    pub(super) session: Arc<Session>,
    /// The session of Engine.IO that it authenticated.
    pub(super) engine: Authenticated,
    pub(super) queue: EventQueue,
    /// Held while events are sent, so that missed ones come before live ones.
    pub(super) sending: tokio::sync::Mutex<()>,
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
    let verified = state.use_cases.authenticate.with_expiry(token, from).await;
    let (identity, expires_at) = verified.map_err(|error| match error {
        domain::Error::Refused(_) => Rejected::Unauthorized,
        domain::Error::Store(_) => Rejected::Unavailable,
    })?;
    let user = identity.user.id;
    let opened = state.sessions.open(Transport::SocketIo, identity, expires_at, Outbox::new());
    let session = opened.map_err(|_too_many| Rejected::Unauthorized)?;
    let engine = engine.authenticate(socket.id.as_str(), user).ok_or(Rejected::Unauthorized)?;
    let (queue, sending) = (EventQueue::start(), tokio::sync::Mutex::default());
    socket.extensions.insert(Arc::new(Client { session, engine, queue, sending }));
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
        match send_events(&socket, &client).await {
            Over::Closed => {}
            Over::Revoked => disconnect(&socket),
            Over::Slow => client.engine.end_session(),
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
    client.session.buffer().end(EndReason::Shutdown);
    // Who left the namespace alone may connect to it again.
    if !matches!(reason, DisconnectReason::ClientNSDisconnect | DisconnectReason::ServerNSDisconnect) {
        client.engine.end_session();
    }
}

/// The reason why no more events are sent.
enum Over {
    /// The server shuts down; it closes connections, so that clients reconnect by themselves.
    Closed,
    /// The session is over: the client must not reconnect as it is.
    Revoked,
    /// The client is gone, or reads too slowly: it should reconnect.
    Slow,
}

/// Sends events until either side ends the connection or the token expires.
async fn send_events(socket: &SocketRef, client: &Client) -> Over {
    let outbox = client.session.buffer();
    loop {
        tokio::select! {
            biased;
            ready = outbox.ready() => match ready {
                Ok(()) => {}
                Err(EndReason::Shutdown) => return Over::Closed,
                Err(EndReason::Slow) => return Over::Slow,
                Err(EndReason::Revoked) => return Over::Revoked,
            },
            () = client.session.expired() => return Over::Revoked,
        }
        // Joining and leaving a room discard what waits of it.
        let _sending = tokio::select! {
            sending = client.sending.lock() => sending,
            // The next turn of the loop handles the end.
            _ = outbox.wait_for_end() => continue,
        };
        match outbox.try_next() {
            Some(Delivery::Event(event)) => tokio::select! {
                sent = send(socket, client, &event) => match sent {
                    Ok(()) => {}
                    Err(Gone) => return Over::Slow,
                },
                _ = outbox.wait_for_end() => {}
            },
            Some(Delivery::RoomClosed(room)) => client.session.leave(room).await,
            None => {}
        }
    }
}

/// Sends an event; waits for a client whose buffer is full.
pub(super) async fn send(socket: &SocketRef, client: &Client, event: &EncodedEvent) -> Result<(), Gone> {
    let event = event.named(json::encode);
    patiently(&client.engine, event.data.get().len(), || socket.emit(event.name, &*event.data)).await
}
