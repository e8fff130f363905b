//! Socket.IO: events for stock clients, over long polling and WebSocket, on the same port as everything else. The
//! protocol is socketioxide's; here are the bridge from actix-web to it, and what the events mean.

mod bridge;
mod client;
mod events;
mod wire;

use std::sync::Arc;

use actix_web::web;
use socketioxide::SocketIo;
use socketioxide::handler::ConnectHandler;

use crate::api::Api;

pub(crate) use bridge::Bridge;

/// The largest packet: larger files go by HTTP (wire contract, section 10).
const PAYLOAD: u32 = 1_000_000;
/// The same over a WebSocket, with what Engine.IO puts around it.
const FRAME: usize = 1_000_000 + 1_024;
/// What the server remembers of a socket that is slow, before it waits for it.
const BUFFER: usize = 128;

/// A Socket.IO server for that API.
pub(crate) fn start(api: Arc<Api>) -> Bridge {
    let runtime = api.runtime.clone();
    let (service, io) = SocketIo::builder()
        .with_state(api)
        .max_payload(u64::from(PAYLOAD))
        .ws_max_message_size(FRAME)
        .ws_max_frame_size(FRAME)
        .max_buffer_size(BUFFER)
        .build_svc();
    io.ns("/", client::connected.with(client::authenticate));
    Bridge::new(service, runtime)
}

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::resource(["/socket.io", "/socket.io/"])
            .route(web::get().guard(bridge::upgrades()).to(bridge::websocket))
            .route(web::get().to(bridge::polling))
            .route(web::post().to(bridge::polling)),
    );
}
