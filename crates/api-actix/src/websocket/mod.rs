//! The WebSocket: its handshake, the life of a socket, and the meaning of its frames.
//!
//! The files import only from those above them in this list: `close`, `outgoing`, `frames`, `silence`, `socket` with `actions`,
//! `handshake`.

mod actions;
pub(crate) mod close;
pub(crate) mod description;
mod frames;
pub(crate) mod handshake;
pub(crate) mod outgoing;
mod silence;
mod socket;

use actix_web::{Resource, guard, web};

use crate::http::{ApiError, OTHER_ROUTES, RouteName};

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.service(chat("/chat"));
}

/// Returns the WebSocket as a resource at that path.
pub(crate) fn chat(path: &'static str) -> Resource {
    debug_assert!(OTHER_ROUTES.iter().any(|(known, _)| *known == path), "{path} is missing in OTHER_ROUTES");
    let other_method = || async { Err::<&str, _>(ApiError::method_not_allowed("GET, HEAD".to_owned())) };
    // Of HEAD the handshake is refused, as of a GET without one.
    let route = web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(handshake::open);
    web::resource(path).app_data(RouteName(path)).route(route).default_service(web::to(other_method))
}
