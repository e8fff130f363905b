//! The WebSocket: its handshake, the life of a socket, and what its frames mean.

mod actions;
pub(crate) mod frames;
pub(crate) mod handshake;
pub(crate) mod outgoing;
pub(crate) mod socket;

use actix_web::{Resource, web};

use crate::http::{ApiError, OTHER_ROUTES};

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.service(chat("/chat"));
}

/// The WebSocket, at whatever path clients look for it.
pub(crate) fn chat(path: &str) -> Resource {
    debug_assert!(OTHER_ROUTES.iter().any(|(known, _)| *known == path), "{path} is missing in OTHER_ROUTES");
    let elsewise = || async { Err::<&str, _>(ApiError::method_not_allowed("GET".to_owned())) };
    web::resource(path).route(web::get().to(handshake::open)).default_service(web::to(elsewise))
}
