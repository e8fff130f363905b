//! Rate limits that all replicas share.

use std::sync::Arc;

use async_trait::async_trait;
use domain::StoreError;
use domain::limit::{Decision, LimitClass, LimitKey, LimitPolicy, LimitSet, Limits, Quota};
use redis::Script;
use sha2::{Digest, Sha256};
use time::Duration;

use crate::connection::{Redis, script};

/// Counts requests in Redis, by the algorithm of the domain: the script stores the debt, [`Quota`] interprets it.
pub struct RedisLimits {
    redis: Arc<Redis>,
    policy: LimitPolicy,
    fallback: Option<Arc<dyn Limits>>,
    script: Script,
}

impl RedisLimits {
    /// Creates limits with the quotas of a policy. While Redis is down `fallback` counts; with `None` every request is
    /// allowed.
    #[must_use]
    pub fn new(redis: Arc<Redis>, policy: LimitPolicy, fallback: Option<Arc<dyn Limits>>) -> Self {
        Self { redis, policy, fallback, script: script("", include_str!("lua/limits.lua")) }
    }

    /// Returns the debt of a client before this request, and adds the request to it if `acquire` is set. `None` while Redis
    /// is down.
    async fn debt(&self, key: String, quota: Quota, acquire: bool) -> Option<Duration> {
        let mut call = self.script.prepare_invoke();
        call.key(key).arg(micros(quota.interval())).arg(micros(quota.period()));
        let debt = self.redis.run(call.arg(i32::from(acquire))).await?;
        Some(Duration::microseconds(debt))
    }

    /// Decides about a request, and counts it if `acquire` is set. While Redis is down the fallback does.
    async fn decide(
        &self,
        set: LimitSet,
        class: LimitClass,
        key: LimitKey,
        acquire: bool,
    ) -> Result<Option<Decision>, StoreError> {
        let Some(quota) = self.policy.quota(set, class) else { return Ok(None) };
        if let Some(debt) = self.debt(counter_key(set, class, &key), quota, acquire).await {
            return Ok(Some(if acquire { quota.acquire(debt) } else { quota.peek(debt) }));
        }
        match &self.fallback {
            Some(fallback) if acquire => fallback.acquire(set, class, key).await,
            Some(fallback) => fallback.peek(set, class, key).await,
            None => Ok(None),
        }
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.whole_microseconds()).unwrap_or(i64::MAX)
}

/// Returns the key of a counter. Account names are hashed: users type them, so they may be long or secret.
fn counter_key(LimitSet(set): LimitSet, class: LimitClass, key: &LimitKey) -> String {
    let class = match class {
        LimitClass::Auth => "auth",
        LimitClass::Api => "api",
        LimitClass::Anonymous => "anonymous",
        LimitClass::Upload => "upload",
    };
    match key {
        LimitKey::Address(address) => format!("parlor:limit:{set}:{class}:address:{address}"),
        LimitKey::Account(account) => {
            let hash = domain::file::Digest(Sha256::digest(account).into());
            format!("parlor:limit:{set}:{class}:account:{hash}")
        }
        LimitKey::User(user) => format!("parlor:limit:{set}:{class}:user:{user}"),
    }
}

#[async_trait]
impl Limits for RedisLimits {
    async fn acquire(
        &self,
        set: LimitSet,
        class: LimitClass,
        key: LimitKey,
    ) -> Result<Option<Decision>, StoreError> {
        self.decide(set, class, key, true).await
    }

    async fn peek(
        &self,
        set: LimitSet,
        class: LimitClass,
        key: LimitKey,
    ) -> Result<Option<Decision>, StoreError> {
        self.decide(set, class, key, false).await
    }
}
