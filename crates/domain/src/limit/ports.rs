//! The port that counts requests.

use std::net::{IpAddr, Ipv6Addr};

use async_trait::async_trait;

use super::{Decision, LimitClass, LimitSet};
use crate::{StoreError, UserId};

/// The client or account that requests are counted for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LimitKey {
    /// A client address; for IPv6 its /64 network, which belongs to one customer.
    Address(IpAddr),
    /// A username or email address in lower case that has no account.
    Account(String),
    /// A user.
    User(UserId),
}

impl LimitKey {
    /// Returns the key of a client address.
    #[must_use]
    pub fn address(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
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

    /// Returns what [`acquire`](Self::acquire) would decide, and the state before it. MUST NOT count a request.
    async fn peek(
        &self,
        set: LimitSet,
        class: LimitClass,
        key: LimitKey,
    ) -> Result<Option<Decision>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_customer_is_a_network_and_a_mapped_address_is_ipv4() {
        for (address, key) in [("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), ("::ffff:1.2.3.4", "1.2.3.4")] {
            let key = LimitKey::Address(key.parse().unwrap());
            assert_eq!(LimitKey::address(address.parse().unwrap()), key);
        }
    }
}
