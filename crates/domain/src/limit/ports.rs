//! The port that counts requests.

use std::net::IpAddr;

use async_trait::async_trait;

use super::{Decision, LimitClass, LimitSet};
use crate::{StoreError, UserId};

/// The client or account that requests are counted for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LimitKey {
    /// A client address; for IPv6 its /64 network, which belongs to one customer.
    Address(IpAddr),
    /// A username or email address in lower case, whether or not it has an account.
    Account(String),
    /// A user.
    User(UserId),
}

/// Counts requests by the quotas of a [`LimitPolicy`](super::LimitPolicy), separately per set, class and key.
///
/// Both methods return `Ok(None)` where the class is unlimited in that set, and `Err` where the counter is
/// unavailable; the caller then decides whether to let the request through.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Limits: Send + Sync {
    /// Counts one request now, unless the quota is used up. MUST be one atomic step per set, class and key; a rejected
    /// request MUST cost nothing.
    async fn acquire(
        &self,
        set: LimitSet,
        class: LimitClass,
        key: LimitKey,
    ) -> Result<Option<Decision>, StoreError>;

    /// Returns the state that [`acquire`](Self::acquire) would find. MUST NOT count a request.
    async fn peek(
        &self,
        set: LimitSet,
        class: LimitClass,
        key: LimitKey,
    ) -> Result<Option<Decision>, StoreError>;
}
