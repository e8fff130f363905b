//! What a single process keeps in memory: rate limits.

mod limits;

pub use limits::{MemoryLimits, Quotas};
