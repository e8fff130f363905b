//! The HTTP surface: the canonical REST API on actix-web, live transports, dialects, and what operators ask of the program.
//!
//! The modules are storeys; each imports only from those above it in this list: `http`, `json`, `state`, `routing`,
//! `sse`, `rest`, `websocket`, `socketio`, `dialects`, `admin`, `openapi`, `asyncapi`, `server`.

mod admin;
mod asyncapi;
mod dialects;
mod http;
mod json;
mod openapi;
mod rest;
mod routing;
mod server;
mod socketio;
mod sse;
mod state;
mod websocket;

pub use admin::endpoints as admin_endpoints;
pub use http::{REQUEST, TRACED};
#[doc(hidden)] // Only benches/cursors.rs needs them.
pub use http::{decode_cursor, encode_cursor};
pub use json::audit_event;
pub use openapi::document as openapi_document;
pub use rest::endpoints;
pub use routing::{Access, Endpoint};
#[cfg(feature = "conformance")]
pub use server::conformance;
pub use server::{RouteLine, Running, ServeOptions, routes, serve};
pub use state::{AppState, Dialect, ForwardedHeader, NewestPages, Settings, Unauthenticated};
