//! The outcome of a run: latencies and errors of each route and of each action on a connection.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use super::route::Route;

/// The longest latency that is recorded; longer ones count as this one.
const LONGEST: u64 = 600_000_000;

/// A line of the report.
#[derive(Debug)]
struct Row {
    /// Latencies in microseconds.
    latencies: Histogram<u64>,
    /// Answers that asked to come again.
    repeats: u64,
    errors: u64,
    first_error: Option<String>,
}

impl Default for Row {
    fn default() -> Self {
        let latencies = Histogram::new_with_bounds(1, LONGEST, 3);
        // Constant bounds are valid or not on every run: the tests below make one.
        let latencies = latencies.unwrap_or_else(|_| unreachable!("the bounds are valid"));
        Self { latencies, repeats: 0, errors: 0, first_error: None }
    }
}

impl Row {
    /// Returns the latency that this share of the requests did not exceed.
    fn quantile(&self, share: f64) -> Duration {
        Duration::from_micros(self.latencies.value_at_quantile(share))
    }
}

/// Latencies and errors by route or action.
#[derive(Debug, Default)]
pub struct Report {
    rows: BTreeMap<String, Row>,
    undriven: Vec<String>,
}

impl Report {
    /// Returns what is wrong: errors, routes that were not driven and, where there is a bar, rows whose p99 is above it or
    /// that were too busy at times. Without a bar the machine may have other work.
    #[must_use]
    pub fn failures(&self, bar: Option<Duration>) -> Vec<String> {
        let undriven = self.undriven.iter().map(|route| format!("{route} was not driven"));
        let errors = self.rows.iter().filter_map(|(name, row)| {
            let first = row.first_error.as_ref()?;
            Some(format!("{name}: {} errors, the first: {first}", row.errors))
        });
        let slow = self.rows.iter().filter_map(|(name, row)| {
            let p99 = row.quantile(0.99);
            bar.filter(|bar| p99 > *bar).map(|bar| format!("{name}: p99 is {p99:.1?}, above {bar:.0?}"))
        });
        let busy = self.rows.iter().filter(|(_, row)| bar.is_some() && row.repeats > 0);
        let busy = busy.map(|(name, row)| format!("{name}: {} answers of 503", row.repeats));
        undriven.chain(errors).chain(slow).chain(busy).collect()
    }

    /// Returns the report as a table.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = format!(
            "{:62} {:>7} {:>8} {:>8} {:>8} {:>6} {:>6}\n",
            "milliseconds from the time at which it was due", "count", "p50", "p95", "p99", "busy", "errors"
        );
        for (name, row) in &self.rows {
            let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| row.quantile(share).as_secs_f64() * 1e3);
            // Writing to a string does not fail.
            let _ = writeln!(
                table,
                "{name:62} {:7} {p50:8.1} {p95:8.1} {p99:8.1} {:6} {:6}",
                row.latencies.len(),
                row.repeats,
                row.errors
            );
        }
        table
    }

    /// Returns the report for programs, latencies in milliseconds.
    #[must_use]
    pub fn json(&self) -> Value {
        let rows = self.rows.iter().map(|(name, row)| {
            let [p50, p95, p99] =
                [0.5, 0.95, 0.99].map(|share| row.quantile(share).as_secs_f64() * 1e3);
            json!({"name": name, "count": row.latencies.len(), "p50": p50, "p95": p95, "p99": p99, "busy": row.repeats, "errors": row.errors})
        });
        json!({"rows": rows.collect::<Value>(), "undriven": self.undriven})
    }
}

/// A report while users add to it.
#[derive(Debug, Default)]
pub(super) struct Records(Mutex<BTreeMap<String, Row>>);

impl Records {
    /// Counts an action and its latency, or its error.
    pub(super) fn add(&self, name: &str, latency: Duration, outcome: anyhow::Result<()>) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let row = rows.entry(name.to_owned()).or_default();
        match outcome {
            Ok(()) => {
                row.latencies.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(LONGEST).max(1));
            }
            Err(error) => {
                row.errors += 1;
                row.first_error.get_or_insert_with(|| format!("{error:#}"));
            }
        }
    }

    /// Counts an answer that asked to come again.
    pub(super) fn repeat(&self, name: &str) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rows.entry(name.to_owned()).or_default().repeats += 1;
    }

    /// Ends the report. A route counts as driven once it has answered.
    pub(super) fn finish(&self, routes: &[Route]) -> Report {
        let rows = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let answered = |name: &String| rows.get(name).is_some_and(|row| !row.latencies.is_empty());
        let undriven = routes.iter().map(ToString::to_string).filter(|name| !answered(name)).collect();
        Report { rows, undriven }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    fn records() -> Records {
        let records = Records::default();
        for latency in 1..=100 {
            records.add("GET /a", Duration::from_millis(latency), Ok(()));
        }
        records
    }

    #[test]
    fn quantiles_are_of_the_latencies_of_a_row() {
        let report = records().finish(&[]);
        let json = report.json();
        assert_eq!(json["rows"][0]["count"], 100);
        for (share, expected) in [("p50", 50.0), ("p95", 95.0), ("p99", 99.0)] {
            let found = json["rows"][0][share].as_f64().unwrap();
            assert!((found - expected).abs() < 0.1, "{share}: {found}");
        }
        assert!(report.table().contains("GET /a"));
    }

    #[test]
    fn a_p99_above_the_bar_is_a_failure_and_one_at_the_bar_is_none() {
        let report = records().finish(&[]);
        assert_eq!(report.failures(Some(Duration::from_millis(100))), [""; 0]);
        assert_eq!(report.failures(Some(Duration::from_millis(90))).len(), 1);
        assert_eq!(report.failures(None), [""; 0]);
    }

    #[test]
    fn a_busy_server_is_a_failure_where_there_is_a_bar() {
        let records = records();
        records.repeat("GET /a");
        let report = records.finish(&[]);
        assert_eq!(report.failures(Some(Duration::from_secs(1))), ["GET /a: 1 answers of 503"]);
        assert_eq!(report.failures(None), [""; 0]);
    }

    #[test]
    fn errors_and_routes_that_did_not_answer_are_failures() {
        let records = records();
        records.add("GET /b", Duration::ZERO, Err(anyhow!("500")));
        records.add("GET /b", Duration::ZERO, Err(anyhow!("501")));
        let report = records.finish(&["/a", "/b", "/c"].map(|path| Route::new("GET", path)));
        let expected = ["GET /b was not driven", "GET /c was not driven", "GET /b: 2 errors, the first: 500"];
        assert_eq!(report.failures(None), expected);
    }
}
