//! Socket.IO: events for stock clients, over long polling and WebSocket, on the same port as everything else. The
//! protocol is socketioxide's; here are the bridge from actix-web to it, and what the events mean.

pub(crate) mod bridge;
mod client;
pub(crate) mod cuts;
mod events;
mod first_ping;
mod loose;
mod turns;
mod upload;
mod wire;

use std::convert::Infallible;
use std::sync::Arc;

use actix_web::web;
use engineioxide::service::NotFoundService;
use socketioxide::SocketIo;
use socketioxide::extract::SocketRef;
use socketioxide::handler::ConnectHandler;
use socketioxide::service::SocketIoService;

use crate::state::AppState;

use bridge::Bridge;
use cuts::Cuts;

/// The Socket.IO server of an API.
type Server = SocketIoService<NotFoundService>;

/// The largest packet: larger files go by HTTP (wire contract, section 10).
const PAYLOAD: u32 = 1_000_000;
/// The same over a WebSocket.
const FRAME: usize = 1_000_000;
/// What the server remembers of a socket that is slow, before it waits for it.
const BUFFER: usize = 128;

/// A Socket.IO server for that API.
pub(crate) fn start(api: Arc<AppState>) -> Bridge<Server> {
    let hub = api.hub.clone();
    let (runtime, origins) = (api.runtime.clone(), api.settings.cors_origins.clone());
    let cuts = Arc::new(Cuts::default());
    let (service, io) = SocketIo::builder()
        .with_state(api)
        .with_state(cuts.clone())
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
    Bridge::new(service, runtime, origins, cuts)
}

/// A client may speak as soon as it is told that it is connected, which is before `connected` runs: what nobody listens for
/// by then is dropped without a word.
async fn listen_first(socket: SocketRef) -> Result<(), Infallible> {
    events::listen(&socket);
    Ok(())
}

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    bridge::mount::<Server, _>(config, ["/socket.io", "/socket.io/"]);
}
