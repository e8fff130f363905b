//! What replicas share through Redis 6 or later, or Valkey: events on their way, presence, rate limits.
//!
//! Nothing here is kept nowhere else: Redis may lose everything, freeze or go away, and comes back to what the replicas
//! tell it. No caller waits for it longer than 200 ms, and nobody waits while it is known to be away. The files mirror
//! those of `infra-memory`; below them lie `connection`, one for all of them, `target`, what the URL names, and `wire`,
//! events as text.

mod bus;
mod connection;
mod limits;
mod marks;
mod presence;
mod target;
mod wire;

pub use bus::RedisBus;
pub use connection::Redis;
pub use limits::RedisLimits;
pub use marks::RedisPresenceMarks;
pub use presence::RedisPresence;
pub use target::Target;
