//! Serving: connections, the application of every storey below, request ids, tracing, and what operators ask for.

#[cfg(feature = "conformance")]
pub mod conformance;
mod connection;
#[cfg(test)]
mod connection_tests;
mod cors;
#[cfg(test)]
mod handler_tests;
mod http;
mod ops;
mod request_id;
mod request_metrics;
mod routes;
mod serve;
mod site;
#[cfg(test)]
mod slow_reader_tests;
#[cfg(test)]
mod takeover_tests;
mod trace;

pub use routes::{RouteLine, routes};
pub use serve::{Running, ServeOptions, serve};
