//! Quotas: limits on what a user or a room owns at a time.

mod model;
mod ports;

pub use model::{OwnershipQuotas, QuotaKind};
pub use ports::QuotaWrites;
