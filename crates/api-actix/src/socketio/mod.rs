//! Socket.IO for stock clients, over long polling and WebSocket, on the same port as everything else. socketioxide speaks
//! the protocol; here are the bridge from actix-web to it, and the handlers of events.
//!
//! The files import only from those above them in this list: `json`, `packets`, `budgets`, `downlink`, `session`, `sessions`, `frames`, `first_ping`, `downstream`,
//! `bridge` with `polling`, `ack`, `arrived`, `input`, `queue`, `client`, `handler`, `upload`, `events`.

mod ack;
mod arrived;
pub(crate) mod bridge;
mod budgets;
mod client;
pub(crate) mod description;
mod downlink;
mod downstream;
mod events;
mod first_ping;
mod frames;
mod handler;
mod input;
mod json;
mod packets;
mod polling;
mod queue;
mod session;
pub(crate) mod sessions;
mod upload;

use std::convert::Infallible;
use std::sync::Arc;

use actix_web::web;
use engineioxide::service::NotFoundService;
use socketioxide::extract::SocketRef;
use socketioxide::handler::ConnectHandler;
use socketioxide::service::SocketIoService;
use socketioxide::{ParserConfig, SocketIo};

use crate::http::unauthenticated::AUTHENTICATION_TIMEOUT;
use crate::state::AppState;

use bridge::{Bridge, PAYLOAD};
use sessions::EngineSessions;

/// The Socket.IO server.
type Server = SocketIoService<NotFoundService>;

/// The most attachments of an event.
const ATTACHMENTS: usize = 16;
/// The most packets of Engine.IO that wait for a slow client: heartbeats, and what connects it.
const BUFFER: usize = 128;

/// Starts a Socket.IO server.
pub(crate) fn start(state: Arc<AppState>) -> Bridge<Server> {
    let (hub, runtime) = (state.sessions.hub().clone(), state.sessions.runtime().clone());
    let settings = Arc::new(state.settings.clone());
    let sessions = EngineSessions::new(state.unauthenticated.clone());
    let parser =
        ParserConfig::common().max_incoming_binaries(ATTACHMENTS).max_incoming_binary_buf_size(PAYLOAD);
    let (service, io) = SocketIo::builder()
        .with_state(state)
        .with_state(sessions.clone())
        .with_parser(parser)
        .connect_timeout(AUTHENTICATION_TIMEOUT)
        .max_payload(PAYLOAD as u64)
        .ws_max_message_size(PAYLOAD)
        .ws_max_frame_size(PAYLOAD)
        .max_buffer_size(BUFFER)
        .build_svc();
    io.ns("/", client::connected.with(listen_first).with(client::authenticate));
    runtime.spawn(async move {
        hub.closing().await;
        io.close().await;
    });
    Bridge::new(service, runtime, settings, sessions)
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
