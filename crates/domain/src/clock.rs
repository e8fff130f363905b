//! Time as a port and as a value.

use time::{Duration, OffsetDateTime, UtcOffset};

/// The microseconds of a second.
const MICROS: i64 = 1_000_000;

/// A point in time: UTC, in whole microseconds, the precision of every store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(OffsetDateTime::UNIX_EPOCH);

    /// Truncates `moment` to microseconds; `None` outside the years 0 to 9999 in UTC.
    #[must_use]
    pub fn new(moment: OffsetDateTime) -> Option<Self> {
        let utc = moment.checked_to_offset(UtcOffset::UTC).filter(|utc| utc.year() >= 0)?;
        utc.replace_microsecond(utc.microsecond()).ok().map(Self)
    }

    /// Returns the microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_micros(self) -> i64 {
        // Years 0 to 9999 span about 3.2e17 microseconds: well inside an i64.
        self.0.unix_timestamp() * MICROS + i64::from(self.0.microsecond())
    }

    /// The inverse of [`Self::unix_micros`]; `None` outside the years 0 to 9999.
    #[must_use]
    pub fn from_unix_micros(micros: i64) -> Option<Self> {
        let second = OffsetDateTime::from_unix_timestamp(micros.div_euclid(MICROS)).ok()?;
        let micro = u32::try_from(micros.rem_euclid(MICROS)).ok()?;
        second.replace_microsecond(micro).ok().filter(|moment| moment.year() >= 0).map(Self)
    }

    /// Returns this time plus `by`, capped at the largest valid time.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(by))
    }

    /// Returns the time as the `time` crate has it, in UTC.
    #[must_use]
    pub fn as_datetime(self) -> OffsetDateTime {
        self.0
    }
}

/// The current time.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Clock: Send + Sync {
    /// Returns the current time. MUST be wall-clock time, which may step back, where the result is kept or shown; code
    /// that needs an order uses `seq` or `revision`. For durations within a process it MAY be a clock that never steps.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn times_are_kept_in_microseconds_of_utc() {
        let moment = Timestamp::new(datetime!(2026-01-02 03:04:05.123456789 +02:00)).unwrap();
        assert_eq!(moment.as_datetime(), datetime!(2026-01-02 01:04:05.123456 UTC));
        assert_eq!(Timestamp::from_unix_micros(moment.unix_micros()), Some(moment));
        let before_1970 = Timestamp::new(datetime!(1969-12-31 23:59:59.999999 UTC)).unwrap();
        assert_eq!(before_1970.unix_micros(), -1);
        assert_eq!(Timestamp::from_unix_micros(-1), Some(before_1970));
    }

    #[test]
    fn times_outside_the_calendar_are_rejected() {
        assert_eq!(Timestamp::new(datetime!(9999-12-31 23:59:59 -23:59)), None);
        assert_eq!(Timestamp::new(datetime!(0000-01-01 00:00:00 +23:59)), None);
        for valid in [datetime!(0000-01-01 00:00:00 UTC), datetime!(9999-12-31 23:59:59.999999 UTC)] {
            let micros = Timestamp::new(valid).unwrap().unix_micros();
            assert_eq!(Timestamp::from_unix_micros(micros).map(Timestamp::as_datetime), Some(valid));
            let beyond = if micros < 0 { micros - 1 } else { micros + 1 };
            assert_eq!(Timestamp::from_unix_micros(beyond), None);
        }
    }

    #[test]
    fn before_1970_rounds_down_as_well() {
        let moment = Timestamp::new(datetime!(1969-12-31 23:59:59.999999999 UTC)).unwrap();
        assert_eq!(moment.unix_micros(), -1);
        assert_eq!(Timestamp::from_unix_micros(-1), Some(moment));
    }
}
