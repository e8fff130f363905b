//! The system clock.

use domain::{Clock, Timestamp};
use time::OffsetDateTime;

/// Reads the clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system clock")]
    fn now(&self) -> Timestamp {
        let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000;
        // Out of range only where the clock is thousands of years off: then the Unix epoch.
        i64::try_from(now)
            .ok()
            .and_then(Timestamp::from_unix_micros)
            .or_else(|| Timestamp::from_unix_micros(0))
            .unwrap_or_else(|| unreachable!("the Unix epoch is a valid timestamp"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_after_2025_09() {
        assert!(SystemClock.now().unix_micros() > 1_760_000_000_000_000);
    }
}
