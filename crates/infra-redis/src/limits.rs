//! Rate limits of all replicas together.

use std::sync::Arc;

use async_trait::async_trait;
use domain::StoreError;
use domain::limit::{Decision, LimitClass, LimitKey, LimitPolicy, LimitSet, Limits, Quota};
use redis::Script;
use sha2::{Digest, Sha256};
use time::Duration;

use crate::connection::{Redis, script};

/// Counts in Redis, by the domain's rule: the script keeps the debt, [`Quota`] says what it means.
pub struct RedisLimits {
    redis: Arc<Redis>,
    policy: LimitPolicy,
    without: Option<Arc<dyn Limits>>,
    script: Script,
}

impl RedisLimits {
    /// Limits by the quotas of this policy. While Redis is unavailable `without` counts; with `None` every request passes.
    #[must_use]
    pub fn new(redis: Arc<Redis>, policy: LimitPolicy, without: Option<Arc<dyn Limits>>) -> Self {
        Self { redis, policy, without, script: script("", include_str!("lua/limits.lua")) }
    }

    /// What the client owes, before a request that is counted where `take` says so.
    async fn debt(&self, name: String, quota: Quota, take: bool) -> Option<Duration> {
        let mut call = self.script.prepare_invoke();
        call.key(name).arg(micros(quota.interval())).arg(micros(quota.period()));
        let debt = self.redis.run(call.arg(i32::from(take))).await?;
        Some(Duration::microseconds(debt))
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.whole_microseconds()).unwrap_or(i64::MAX)
}

/// The counter's key. What people typed as a name is hashed: it may be of any length, and nobody else's business.
fn name(LimitSet(set): LimitSet, class: LimitClass, key: &LimitKey) -> String {
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
        let Some(quota) = self.policy.quota(set, class) else { return Ok(None) };
        match (self.debt(name(set, class, &key), quota, true).await, &self.without) {
            (Some(debt), _) => Ok(Some(quota.acquire(debt))),
            (None, Some(without)) => without.acquire(set, class, key).await,
            (None, None) => Ok(None),
        }
    }

    async fn peek(
        &self,
        set: LimitSet,
        class: LimitClass,
        key: LimitKey,
    ) -> Result<Option<Decision>, StoreError> {
        let Some(quota) = self.policy.quota(set, class) else { return Ok(None) };
        match (self.debt(name(set, class, &key), quota, false).await, &self.without) {
            (Some(debt), _) => Ok(Some(quota.peek(debt))),
            (None, Some(without)) => without.peek(set, class, key).await,
            (None, None) => Ok(None),
        }
    }
}
