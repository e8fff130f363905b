//! What holds on every store.

mod accounts;
mod actions;
mod authorization;
mod concurrency;
mod conventions;
mod crash;
mod crash_heard;
mod cross_dialect;
mod envelope;
mod files;
mod hostile;
mod live;
mod many_uploads;
mod measures;
mod messages;
mod model;
mod resume;
mod rooms;
mod ryos;
mod s3;
mod slow_readers;
mod socketio;
mod sockets;
mod walks;
