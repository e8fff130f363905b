//! What operators see of live transports in `/metrics`.

use std::time::{Duration, Instant};

use reqwest::Method;

use crate::receivers::Events;
use crate::socket::Socket;
use crate::support::Parlor;

/// A series, named as Prometheus writes it, in what `/metrics` says.
fn value<'a>(metrics: &'a str, series: &str) -> Option<&'a str> {
    metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
}

/// Asks until every series has its value, because nobody is told when something has been counted; answers everything.
async fn settled(parlor: &Parlor, expected: &[(&str, &str)]) -> String {
    let begun = Instant::now();
    loop {
        let request = parlor.anonymous().request(Method::GET, "/metrics");
        let metrics = request.send().await.unwrap().text().await.unwrap();
        if expected.iter().all(|(series, expected)| value(&metrics, series) == Some(expected)) {
            return metrics;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{expected:?} in {metrics}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn who_listens_where_is_counted_and_what_reaches_them() {
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
        // That each of them came, where only the first room had somebody to hear of it.
        ("parlor_event_receivers_count", "3"),
        ("parlor_event_receivers_sum", "1"),
        ("parlor_delivery_lag_seconds_count", "0"),
    ];
    settled(&parlor, &open).await;

    bob.get(&format!("{one}/messages")).await.expect(200);
    for words in ["a", "b", "c"] {
        bob.say(&one, words).await;
    }
    for _ in 0..3 {
        alices.until("new-message").await;
        bobs.until("new-message").await;
        assert_eq!(stream.next().await.unwrap()["action"], "new-message");
    }
    let told = [
        ("parlor_event_receivers_count", "6"),
        ("parlor_event_receivers_sum", "10"),
        ("parlor_event_receivers_bucket{le=\"1\"}", "3"),
        ("parlor_delivery_lag_seconds_count", "3"),
        ("parlor_delivery_lag_seconds_bucket{le=\"30\"}", "3"),
    ];
    let metrics = settled(&parlor, &told).await;
    let more = |series: &str| value(&metrics, series).unwrap().parse::<f64>().unwrap() > 0.0;
    assert!(more("parlor_delivery_lag_seconds_sum"), "{metrics}");
    assert!(more("parlor_remembered_total{of=\"session\",result=\"hit\"}"), "{metrics}");
    assert!(more("parlor_remembered_total{of=\"session\",result=\"miss\"}"), "{metrics}");
    assert!(more("parlor_remembered_total{of=\"membership\",result=\"miss\"}"), "{metrics}");

    // Who comes back is told of two members and three messages.
    let mut late = Socket::of(&parlor, &alice).await;
    late.join(&one, Some(0)).await;
    late.until("caught-up").await;
    settled(&parlor, &[("parlor_resumes_total", "1"), ("parlor_replayed_events_total", "5")]).await;

    drop((alices, bobs, late));
    let gone = [
        ("parlor_connections{transport=\"websocket\"}", "0"),
        ("parlor_connections{transport=\"sse\"}", "1"),
        ("parlor_subscriptions", "1"),
        ("parlor_rooms_heard", "1"),
    ];
    settled(&parlor, &gone).await;
}

#[tokio::test]
async fn clients_of_socket_io_that_go_as_soon_as_they_have_come_are_forgotten() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let hello = format!(r#"40{{"token":"{}"}}"#, alice.token.as_ref().unwrap());
    for _ in 0..100 {
        let (mut socket, _) = Socket::at(&parlor, "/socket.io/?EIO=4&transport=websocket", &[]).await;
        socket.text(hello.clone()).await;
    }
    // One more comes in: none of them is counted for long.
    settled(&parlor, &[(r#"parlor_connections{transport="socketio"}"#, "0")]).await;
}
