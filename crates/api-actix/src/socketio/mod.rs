//! Socket.IO for stock clients, over long polling and WebSocket, on the same port as everything else. socketioxide speaks
//! the protocol; here are the bridge from actix-web to it, and the handlers of events.
//!
//! The files import only from those above them in this list: `ack`, `binary`, `json`, `queue`, `web_sockets`, `first_ping`,
//! `bridge`, `client`, `handler`, `upload`, `events`.

mod ack;
mod binary;
pub(crate) mod bridge;
mod client;
pub(crate) mod description;
mod events;
mod first_ping;
mod handler;
mod json;
mod queue;
mod upload;
mod web_sockets;

use std::convert::Infallible;
use std::sync::Arc;

use actix_web::web;
use engineioxide::service::NotFoundService;
use socketioxide::SocketIo;
use socketioxide::extract::SocketRef;
use socketioxide::handler::ConnectHandler;
use socketioxide::service::SocketIoService;

use crate::state::AppState;

use bridge::{Bridge, PAYLOAD};
use web_sockets::WebSockets;

/// The Socket.IO server.
type Server = SocketIoService<NotFoundService>;

/// The largest packet over a WebSocket.
const FRAME: usize = 1_000_000;
/// The most packets buffered for a slow client.
const BUFFER: usize = 128;

/// Starts a Socket.IO server.
pub(crate) fn start(state: Arc<AppState>) -> Bridge<Server> {
    let (hub, runtime) = (state.sessions.hub().clone(), state.sessions.runtime().clone());
    let (settings, web_sockets) = (Arc::new(state.settings.clone()), Arc::new(WebSockets::default()));
    let (service, io) = SocketIo::builder()
        .with_state(state)
        .with_state(web_sockets.clone())
        .max_payload(u64::from(PAYLOAD))
        .ws_max_message_size(FRAME)
        .ws_max_frame_size(FRAME)
        .max_buffer_size(BUFFER)
        .build_svc();
    io.ns("/", client::connected.with(listen_first).with(client::authenticate));
    runtime.spawn(async move {
        hub.closing().await;
        io.close().await;
    });
    Bridge::new(service, runtime, settings, web_sockets)
}

/// Registers handlers first: a client may send events as soon as it receives the connect packet, which is before `connected`
/// runs, and events without a handler are dropped.
async fn listen_first(socket: SocketRef) -> Result<(), Infallible> {
    events::listen(&socket);
    Ok(())
}

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    bridge::mount::<Server, _>(config, ["/socket.io", "/socket.io/"]);
}
