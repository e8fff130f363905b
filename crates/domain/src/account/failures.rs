//! Counting the failed attempts of an account, whatever was typed to name it.

use std::sync::Arc;

use crate::limit::{Decision, LimitClass, LimitKey, LimitSet, Limits};
use crate::{Ports, Refusal};

/// The result of an attempt to prove a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt<T> {
    /// `Err` where the password was wrong: [`Refusal::InvalidCredentials`], or [`Refusal::TooManyFailures`] where too
    /// many were.
    pub result: std::result::Result<T, Refusal>,
    /// The account's counter of failures; `None` where the password was right, or failures are not limited.
    pub failures: Option<Decision>,
}

/// Counts failures per account. A right password passes even where the counter is used up: otherwise a stranger who fails
/// often enough would keep the owner out.
pub(crate) struct Failures {
    pub(crate) limits: Arc<dyn Limits>,
}

impl Failures {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { limits: ports.limits.clone() }
    }

    /// Counts a failure against the account, and refuses the attempt.
    pub(crate) async fn wrong<T>(&self, account: LimitKey) -> Attempt<T> {
        // A counter that does not answer does not limit: better unlimited than closed.
        let failures =
            self.limits.acquire(LimitSet::API, LimitClass::Auth, account).await.unwrap_or_default();
        let refusal = match failures {
            Some(decision) if !decision.allowed => Refusal::TooManyFailures,
            _ => Refusal::InvalidCredentials,
        };
        Attempt { result: Err(refusal), failures }
    }
}

impl<T> Attempt<T> {
    /// The result of an attempt with the right password. It has nothing to do with the counter.
    pub(crate) fn right(value: T) -> Self {
        Self { result: Ok(value), failures: None }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use mockall::predicate::eq;
    use time::Duration;

    use super::*;
    use crate::StoreError;
    use crate::limit::MockLimits;

    /// A decision of a counter of five.
    pub(crate) fn decision(allowed: bool, remaining: u32) -> Decision {
        let retry_after = if allowed { Duration::ZERO } else { Duration::seconds(12) };
        Decision { allowed, limit: 5, remaining, reset: Duration::MINUTE, retry_after }
    }

    /// Expects one failure of the account to be counted.
    pub(crate) fn counting(account: LimitKey, outcome: Decision) -> Failures {
        let mut limits = MockLimits::new();
        let acquire =
            limits.expect_acquire().with(eq(LimitSet::API), eq(LimitClass::Auth), eq(account)).times(1);
        acquire.returning(move |_, _, _| Ok(Some(outcome)));
        Failures { limits: Arc::new(limits) }
    }

    /// Expects no attempt to reach the counter.
    pub(crate) fn untouched() -> Failures {
        Failures { limits: Arc::new(MockLimits::new()) }
    }

    fn account() -> LimitKey {
        LimitKey::Account("alice".to_owned())
    }

    #[tokio::test]
    async fn a_failure_counts_and_beyond_the_limit_it_is_one_too_many() {
        for (allowed, refusal) in [(true, Refusal::InvalidCredentials), (false, Refusal::TooManyFailures)] {
            let attempt: Attempt<()> = counting(account(), decision(allowed, 0)).wrong(account()).await;
            assert_eq!(attempt, Attempt { result: Err(refusal), failures: Some(decision(allowed, 0)) });
        }
    }

    #[tokio::test]
    async fn a_counter_that_does_not_answer_keeps_nobody_out() {
        let mut limits = MockLimits::new();
        let away = || StoreError::Unavailable("away".to_owned());
        limits.expect_acquire().times(1).returning(move |_, _, _| Err(away()));
        let failures = Failures { limits: Arc::new(limits) };
        assert_eq!(failures.wrong::<()>(account()).await.result, Err(Refusal::InvalidCredentials));
    }
}
