//! Rate limits of one process.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::limit::{Bucket, Decision, LimitClass, LimitKey, Limits, Quota};
use domain::{Clock, StoreError};
use moka::sync::Cache;

/// The most clients that are remembered; the least used are forgotten first, which lets them through again.
const CLIENTS: u64 = 200_000;

/// What each class may do; `None` is unlimited.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quotas {
    /// Logins and signups together.
    pub auth: Option<Quota>,
    /// Everything a signed-in user asks for.
    pub api: Option<Quota>,
    /// Everything the anonymous ask for.
    pub anonymous: Option<Quota>,
    /// Uploads.
    pub upload: Option<Quota>,
}

impl Quotas {
    fn of(&self, class: LimitClass) -> Option<Quota> {
        match class {
            LimitClass::Auth => self.auth,
            LimitClass::Api => self.api,
            LimitClass::Anonymous => self.anonymous,
            LimitClass::Upload => self.upload,
        }
    }

    fn longest(&self) -> Duration {
        let all = [self.auth, self.api, self.anonymous, self.upload];
        let longest = all.into_iter().flatten().map(Quota::period).max().unwrap_or_default();
        longest.unsigned_abs()
    }
}

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
    async fn take(&self, class: LimitClass, key: LimitKey) -> Result<Option<Decision>, StoreError> {
        Ok(self.with(class, key, |bucket, quota| bucket.take(quota, self.clock.now())))
    }

    async fn look(&self, class: LimitClass, key: LimitKey) -> Result<Option<Decision>, StoreError> {
        Ok(self.with(class, key, |bucket, quota| bucket.look(quota, self.clock.now())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{MockClock, Timestamp};

    fn limits(quota: &str) -> Arc<MemoryLimits> {
        let mut clock = MockClock::new();
        clock.expect_now().return_const(Timestamp::from_unix_micros(0).unwrap());
        let quotas = Quotas { auth: Some(quota.parse().unwrap()), ..Quotas::default() };
        Arc::new(MemoryLimits::new(quotas, Arc::new(clock)))
    }

    fn account(name: &str) -> LimitKey {
        LimitKey::Account(name.into())
    }

    #[tokio::test]
    async fn each_key_has_a_counter_of_its_own() {
        let limits = limits("1/1m");
        assert!(limits.take(LimitClass::Auth, account("a")).await.unwrap().unwrap().allowed);
        assert!(!limits.take(LimitClass::Auth, account("a")).await.unwrap().unwrap().allowed);
        assert!(limits.take(LimitClass::Auth, account("b")).await.unwrap().unwrap().allowed);
    }

    #[tokio::test]
    async fn a_class_without_a_quota_is_not_limited() {
        assert_eq!(limits("1/1m").take(LimitClass::Api, account("a")).await.unwrap(), None);
    }

    #[tokio::test]
    async fn looking_takes_nothing() {
        let limits = limits("1/1m");
        for _ in 0..3 {
            assert_eq!(limits.look(LimitClass::Auth, account("a")).await.unwrap().unwrap().remaining, 1);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_many_at_once_exactly_the_quota_goes_through() {
        let limits = limits("10/1m");
        let asked: Vec<_> = (0..100)
            .map(|_| {
                let limits = limits.clone();
                tokio::spawn(async move { limits.take(LimitClass::Auth, account("a")).await })
            })
            .collect();
        let mut allowed = 0;
        for answer in asked {
            allowed += u32::from(answer.await.unwrap().unwrap().unwrap().allowed);
        }
        assert_eq!(allowed, 10);
    }
}
