//! The generic cell rate algorithm (GCRA): a quota such as 5 a minute lets 5 requests pass at once, then one every 12
//! seconds. The state of a client is a single timestamp.

use std::num::NonZeroU32;
use std::str::FromStr;

use time::Duration;

use crate::Timestamp;

/// A number of requests in a period of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    count: NonZeroU32,
    period: Duration,
}

/// The error of a text that is no quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be `<count>/<n>` and s, m, h or d, such as 5/1m or 100/15m")]
pub struct QuotaError;

impl FromStr for Quota {
    type Err = QuotaError;

    fn from_str(text: &str) -> Result<Self, QuotaError> {
        let (count, period) = text.split_once('/').ok_or(QuotaError)?;
        let count = count.parse().map_err(|_| QuotaError)?;
        let unit = match period.chars().last() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3_600,
            Some('d') => 86_400,
            _ => return Err(QuotaError),
        };
        let units: u32 = period[..period.len() - 1].parse().map_err(|_| QuotaError)?;
        // A year is long enough, and keeps all sums far from overflow.
        let seconds = i64::from(units) * unit;
        if !(1..=366 * 86_400).contains(&seconds) {
            return Err(QuotaError);
        }
        Ok(Self { count, period: Duration::seconds(seconds) })
    }
}

impl Quota {
    /// A quota of `count` requests in `period`, which must be positive.
    #[must_use]
    pub fn new(count: NonZeroU32, period: Duration) -> Self {
        Self { count, period }
    }

    /// Returns the number of requests that pass at once.
    #[must_use]
    pub fn limit(self) -> u32 {
        self.count.get()
    }

    /// Returns the period, after which an idle client has all requests back.
    #[must_use]
    pub fn period(self) -> Duration {
        self.period
    }

    /// Returns the time after which one request is given back, in whole microseconds.
    #[must_use]
    pub fn interval(self) -> Duration {
        let micros = self.period.whole_microseconds() / i128::from(self.count.get());
        Duration::microseconds(i64::try_from(micros).unwrap_or(i64::MAX).max(1))
    }

    /// Decides about a request while `debt` is owed. A rejected request costs nothing; after an allowed one, `reset`
    /// is owed.
    #[must_use]
    pub fn acquire(self, debt: Duration) -> Decision {
        let before = self.peek(debt);
        if !before.allowed {
            return before;
        }
        Decision { allowed: true, retry_after: Duration::ZERO, ..self.peek(debt + self.interval()) }
    }

    /// Returns what [`acquire`](Self::acquire) would decide while `debt` is owed, and the state before it.
    #[must_use]
    pub fn peek(self, debt: Duration) -> Decision {
        let free = (self.period - debt).max(Duration::ZERO);
        let remaining = free.whole_microseconds() / self.interval().whole_microseconds();
        // Rounding: `count` intervals may be some microseconds short of the period, never longer.
        let excess = debt + self.interval() - self.period;
        Decision {
            allowed: excess <= Duration::ZERO,
            limit: self.limit(),
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX).min(self.limit()),
            reset: debt,
            retry_after: excess.max(Duration::ZERO),
        }
    }

    /// Returns a debt that was read from a clock, without the part that no client can owe: where the clock has stepped
    /// back, a client waits for one period at most.
    #[must_use]
    pub fn clamp(self, debt: Duration) -> Duration {
        debt.clamp(Duration::ZERO, self.period)
    }
}

/// The state of one client under one quota: the time at which its debt is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    paid_at: Timestamp,
}

/// The decision about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// `true` where the request may proceed.
    pub allowed: bool,
    /// The number of requests that pass at once.
    pub limit: u32,
    /// The number of requests that would pass now.
    pub remaining: u32,
    /// The time until all of `limit` would pass.
    pub reset: Duration,
    /// The time until the next request passes; zero where this one was allowed.
    pub retry_after: Duration,
}

