//! The tests that hold on every store.

mod accounts;
mod actions;
mod authorization;
mod client;
mod concurrency;
mod concurrent_uploads;
mod conventions;
mod crash;
mod crash_delivery;
mod cross_dialect;
mod envelope;
pub(crate) mod files;
mod history;
mod hostile;
mod live;
mod messages;
mod metrics;
mod model;
mod pagination;
mod resume;
mod rooms;
mod ryos;
mod s3;
mod slow_readers;
mod socketio;
mod uploads;
mod websocket;
