//! Rate limits within one process.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use domain::limit::{Bucket, Decision, LimitClass, LimitKey, LimitPolicy, LimitSet, Limits, Quota};
use domain::{Clock, StoreError};
use moka::sync::Cache;

/// Buckets that are kept. The least recently used ones are evicted first, which resets the limits of their clients.
const CAPACITY: u64 = 200_000;

/// Counts requests in memory, by the algorithm of the domain.
pub struct MemoryLimits {
    policy: LimitPolicy,
    clock: Arc<dyn Clock>,
    buckets: Cache<(LimitSet, LimitClass, LimitKey), Arc<Mutex<Bucket>>>,
}

impl MemoryLimits {
    /// Creates limits with the quotas of a policy.
    #[must_use]
    pub fn new(policy: LimitPolicy, clock: Arc<dyn Clock>) -> Self {
        // A client that is idle for the longest period has no debt under any quota.
        let buckets = Cache::builder().max_capacity(CAPACITY).time_to_idle(policy.longest()).build();
        Self { policy, clock, buckets }
    }

    /// Applies the function to the bucket of a client; `None` where the class is not limited.
    fn with<T>(
        &self,
        set: LimitSet,
        class: LimitClass,
        key: LimitKey,
        apply: impl FnOnce(&mut Bucket, Quota) -> T,
    ) -> Option<T> {
        let quota = self.policy.quota(set, class)?;
        let bucket =
            self.buckets.get_with((set, class, key), || Arc::new(Mutex::new(Bucket::new(self.clock.now()))));
        // A bucket is a single timestamp, which is valid even if a holder of the lock panicked.
        let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        Some(apply(&mut bucket, quota))
    }
}

#[async_trait]
impl Limits for MemoryLimits {
    async fn acquire(
        &self,
        set: LimitSet,
        class: LimitClass,
        key: LimitKey,
    ) -> Result<Option<Decision>, StoreError> {
        Ok(self.with(set, class, key, |bucket, quota| bucket.acquire(quota, self.clock.now())))
    }

    async fn peek(
        &self,
        set: LimitSet,
        class: LimitClass,
        key: LimitKey,
    ) -> Result<Option<Decision>, StoreError> {
        Ok(self.with(set, class, key, |bucket, quota| bucket.peek(quota, self.clock.now())))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use domain::Timestamp;
    use domain::limit::Quotas;

    use super::*;

    /// A clock that shows these microseconds.
    struct Hands(AtomicI64);

    impl Clock for Hands {
        fn now(&self) -> Timestamp {
            Timestamp::from_unix_micros(self.0.load(Ordering::SeqCst)).unwrap()
        }
    }

    #[tokio::test]
    async fn a_clock_that_is_set_back_by_an_hour_costs_at_most_the_period() {
        const MINUTE: i64 = 60_000_000;
        let clock = Arc::new(Hands(AtomicI64::new(100 * MINUTE)));
        let quota: Quota = "1/1m".parse().unwrap();
        let quotas = Quotas { api: Some(quota), ..Quotas::default() };
        let limits = MemoryLimits::new(quotas.into(), clock.clone());
        let key = || LimitKey::Account("alice".into());
        let acquire = || limits.acquire(LimitSet::API, LimitClass::Api, key());
        assert!(acquire().await.unwrap().unwrap().allowed);
        clock.0.store(40 * MINUTE, Ordering::SeqCst);
        let refused = acquire().await.unwrap().unwrap();
        assert!(!refused.allowed && refused.retry_after <= quota.period());
        clock.0.store(41 * MINUTE, Ordering::SeqCst);
        assert!(acquire().await.unwrap().unwrap().allowed);
    }
}
