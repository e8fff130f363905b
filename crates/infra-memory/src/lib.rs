//! Ports in the memory of one process: the event bus, presence, rate limits, and a cache of rows that every request reads.

mod bus;
mod limits;
mod presence;
mod presence_marks;
mod read_cache;

pub use bus::MemoryBus;
pub use limits::MemoryLimits;
pub use presence::MemoryPresence;
pub use presence_marks::MemoryPresenceMarks;
pub use read_cache::ReadCache;
