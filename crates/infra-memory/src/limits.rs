//! Rate limits of one process.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use domain::limit::{Bucket, Decision, LimitClass, LimitKey, Limits, Quota, Quotas};
use domain::{Clock, StoreError};
use moka::sync::Cache;

/// The most clients that are remembered; the least used are forgotten first, which lets them through again.
const CLIENTS: u64 = 200_000;

/// Counts in memory, by the domain's own rule.
pub struct MemoryLimits {
    quotas: Quotas,
    clock: Arc<dyn Clock>,
    buckets: Cache<(LimitClass, LimitKey), Arc<Mutex<Bucket>>>,
}

impl MemoryLimits {
    /// Limits by these quotas.
    #[must_use]
    pub fn new(quotas: Quotas, clock: Arc<dyn Clock>) -> Self {
        // A client idle for the longest period owes nothing under any quota.
        let buckets = Cache::builder().max_capacity(CLIENTS).time_to_idle(quotas.longest()).build();
        Self { quotas, clock, buckets }
    }

    fn with<T>(
        &self,
        class: LimitClass,
        key: LimitKey,
        ask: impl FnOnce(&mut Bucket, Quota) -> T,
    ) -> Option<T> {
        let quota = self.quotas.of(class)?;
        let bucket =
            self.buckets.get_with((class, key), || Arc::new(Mutex::new(Bucket::new(self.clock.now()))));
        // A bucket is one moment, valid whatever a panicking holder did.
        let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        Some(ask(&mut bucket, quota))
    }
}

#[async_trait]
impl Limits for MemoryLimits {
    async fn acquire(&self, class: LimitClass, key: LimitKey) -> Result<Option<Decision>, StoreError> {
        Ok(self.with(class, key, |bucket, quota| bucket.acquire(quota, self.clock.now())))
    }

    async fn peek(&self, class: LimitClass, key: LimitKey) -> Result<Option<Decision>, StoreError> {
        Ok(self.with(class, key, |bucket, quota| bucket.peek(quota, self.clock.now())))
    }
}
