//! Serving the application on a socket.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{RequestHead, Server, ServerHandle};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpRequest, HttpResponse, web};

use domain::limit::LimitSet;
use live::WakeQueue;

use super::connection::{Clients, Refuse};
use super::{cors, http, ops, request_id, site};
use crate::http::ApiError;
use crate::routing::{self, Routes};
use crate::state::{AppState, Settings};
use crate::{admin, asyncapi, dialects, openapi, rest, socketio, websocket};

/// Options of a server.
#[derive(Debug, Clone, Copy)]
pub struct ServeOptions {
    /// The number of threads that serve requests.
    pub workers: usize,
    /// The time that requests in flight have once the server stops.
    pub grace: Duration,
}

/// A server that listens.
pub struct Running {
    /// A future that ends when the server has stopped.
    pub server: Server,
    /// Stops the server.
    pub handle: ServerHandle,
    /// The address that it listens on.
    pub address: SocketAddr,
}

/// Returns the endpoints.
fn routes(settings: &Settings) -> Routes {
    let mut routes = Routes::new(web::to(unknown_path));
    rest::mount(&mut routes, settings.directory);
    dialects::mount(&mut routes, &settings.dialects);
    if settings.admin {
        admin::mount(&mut routes);
    }
    routes
}

/// Answers a path that does not exist.
async fn unknown_path(api: web::Data<AppState>, request: HttpRequest) -> HttpResponse {
    let error = ApiError::not_found();
    let of_admins = (api.settings.admin && admin::has(request.path())).then_some(LimitSet::API);
    match of_admins.or_else(|| dialects::limit_set(request.path(), &api.settings.dialects)) {
        Some(set) => routing::refuse(&api, &request, set, error).await,
        None => HttpResponse::from_error(error),
    }
}

/// Serves on a bound socket.
pub fn serve(state: Arc<AppState>, listener: TcpListener, options: ServeOptions) -> std::io::Result<Running> {
    let address = listener.local_addr()?;
    let bridge = web::Data::new(socketio::start(state.clone()));
    let data = web::Data::from(state);
    let refusing = data.clone();
    let refuse: Refuse = Arc::new(move |error| request_id::refuse(&refusing, &error));
    let settings = data.clone();
    let client_of = move |head: &RequestHead| settings.settings.client_of(head);
    let clients =
        Clients { address: Arc::new(client_of), standard: request_id::STANDARD, ..Clients::direct(refuse) };
    let server = http::start(listener, options, clients, move || {
        WakeQueue::start();
        let cors = cors::allow(&data.settings.cors_origins);
        App::new()
            .app_data(data.clone())
            .app_data(bridge.clone())
            .configure(|config| dialects::configure(config, &data.settings.dialects))
            .configure(websocket::configure)
            .configure(socketio::configure)
            .configure(ops::configure)
            .configure(|config| openapi::configure(config, &data.settings))
            .configure(asyncapi::configure)
            .configure(|config| site::configure(config, data.settings.admin))
            .default_service(routes(&data.settings))
            .wrap(cors)
            .wrap(Compress::default())
            .wrap(from_fn(request_id::middleware))
    })?;
    let handle = server.handle();
    Ok(Running { server, handle, address })
}