impl Bucket {
    /// The state of a new client.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self { paid_at: now }
    }

    /// Counts one request at `now`, unless the quota is used up. A rejected request costs nothing.
    pub fn acquire(&mut self, quota: Quota, now: Timestamp) -> Decision {
        let decision = quota.acquire(self.debt(quota, now));
        if decision.allowed {
            self.paid_at = now.plus(decision.reset);
        }
        decision
    }

    /// Returns the state at `now`, without counting a request.
    #[must_use]
    pub fn peek(&mut self, quota: Quota, now: Timestamp) -> Decision {
        quota.peek(self.debt(quota, now))
    }

    /// Returns what is owed at `now`, and forgives what a step of the clock has added: otherwise it would be owed for as
    /// long as the clock stepped back.
    fn debt(&mut self, quota: Quota, now: Timestamp) -> Duration {
        let debt = quota.clamp(self.paid_at.as_datetime() - now.as_datetime());
        self.paid_at = self.paid_at.min(now.plus(debt));
        debt
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;
    use proptest::prelude::*;

    fn quota(text: &str) -> Quota {
        text.parse().unwrap()
    }

    const SECOND: i64 = 1_000_000;

    #[test]
    fn a_quota_parses_as_count_per_period() {
        assert_eq!(quota("5/1m"), Quota::new(NonZeroU32::new(5).unwrap(), Duration::MINUTE));
        assert_eq!(quota("60/2h").period(), Duration::hours(2));
        for bad in [
            "",
            "5",
            "5/",
            "5/m",
            "0/1m",
            "5/0s",
            "-5/1m",
            "5/1w",
            "5/1",
            "99999999999/1s",
            "5/4294967295d",
            "5/1é",
        ] {
            assert!(bad.parse::<Quota>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_count_passes_at_once_and_then_one_request_per_interval() {
        let quota = quota("5/1m");
        let mut bucket = Bucket::new(at(0));
        for remaining in (0..5).rev() {
            let decision = bucket.acquire(quota, at(0));
            assert!(decision.allowed);
            assert_eq!(decision.remaining, remaining);
        }
        let refused = bucket.acquire(quota, at(0));
        assert!(!refused.allowed);
        assert_eq!(refused.retry_after, Duration::seconds(12));
        assert_eq!(refused.reset, Duration::MINUTE);
        assert!(!bucket.acquire(quota, at(12 * SECOND - 1)).allowed);
        assert!(bucket.acquire(quota, at(12 * SECOND)).allowed);
        assert!(!bucket.acquire(quota, at(12 * SECOND)).allowed);
    }

    #[test]
    fn peeking_costs_nothing() {
        let quota = quota("2/1s");
        let mut bucket = Bucket::new(at(0));
        bucket.acquire(quota, at(0));
        for _ in 0..3 {
            assert_eq!(bucket.peek(quota, at(0)).remaining, 1);
        }
    }

    #[test]
    fn a_clock_that_steps_back_makes_nobody_wait_longer_than_the_period() {
        let quota = quota("5/1m");
        let start = 7_200 * SECOND;
        for taken in 0..=5 {
            let mut bucket = Bucket::new(at(start));
            for _ in 0..taken {
                bucket.acquire(quota, at(start));
            }
            let stepped = start - 3_600 * SECOND;
            assert!(bucket.peek(quota, at(stepped)).retry_after <= Duration::seconds(12), "{taken}");
            assert!(bucket.peek(quota, at(stepped + 12 * SECOND)).allowed, "{taken}");
            assert_eq!(bucket.peek(quota, at(stepped + 60 * SECOND)).remaining, 5, "{taken}");
        }
    }

    #[test]
    fn peeking_tells_what_the_next_request_gets() {
        let quota = quota("1/10s");
        let mut bucket = Bucket::new(at(0));
        assert!(bucket.peek(quota, at(0)).allowed);
        bucket.acquire(quota, at(0));
        let seen = bucket.peek(quota, at(4 * SECOND));
        assert_eq!((seen.allowed, seen.retry_after), (false, Duration::seconds(6)));
        assert!(bucket.peek(quota, at(10 * SECOND)).allowed);
    }

    proptest! {
        #[test]
        fn at_most_twice_the_count_passes_in_a_period(
            count in 1u32..20,
            steps in prop::collection::vec(0i64..400_000, 1..200),
        ) {
            let quota = Quota::new(NonZeroU32::new(count).unwrap(), Duration::SECOND);
            let mut bucket = Bucket::new(at(0));
            let (mut now, mut passed) = (0, vec![]);
            for step in steps {
                now += step;
                let decision = bucket.acquire(quota, at(now));
                prop_assert_eq!(decision.allowed, decision.retry_after.is_zero());
                if decision.allowed {
                    passed.push(now);
                }
            }
            for start in &passed {
                let within = passed.iter().filter(|&t| t >= start && *t < start + SECOND).count();
                prop_assert!(within <= 2 * count as usize);
            }
        }
    }
}
