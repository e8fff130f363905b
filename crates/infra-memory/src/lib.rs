//! What a single process keeps in memory: events on their way, presence, rate limits.

mod bus;
mod limits;
mod presence;

pub use bus::MemoryBus;
pub use limits::{MemoryLimits, Quotas};
pub use presence::MemoryPresence;
