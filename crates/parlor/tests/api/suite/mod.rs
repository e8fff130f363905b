//! What holds on every store.

mod accounts;
mod actions;
mod authorization;
mod concurrency;
mod conventions;
mod crash;
mod files;
mod live;
mod messages;
mod resume;
mod rooms;
mod socketio;
