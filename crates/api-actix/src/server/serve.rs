//! Listening, and coming to an end.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::{Server, ServerHandle};
use actix_web::http::header;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, web};

use super::{http, landing, ops, request_id};
use crate::http::ApiError;
use crate::state::AppState;
use crate::{asyncapi, dialects, openapi, rest, socketio, websocket};
use live::WakeQueue;

/// How to listen.
#[derive(Debug, Clone, Copy)]
pub struct ServeOptions {
    /// How many threads serve requests.
    pub workers: usize,
    /// How long requests in flight may take once the server stops.
    pub grace: Duration,
}

/// A server that listens.
pub struct Running {
    /// Ends when the server has stopped.
    pub server: Server,
    /// Stops it.
    pub handle: ServerHandle,
    /// Where it listens.
    pub address: SocketAddr,
}

/// Listens on a bound socket.
pub fn serve(api: Arc<AppState>, listener: TcpListener, options: ServeOptions) -> std::io::Result<Running> {
    let address = listener.local_addr()?;
    let bridge = web::Data::new(socketio::start(api.clone()));
    let data = web::Data::from(api);
    let server = http::start(listener, options, move || {
        WakeQueue::start();
        let cors = cors(&data.settings.cors_origins);
        App::new()
            .app_data(data.clone())
            .configure(rest::configure)
            .app_data(bridge.clone())
            .configure(|config| dialects::configure(config, &data.settings.dialects))
            .configure(websocket::configure)
            .configure(socketio::configure)
            .configure(ops::configure)
            .configure(|config| openapi::configure(config, &data.settings.dialects))
            .configure(asyncapi::configure)
            .configure(landing::configure)
            .default_service(web::to(|| async { Err::<&str, _>(ApiError::not_found()) }))
            .wrap(cors)
            .wrap(Compress::default())
            .wrap(from_fn(request_id::middleware))
    })?;
    let handle = server.handle();
    Ok(Running { server, handle, address })
}

fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .allowed_headers(["idempotency-key", "x-request-id", "last-event-id", "x-username"])
        .allowed_headers(["range", "if-range", "if-none-match"])
        .expose_headers(["x-request-id", "location", "retry-after"])
        .expose_headers(["etag", "accept-ranges", "content-range", "content-disposition"])
        .expose_headers(["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"])
        .block_on_origin_mismatch(false)
        .max_age(3_600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
