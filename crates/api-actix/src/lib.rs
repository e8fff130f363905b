//! The ways in: the canonical REST API on actix-web, its dialects, and what operators ask of the program over HTTP.
//!
//! [`Api`] holds what every request needs, [`serve`] listens. `rest::mod` is the route table, one line per endpoint.

mod api;
#[cfg(feature = "conformance")]
pub mod conformance;
mod dialects;
mod error;
mod extract;
mod limits;
mod openapi;
mod ops;
mod origin;
mod realtime;
mod request_id;
mod rest;
mod serve;
mod server;
mod socketio;
mod takeover;
mod trace;
mod web;

pub use api::{Api, Settings};
pub use dialects::Dialect;
pub use openapi::document as openapi_document;
pub use realtime::Hub;
pub use rest::{Caller, Endpoint, NewestPages, endpoints};
pub use serve::{Running, ServeOptions, serve};
pub use trace::{REQUEST, TRACED};
