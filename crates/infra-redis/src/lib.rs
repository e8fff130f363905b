//! Ports that replicas share through Redis 6 or later, or Valkey: the event bus, presence, presence marks, rate limits.
//!
//! Redis holds nothing that is not known elsewhere: it may lose everything, hang or fail, and the replicas restore what it
//! needs. No caller waits for it longer than 200 ms, and none while it is known to be down. Each port has a file here as in
//! `infra-memory`; they share `connection`, `target` (the URL) and `wire` (the encoding of events).

mod bus;
mod connection;
mod limits;
mod presence;
mod presence_marks;
mod target;
mod wire;

pub use bus::RedisBus;
pub use connection::{Examination, Redis};
pub use limits::RedisLimits;
pub use presence::RedisPresence;
pub use presence_marks::RedisPresenceMarks;
pub use target::Target;
