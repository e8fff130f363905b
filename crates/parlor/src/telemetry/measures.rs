//! Metrics: what is measured, as Prometheus is told, and how finely.

use anyhow::Context;
use metrics::{describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Collects metrics from now on.
pub(crate) fn start() -> anyhow::Result<PrometheusHandle> {
    let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];
    // A change that the bus lost is up to seconds late, and later while the database is away.
    let lags = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
    let sizes = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
    let receivers = [1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0, 16_384.0];
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &seconds)?
        .set_buckets_for_metric(Matcher::Suffix("_size".into()), &sizes)?
        .set_buckets_for_metric(Matcher::Full("parlor_delivery_lag_seconds".into()), &lags)?
        .set_buckets_for_metric(Matcher::Full("parlor_event_receivers".into()), &receivers)?
        .install_recorder()
        .context("metrics can't start")?;
    describe();
    Ok(recorder)
}

/// Says of each metric what it counts; `cargo test -p xtask` sees that none is left out.
fn describe() {
    describe_counter!("parlor_http_requests_total", "Requests answered.");
    describe_histogram!(
        "parlor_http_request_duration_seconds",
        "From a request's head to its answer's; of a socket, to its handshake's."
    );
    describe_gauge!("parlor_connections", "Sockets and streams of those who are signed in, by transport.");
    describe_gauge!("parlor_subscriptions", "Rooms that sockets listen to: each socket once for each room.");
    describe_gauge!("parlor_rooms_heard", "Rooms that somebody listens to on this replica.");
    describe_histogram!(
        "parlor_event_receivers",
        "Sockets that an event went to; the sum is that of deliveries, the count that of events."
    );
    describe_histogram!(
        "parlor_delivery_lag_seconds",
        "From a message's time (sent, edited or deleted), taken before its commit, to its last outbox here."
    );
    describe_counter!("parlor_resumes_total", "Subscribers that came back and named what they had.");
    describe_counter!(
        "parlor_replayed_events_total",
        "Changes read from the store for subscribers on their way in."
    );
    describe_gauge!("parlor_bus_up", "1 while this replica hears of the others through Redis, else 0.");
    describe_counter!("parlor_bus_dropped_total", "Events that the others were not told.");
    describe_counter!("parlor_bus_unread_total", "What came from Redis and made no sense.");
    describe_counter!("parlor_event_repairs_total", "Reads of changes that the bus had not brought.");
    describe_counter!("parlor_slow_readers_total", "Sockets cut off because they were too far behind.");
    describe_counter!(
        "parlor_remembered_total",
        "Sessions and memberships asked for, by whether they were remembered."
    );
    describe_gauge!("parlor_send_queue_length", "Messages that wait for a commit.");
    describe_histogram!("parlor_send_batch_size", "Messages that shared a commit.");
    describe_gauge!("parlor_look_queue_length", "Questions after rooms' revisions that wait for a look.");
    describe_histogram!("parlor_look_batch_size", "Questions after rooms' revisions that shared a look.");
    describe_gauge!("parlor_pool_connections", "Database connections, by what they do.");
    describe_counter!("parlor_spans_lost_total", "Spans that no collector took.");
    describe_gauge!("parlor_pool_waiting", "Who waits for a database connection.");
}
