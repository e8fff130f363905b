//! The ways in: the canonical REST API on actix-web, and what operators ask of the program over HTTP.
//!
//! [`Api`] holds what every request needs, [`serve`] listens. `rest::mod` is the route table, one line per endpoint.

mod api;
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
mod web;

pub use api::{Api, Settings};
pub use openapi::document as openapi_document;
pub use realtime::Hub;
pub use rest::{Caller, Endpoint, endpoints};
pub use serve::{Running, ServeOptions, serve};
