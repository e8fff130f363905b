//! Rate limits of one process.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use domain::limit::{Bucket, Decision, LimitClass, LimitKey, LimitPolicy, LimitSet, Limits, Quota};
use domain::{Clock, StoreError};
use moka::sync::Cache;

/// The most clients that are remembered; the least used are forgotten first, which lets them through again.
const CLIENTS: u64 = 200_000;

/// Counts in memory, by the domain's own rule.
pub struct MemoryLimits {
    policy: LimitPolicy,
    clock: Arc<dyn Clock>,
    buckets: Cache<(LimitSet, LimitClass, LimitKey), Arc<Mutex<Bucket>>>,
}

impl MemoryLimits {
    /// Limits by the quotas of this policy.
    #[must_use]
    pub fn new(policy: LimitPolicy, clock: Arc<dyn Clock>) -> Self {
        // A client idle for the longest period owes nothing under any quota.
        let buckets = Cache::builder().max_capacity(CLIENTS).time_to_idle(policy.longest()).build();
        Self { policy, clock, buckets }
    }

    fn with<T>(
        &self,
        set: LimitSet,
        class: LimitClass,
        key: LimitKey,
        ask: impl FnOnce(&mut Bucket, Quota) -> T,
    ) -> Option<T> {
        let quota = self.policy.quota(set, class)?;
        let bucket =
            self.buckets.get_with((set, class, key), || Arc::new(Mutex::new(Bucket::new(self.clock.now()))));
        // A bucket is one moment, valid whatever a panicking holder did.
        let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        Some(ask(&mut bucket, quota))
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
