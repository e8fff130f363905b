//! The metrics of live transports.

use std::time::{Duration, Instant};

use crate::receivers::Events;
use crate::socket::Socket;
use crate::support::Parlor;

/// Returns the value of a series, which is named as Prometheus writes it.
fn value<'a>(metrics: &'a str, series: &str) -> Option<&'a str> {
    metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
}

/// Polls until every series has its value, since no event follows a count; returns all metrics.
async fn wait_for(parlor: &Parlor, expected: &[(&str, &str)]) -> String {
    let begun = Instant::now();
    loop {
        let metrics = parlor.metrics().await;
        if expected.iter().all(|(series, expected)| value(&metrics, series) == Some(expected)) {
            return metrics;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{expected:?} in {metrics}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn connections_subscriptions_and_deliveries_are_counted() {
    let parlor = Parlor::start();
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let (one, two) = (alice.room("One", "public").await, alice.room("Two", "public").await);
    bob.join(&one).await;
    let mut alices = Socket::of(&parlor, &alice).await;
    // Joining again makes no second subscription.
    for room in [&one, &two, &two] {
        alices.join(room, None).await;
    }
    let mut bobs = Socket::of(&parlor, &bob).await;
    bobs.join(&one, None).await;
    let mut stream = Events::open(&bob, &format!("{one}/events"), None).await;
    let open = [
        ("parlor_connections{transport=\"websocket\"}", "2"),
        ("parlor_connections{transport=\"sse\"}", "1"),
        ("parlor_connections{transport=\"socketio\"}", "0"),
        ("parlor_rooms_heard", "2"),
        ("parlor_subscriptions", "4"),
        ("parlor_resumes_total", "0"),
        // One `member-added` each; only the first room had a receiver for it.
        ("parlor_event_receivers_count", "3"),
        ("parlor_event_receivers_sum", "1"),
        ("parlor_delivery_lag_seconds_count", "0"),
    ];
    wait_for(&parlor, &open).await;

    bob.get(&format!("{one}/messages")).await.expect(200);
    for content in ["a", "b", "c"] {
        bob.send(&one, content).await;
    }
    for _ in 0..3 {
        alices.until("new-message").await;
        bobs.until("new-message").await;
        assert_eq!(stream.next().await.unwrap()["action"], "new-message");
    }
    let delivered = [
        ("parlor_event_receivers_count", "6"),
        ("parlor_event_receivers_sum", "10"),
        ("parlor_event_receivers_bucket{le=\"1\"}", "3"),
        ("parlor_delivery_lag_seconds_count", "3"),
        ("parlor_delivery_lag_seconds_bucket{le=\"30\"}", "3"),
    ];
    let metrics = wait_for(&parlor, &delivered).await;
    let more = |series: &str| value(&metrics, series).unwrap().parse::<f64>().unwrap() > 0.0;
    assert!(more("parlor_delivery_lag_seconds_sum"), "{metrics}");
    assert!(more("parlor_remembered_total{of=\"session\",result=\"hit\"}"), "{metrics}");
    assert!(more("parlor_remembered_total{of=\"session\",result=\"miss\"}"), "{metrics}");
    assert!(more("parlor_remembered_total{of=\"membership\",result=\"miss\"}"), "{metrics}");

    // The replay has two members and three messages.
    let mut late = Socket::of(&parlor, &alice).await;
    late.join(&one, Some(0)).await;
    late.until("caught-up").await;
    wait_for(&parlor, &[("parlor_resumes_total", "1"), ("parlor_replayed_events_total", "5")]).await;

    drop((alices, bobs, late));
    let gone = [
        ("parlor_connections{transport=\"websocket\"}", "0"),
        ("parlor_connections{transport=\"sse\"}", "1"),
        ("parlor_subscriptions", "1"),
        ("parlor_rooms_heard", "1"),
    ];
    wait_for(&parlor, &gone).await;
}

#[tokio::test]
async fn socket_io_clients_that_disconnect_at_once_are_not_counted_for_long() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let hello = format!(r#"40{{"token":"{}"}}"#, alice.token());
    for _ in 0..100 {
        let (mut socket, _) = Socket::at(&parlor, "/socket.io/?EIO=4&transport=websocket", &[]).await;
        socket.text(hello.clone()).await;
    }
    // None of them is counted for long.
    wait_for(&parlor, &[(r#"parlor_connections{transport="socketio"}"#, "0")]).await;
}
