//! The metrics: their names, types and labels, and their buckets in Prometheus.

use anyhow::Context;
use metrics::{describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde_json::{Value, json};

/// Type of a metric.
#[derive(Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

use Kind::{Counter, Gauge, Histogram};

/// One row of the table.
struct Metric {
    name: &'static str,
    kind: Kind,
    labels: &'static [&'static str],
    help: &'static str,
}

const fn metric(
    name: &'static str,
    kind: Kind,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric { name, kind, labels, help }
}

/// Every metric. `cargo test -p xtask` compares it with those that the code records.
const METRICS: &[Metric] = &[
    metric(
        "parlor_http_requests_total",
        Counter,
        &["method", "route", "status"],
        "Requests that were answered.",
    ),
    metric(
        "parlor_http_request_duration_seconds",
        Histogram,
        &["method", "route"],
        "Time from a request's head to the head of its response; for a WebSocket, to the end of the handshake.",
    ),
    metric("parlor_connections", Gauge, &["transport"], "Open sockets and event streams of signed-in users."),
    metric("parlor_subscriptions", Gauge, &[], "Subscriptions of connections to rooms."),
    metric("parlor_rooms_heard", Gauge, &[], "Rooms with at least one subscriber on this replica."),
    metric(
        "parlor_event_receivers",
        Histogram,
        &[],
        "Connections that an event was delivered to; the sum is the number of deliveries.",
    ),
    metric(
        "parlor_delivery_lag_seconds",
        Histogram,
        &[],
        "Time from a message's timestamp (sent, edited or deleted; before its commit) to its last outbox on this replica.",
    ),
    metric("parlor_resumes_total", Counter, &[], "Subscriptions that resumed after a revision."),
    metric(
        "parlor_replayed_events_total",
        Counter,
        &[],
        "Changes read from the store for resuming subscribers.",
    ),
    metric(
        "parlor_bus_up",
        Gauge,
        &[],
        "1 while this replica receives the events of others through Redis, else 0.",
    ),
    metric("parlor_bus_dropped_total", Counter, &[], "Events that could not be published to other replicas."),
    metric("parlor_bus_unread_total", Counter, &[], "Messages from Redis that could not be decoded."),
    metric("parlor_event_repairs_total", Counter, &[], "Reads of changes that the bus did not deliver."),
    metric("parlor_slow_readers_total", Counter, &[], "Connections closed because they fell too far behind."),
    metric(
        "parlor_remembered_total",
        Counter,
        &["of", "result"],
        "Lookups of sessions and memberships in the cache.",
    ),
    metric("parlor_send_queue_length", Gauge, &[], "Messages that wait for a commit."),
    metric("parlor_send_batch_size", Histogram, &[], "Messages that shared a commit."),
    metric(
        "parlor_send_rooms_apart_total",
        Counter,
        &[],
        "Times that a locked, slow or damaged room had its messages committed apart from those of other rooms.",
    ),
    metric(
        "parlor_shared_read_queue_length",
        Gauge,
        &["of"],
        "Questions that wait for a read of revisions, standings or lists.",
    ),
    metric(
        "parlor_shared_read_batch_size",
        Histogram,
        &["of"],
        "Questions that shared a read of revisions, standings or lists.",
    ),
    metric(
        "parlor_pool_connections",
        Gauge,
        &["pool", "state"],
        "Database connections of each pool, idle and in use.",
    ),
    metric("parlor_pool_waiting", Gauge, &["pool"], "Tasks that wait for a database connection."),
    metric("parlor_spans_lost_total", Counter, &[], "Trace spans that the collector did not accept."),
];

/// Starts recording metrics.
pub(crate) fn start() -> anyhow::Result<PrometheusHandle> {
    // 0.2 is the bar of `ParlorSlow`: docs/performance.md.
    let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.5];
    // A change that the bus lost is up to seconds late, and later while the database is unavailable.
    let lags = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
    let sizes = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
    let receivers = [1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0, 16_384.0];
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &seconds)?
        .set_buckets_for_metric(Matcher::Suffix("_size".into()), &sizes)?
        .set_buckets_for_metric(Matcher::Full("parlor_delivery_lag_seconds".into()), &lags)?
        .set_buckets_for_metric(Matcher::Full("parlor_event_receivers".into()), &receivers)?
        .install_recorder()
        .context("can't start the metrics")?;
    for metric in METRICS {
        match metric.kind {
            Counter => describe_counter!(metric.name, metric.help),
            Gauge => describe_gauge!(metric.name, metric.help),
            Histogram => describe_histogram!(metric.name, metric.help),
        }
    }
    Ok(recorder)
}

/// Lists every metric, as JSON for programs or as lines for people.
pub(crate) fn list(as_json: bool) -> String {
    let kind = |metric: &Metric| match metric.kind {
        Counter => "counter",
        Gauge => "gauge",
        Histogram => "histogram",
    };
    if as_json {
        let metrics = METRICS.iter().map(|metric| {
            json!({"name": metric.name, "type": kind(metric), "help": metric.help, "labels": metric.labels})
        });
        return format!("{:#}\n", metrics.collect::<Value>());
    }
    let lines: Vec<_> = METRICS
        .iter()
        .map(|metric| format!("{} ({}): {}\n", metric.name, kind(metric), metric.help))
        .collect();
    lines.concat()
}
