//! The system's clock.

use domain::{Clock, Timestamp};
use time::OffsetDateTime;

/// Tells the time of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the ambient clock is read")]
    fn now(&self) -> Timestamp {
        let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000;
        // Out of range only on a machine whose clock is thousands of years off; then the first moment there is.
        i64::try_from(now)
            .ok()
            .and_then(Timestamp::from_unix_micros)
            .or_else(|| Timestamp::from_unix_micros(0))
            .unwrap_or_else(|| unreachable!("1970 is a moment"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_moment_after_this_was_written() {
        assert!(SystemClock.now().unix_micros() > 1_760_000_000_000_000);
    }
}
