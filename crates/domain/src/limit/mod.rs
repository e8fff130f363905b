//! How often somebody may ask.

mod model;
mod ports;

pub use model::{Bucket, Decision, Quota, QuotaError};
pub use ports::{LimitClass, LimitKey, Limits, Quotas};

#[cfg(any(test, feature = "mocks"))]
pub use ports::MockLimits;
