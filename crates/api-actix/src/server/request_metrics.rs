//! The metrics of requests. Their handles are kept, because a macro of `metrics` looks its metric up by name each time it is used.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use metrics::{Counter, Histogram};

thread_local! {
    /// Those of this thread, by method, route and status. Their number is bounded: each of the three is one of few.
    static KNOWN: RefCell<HashMap<(&'static str, &'static str, u16), Handles>> = RefCell::default();
}

struct Handles {
    requests: Counter,
    duration: Histogram,
}

impl Handles {
    fn new(method: &'static str, route: &'static str, status: u16) -> Self {
        Self {
            requests: metrics::counter!("parlor_http_requests_total",
                "method" => method, "route" => route, "status" => status.to_string()),
            duration: metrics::histogram!("parlor_http_request_duration_seconds", "method" => method, "route" => route),
        }
    }
}

/// Records a request that was answered.
pub(super) fn record(method: &'static str, route: &'static str, status: u16, took: Duration) {
    KNOWN.with_borrow_mut(|known| {
        let handles =
            known.entry((method, route, status)).or_insert_with(|| Handles::new(method, route, status));
        handles.requests.increment(1);
        handles.duration.record(took.as_secs_f64());
    });
}

/// Counts what is no request, and was refused.
pub(super) fn refused(status: u16) {
    metrics::counter!("parlor_http_requests_total",
        "method" => "other", "route" => "none", "status" => status.to_string())
    .increment(1);
}
