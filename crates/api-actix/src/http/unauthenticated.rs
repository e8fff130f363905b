//! The sockets that have not authenticated yet: how many of them each address may have, and for how long.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::limit::LimitKey;

use super::ApiError;

/// The most sockets of an address that have not authenticated, on all transports together.
pub(crate) const MOST_UNAUTHENTICATED: usize = 100;
/// The time within which a socket must authenticate.
pub(crate) const AUTHENTICATION_TIMEOUT: Duration = Duration::from_secs(10);

/// The number of such sockets of each address.
#[derive(Default, Clone)]
pub struct Unauthenticated(Arc<Mutex<HashMap<LimitKey, usize>>>);

impl Unauthenticated {
    /// Counts a socket until the returned value is dropped. `Err` is 429: the address has too many.
    pub(crate) fn admit(&self, address: LimitKey) -> Result<Admission, ApiError> {
        let mut counts = self.counts();
        let count = counts.entry(address.clone()).or_default();
        if *count >= MOST_UNAUTHENTICATED {
            return Err(ApiError::too_many_unauthenticated(AUTHENTICATION_TIMEOUT.as_secs()));
        }
        *count += 1;
        drop(counts);
        Ok(Admission { all: self.clone(), address })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<LimitKey, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A socket that has not authenticated yet.
pub(crate) struct Admission {
    all: Unauthenticated,
    address: LimitKey,
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut counts = self.all.counts();
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::http::ErrorCode;

    fn address(text: &str) -> LimitKey {
        LimitKey::Address(text.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn each_address_has_its_own_places_and_a_socket_that_ends_frees_one() {
        let all = Unauthenticated::default();
        let mut sockets: Vec<_> =
            (0..MOST_UNAUTHENTICATED).map(|_| all.admit(address("192.0.2.1")).unwrap()).collect();
        let refused = all.admit(address("192.0.2.1")).map(drop).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::RateLimited);
        let other = all.admit(address("192.0.2.2")).unwrap();
        sockets.pop();
        sockets.push(all.admit(address("192.0.2.1")).unwrap());
        drop((sockets, other));
        assert!(all.counts().is_empty(), "an address without sockets takes no memory");
    }
}
