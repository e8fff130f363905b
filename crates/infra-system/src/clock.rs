//! The system clock, and one that never steps.

use std::time::Instant;

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

/// Counts from the time at which it was made, and does not follow when the clock of the operating system is set: for
/// durations within one process.
#[derive(Debug, Clone, Copy)]
pub struct SteadyClock {
    started: Timestamp,
    running: Instant,
}

impl SteadyClock {
    /// Creates a clock that starts at the time of another.
    #[must_use]
    pub fn starting(clock: &dyn Clock) -> Self {
        Self { started: clock.now(), running: Instant::now() }
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        let micros = i64::try_from(self.running.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.started.plus(time::Duration::microseconds(micros))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_after_2025_09() {
        assert!(SystemClock.now().unix_micros() > 1_760_000_000_000_000);
    }

    #[test]
    fn a_steady_clock_goes_on_from_its_start() {
        struct Stopped;
        impl Clock for Stopped {
            fn now(&self) -> Timestamp {
                Timestamp::EPOCH
            }
        }
        let clock = SteadyClock::starting(&Stopped);
        let (first, second) = (clock.now(), clock.now());
        assert!(Timestamp::EPOCH <= first && first <= second);
        assert!(second < Timestamp::EPOCH.plus(time::Duration::HOUR), "it does not read the system clock");
    }
}
