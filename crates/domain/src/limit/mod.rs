//! Rate limits: how many requests a client may make in which time.

mod model;
mod policy;
mod ports;

pub use model::{Bucket, Decision, Quota, QuotaError};
pub use policy::{LimitClass, LimitPolicy, LimitSet, Quotas};
pub use ports::{LimitKey, Limits};

#[cfg(any(test, feature = "mocks"))]
pub use ports::MockLimits;
