//! Live transports: a hub that knows who listens where, and the ways in to it.

mod asks;
mod bell;
mod connection;
mod connections;
mod figures;
pub(crate) mod frames;
mod hub;
pub(crate) mod outgoing;
mod replay;
mod room_channel;
pub(crate) mod socket;
pub(crate) mod sse;
pub(crate) mod websocket;
mod wire;

use actix_web::{Resource, web};

use crate::error::ApiError;

pub(crate) use bell::Bell;
pub(crate) use connection::{End, Item, Outbox};
pub(crate) use figures::Transport;
pub use hub::Hub;
pub(crate) use replay::{Replay, Then};
pub(crate) use wire::{Encoded, Live, change_json};

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.service(chat("/chat"));
}

/// The WebSocket, at whatever path clients look for it.
pub(crate) fn chat(path: &str) -> Resource {
    let elsewise = || async { Err::<&str, _>(ApiError::method_not_allowed("GET".to_owned())) };
    web::resource(path).route(web::get().to(websocket::open)).default_service(web::to(elsewise))
}
