//! A Socket.IO client: its authentication, its events, and its end.

use std::sync::Arc;
use std::time::Duration;

use live::{Delivery, EncodedEvent, EndReason, Outbox, Session, Transport};
use serde::Deserialize;
use socketioxide::extract::{SocketRef, State, TryData};
use socketioxide::{SendError, SocketError, TransportType};
use tokio::time::Instant;

use super::bridge::ClientAddress;
use super::json;
use super::queue::EventQueue;
use super::web_sockets::WebSockets;
use crate::state::AppState;

/// The time within which the client must take an event.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// The interval at which sending to a full buffer is retried.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

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
    #[error("The server can't look at tokens right now; connect again")]
    Unavailable,
}

/// A client that is connected.
pub(super) struct Client {
    pub(super) session: Arc<Session>,
    pub(super) queue: EventQueue,
    /// Held while events are sent, so that missed ones come before live ones.
    pub(super) sending: tokio::sync::Mutex<()>,
}

/// Accepts a client that brings a valid token.
pub(super) async fn authenticate(
    socket: SocketRef,
    TryData(auth): TryData<Auth>,
    State(state): State<Arc<AppState>>,
) -> Result<(), Rejected> {
    let token = auth.ok().and_then(|auth| auth.token).ok_or(Rejected::Unauthorized)?;
    let token = token.strip_prefix("Bearer ").unwrap_or(&token);
    let from = socket.req_parts().extensions.get::<ClientAddress>().ok_or(Rejected::Unavailable)?.0;
    let verified = state.use_cases.authenticate.with_expiry(token, from).await;
    let (identity, expires_at) = verified.map_err(|error| match error {
        domain::Error::Refused(_) => Rejected::Unauthorized,
        domain::Error::Store(_) => Rejected::Unavailable,
    })?;
    let opened = state.sessions.open(Transport::SocketIo, identity, expires_at, Outbox::new());
    let session = opened.map_err(|_too_many| Rejected::Unauthorized)?;
    let (queue, sending) = (EventQueue::start(), tokio::sync::Mutex::default());
    socket.extensions.insert(Arc::new(Client { session, queue, sending }));
    Ok(())
}

/// Serves a client that was accepted.
pub(super) async fn connected(socket: SocketRef, State(web_sockets): State<Arc<WebSockets>>) {
    let Some(client) = socket.extensions.get::<Arc<Client>>() else { return };
    let ending = client.clone();
    socket.on_disconnect(async move || end(&ending).await);
    // A client that disconnected before that was registered went unnoticed; by socketioxide too, if it did while it was
    // being accepted.
    let by_web_socket = socket.transport_type() == TransportType::Websocket;
    if !socket.connected() || by_web_socket && !web_sockets.is_open(socket.id.as_str()) {
        disconnect(&socket);
        return end(&client).await;
    }
    tokio::spawn(async move {
        match send_events(&socket, &client).await {
            Over::Closed => {}
            Over::Revoked => disconnect(&socket),
            Over::Slow => close_connection(&socket, &web_sockets),
        }
    });
}

/// Closes the client's connection, so that it reconnects. One that polls has none, and is disconnected from the namespace.
pub(super) fn close_connection(socket: &SocketRef, web_sockets: &WebSockets) {
    if !web_sockets.close(socket.id.as_str()) {
        disconnect(socket);
    }
}

/// Disconnects the client from the namespace; it does not reconnect by itself.
fn disconnect(socket: &SocketRef) {
    // A client that is gone needs no packet.
    let _gone = socket.clone().disconnect();
}

async fn end(client: &Client) {
    client.session.end().await;
    client.session.buffer().end(EndReason::Shutdown);
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
                sent = send(socket, &event) => match sent {
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

/// The client is gone, or reads too slowly.
pub(super) struct Gone;

/// Sends an event; waits for a client whose buffer is full.
pub(super) async fn send(socket: &SocketRef, event: &EncodedEvent) -> Result<(), Gone> {
    let event = event.named(json::encode);
    let begun = Instant::now();
    loop {
        match socket.emit(event.name, &*event.data) {
            Ok(()) => return Ok(()),
            Err(SendError::Socket(SocketError::InternalChannelFull)) if begun.elapsed() < WRITE_TIMEOUT => {
                tokio::time::sleep(RETRY_INTERVAL).await;
            }
            Err(_) => return Err(Gone),
        }
    }
}
