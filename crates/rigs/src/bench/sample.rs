//! A measurement: operations, the time and CPU time that they took, and their latencies.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use crate::process::{cpu, cpu_of_family};
use crate::subject::{Process, Subject};

/// The longest latency in microseconds that is recorded; longer ones count as this one.
const LONGEST: u64 = 60_000_000;

/// Returns an empty histogram of microseconds.
pub(crate) fn latencies() -> anyhow::Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, LONGEST, 3)?)
}

/// Adds a latency.
pub(crate) fn record(latencies: &mut Histogram<u64>, latency: Duration) {
    latencies.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(LONGEST).max(1));
}

/// The processes of a subject, watched since a moment.
pub(crate) struct Watch {
    server: Option<(u32, Duration)>,
    database: Option<(u32, Duration)>,
    begun: Instant,
}

impl Watch {
    pub(crate) fn begin(subject: &Subject) -> anyhow::Result<Self> {
        let server = subject.server.as_ref().map(Process::pid);
        Ok(Self {
            server: server.map(|pid| anyhow::Ok((pid, cpu(pid)?))).transpose()?,
            database: subject.database.map(|pid| anyhow::Ok((pid, cpu_of_family(pid)?))).transpose()?,
            begun: Instant::now(),
        })
    }

    /// Ends the watch after so many operations.
    pub(crate) fn end(&self, operations: u64, latencies: Option<&Histogram<u64>>) -> anyhow::Result<Sample> {
        let seconds = self.begun.elapsed().as_secs_f64();
        let count = f64::from(u32::try_from(operations)?);
        let each = |used: Duration| used.as_secs_f64() * 1e6 / count;
        let server =
            self.server.map(|(pid, before)| anyhow::Ok(cpu(pid)?.saturating_sub(before))).transpose()?;
        let database = self
            .database
            .map(|(pid, before)| anyhow::Ok(cpu_of_family(pid)?.saturating_sub(before)))
            .transpose()?;
        let quantile = |share: f64| {
            latencies.map(|found| Duration::from_micros(found.value_at_quantile(share)).as_secs_f64() * 1e3)
        };
        Ok(Sample {
            server: server.map(each),
            database: database.map(each),
            rate: count / seconds,
            p50: quantile(0.5),
            p99: quantile(0.99),
        })
    }
}

/// Microseconds of CPU for an operation, operations a second, and milliseconds of latency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sample {
    pub(crate) server: Option<f64>,
    pub(crate) database: Option<f64>,
    pub(crate) rate: f64,
    pub(crate) p50: Option<f64>,
    pub(crate) p99: Option<f64>,
}

impl Sample {
    /// Returns the CPU time of server and database together.
    pub(crate) fn total(&self) -> f64 {
        self.server.unwrap_or(0.0) + self.database.unwrap_or(0.0)
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "serverMicros": self.server, "databaseMicros": self.database, "perSecond": self.rate,
            "p50Millis": self.p50, "p99Millis": self.p99,
        })
    }

    /// Returns the median of each figure of some rounds; `None` of no rounds.
    pub(crate) fn median(rounds: &[Self]) -> Option<Self> {
        Some(Self {
            server: median(rounds.iter().filter_map(|round| round.server)),
            database: median(rounds.iter().filter_map(|round| round.database)),
            rate: median(rounds.iter().map(|round| round.rate))?,
            p50: median(rounds.iter().filter_map(|round| round.p50)),
            p99: median(rounds.iter().filter_map(|round| round.p99)),
        })
    }
}

/// Returns the median; of an even number of values the lower of the two in the middle.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_and_ignores_one_bad_round() {
        assert_eq!(median([3.0, 1.0, 900.0].into_iter()), Some(3.0));
        assert_eq!(median([2.0, 1.0].into_iter()), Some(1.0));
        assert_eq!(median(std::iter::empty()), None);
    }

    #[test]
    fn a_figure_that_a_subject_does_not_have_stays_absent() {
        let round = Sample { server: Some(2.0), database: None, rate: 10.0, p50: None, p99: Some(1.0) };
        assert_eq!(Sample::median(&[round, round]), Some(round));
        assert_eq!(Sample::median(&[]), None);
        assert!((round.total() - 2.0).abs() < f64::EPSILON);
    }
}
