//! What a single process keeps in memory: events on their way, presence, rate limits, and what it has
//! just read.

mod bus;
mod limits;
mod marks;
mod presence;
mod recent;

pub use bus::MemoryBus;
pub use limits::MemoryLimits;
pub use marks::MemoryPresenceMarks;
pub use presence::MemoryPresence;
pub use recent::Recent;
