//! What holds on every store.

mod accounts;
mod actions;
mod authorization;
mod concurrency;
mod conventions;
mod crash;
mod files;
mod hostile;
mod live;
mod measures;
mod messages;
mod model;
mod resume;
mod rooms;
mod ryos;
mod socketio;
mod walks;
