//! What a single process keeps in memory: events on their way, presence, rate limits.

mod bus;
mod limits;
mod marks;
mod presence;

pub use bus::MemoryBus;
pub use limits::MemoryLimits;
pub use marks::MemoryPresenceMarks;
pub use presence::MemoryPresence;
