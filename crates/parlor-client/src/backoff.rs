//! Waits between attempts: each up to twice as long as the one before, at random, so that many clients do not come back
//! at once.

use std::time::Duration;

/// A row of waits.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    attempts: u32,
}

impl Backoff {
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, attempts: 0 }
    }

    /// Returns the next wait: between half of the bound and the bound, which doubles up to the longest.
    pub(crate) fn next(&mut self) -> Duration {
        let bound = self.first.saturating_mul(2_u32.saturating_pow(self.attempts)).min(self.longest);
        self.attempts = self.attempts.saturating_add(1);
        bound.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// Returns the number of waits since the last success.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Starts over after a success.
    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_start_over_after_a_success() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        for bound in [100, 200, 400, 800, 1_000, 1_000] {
            let wait = backoff.next();
            assert!(wait >= Duration::from_millis(bound / 2) && wait <= Duration::from_millis(bound));
        }
        backoff.reset();
        assert!(backoff.next() <= Duration::from_millis(100));
        for _ in 0..100 {
            assert!(backoff.next() <= Duration::from_secs(1));
        }
    }
}
