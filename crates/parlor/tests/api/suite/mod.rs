//! What holds on every store.

mod accounts;
mod actions;
mod authorization;
mod concurrency;
mod conventions;
mod crash;
mod cross_dialect;
mod envelope;
mod files;
mod hostile;
mod live;
mod messages;
mod model;
mod resume;
mod rooms;
mod ryos;
mod socketio;
mod walks;
