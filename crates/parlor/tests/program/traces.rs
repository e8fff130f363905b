//! Traces: the spans that a collector receives, and collectors that hang or are away.

use std::io::Read;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::trace::v1::Span;
use parlor_client::NewRoom;
use reqwest::Client;
use serde_json::{Value, json};

use super::collector::{Collector, attribute};
use super::{parlor, serve, signal, text};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";
/// More than a mebibyte of standard error would be a runaway log.
const LOG: u64 = 1 << 20;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Signs `alice` up and in; returns her token and the id of a room of hers.
async fn sign_up(address: &str) -> (String, String) {
    let anonymous = parlor_client::Client::new(&format!("http://{address}")).unwrap();
    anonymous.sign_up("alice", "a@example.com", "s3cret-of-alice").await.unwrap();
    let alice = anonymous.sign_in("alice", "s3cret-of-alice").await.unwrap();
    let room = alice.create_room(&NewRoom::public("Chat")).await.unwrap();
    (alice.token().unwrap(), room.id.to_string())
}

/// Returns the span of that name below its parent.
fn child<'a>(spans: &'a [Span], parent: &Span, name: &str) -> &'a Span {
    let child = spans.iter().find(|span| span.parent_span_id == parent.span_id && span.name == name);
    assert!(child.is_some(), "no {name} below {}", parent.name);
    let child = child.unwrap();
    assert_eq!(child.trace_id, parent.trace_id);
    child
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_is_traced_from_its_caller_to_its_commit_and_names_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start().await;
    let traced = [("PARLOR_OTLP_URL", collector.url.as_str()), ("PARLOR_LOG", "info")];
    let (mut server, address) = serve(parlor(&folder).envs(traced));
    let (token, room) = sign_up(&address).await;
    let sent = Client::new()
        .post(format!("http://{address}/api/rooms/{room}/messages"))
        .header("traceparent", format!("00-{TRACE}-{CALLER}-01"))
        .header("x-request-id", "the-request")
        .bearer_auth(&token)
        .json(&json!({"content": "s3cret words"}));
    assert_eq!(sent.send().await.unwrap().status(), 201);
    let refused = Client::new().get(format!("http://{address}/api/rooms?token=s3cret-of-the-query"));
    assert_eq!(refused.send().await.unwrap().status(), 400);
    let anonymous = parlor_client::Client::new(&format!("http://{address}")).unwrap();
    let chat = format!("/chat?token={token}");
    let (mut socket, _) = parlor_client::Socket::open_at(&anonymous, &chat, &[]).await.unwrap();
    let frame = json!({"action": "send-message", "roomId": room, "message": "s3cret words", "ref": 1});
    socket.send(&frame).await.unwrap();
    socket.next().await.unwrap();

    // The remaining spans are sent when the server ends.
    signal(&server, "-TERM");
    assert_eq!(server.wait().unwrap().code(), Some(0));
    let spans = collector.spans();
    let request =
        spans.iter().find(|span| hex(&span.trace_id) == TRACE && hex(&span.parent_span_id) == CALLER);
    let request = request.expect("the caller's request is traced");
    assert_eq!((request.name.as_str(), request.kind), ("POST /api/rooms/{id}/messages", 2));
    let [method, status, id] = ["http.request.method", "http.response.status_code", "request_id"]
        .map(|name| attribute(request, name));
    let expected = ["POST", "201", "the-request"].map(|text| Some(text.to_owned()));
    assert_eq!([method, status, id], expected);
    assert!(attribute(request, "user.id").is_some());
    let commit = child(&spans, child(&spans, request, "write"), "commit");
    assert_eq!(attribute(commit, "batch.size").as_deref(), Some("1"));

    let frame = spans.iter().find(|span| span.name == "socket send").expect("a frame is traced");
    assert_eq!((attribute(frame, "room.id"), frame.parent_span_id.len()), (Some(room), 0));
    assert_eq!(attribute(frame, "user.id"), attribute(request, "user.id"));
    child(&spans, child(&spans, frame, "write"), "commit");

    let bodies = collector.bodies().concat();
    for secret in ["s3cret", token.as_str()] {
        assert!(!bodies.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "{secret}");
    }
    // Lines of the log name their request and their trace.
    let mut log = Vec::new();
    server.stderr.take().unwrap().take(LOG).read_to_end(&mut log).unwrap();
    let lines = text(&log);
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let line = lines.into_iter().find(|line| line["span"]["request_id"] == "the-request").unwrap();
    assert_eq!((&line["fields"]["message"], &line["span"]["trace_id"]), (&json!("answered"), &json!(TRACE)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_line_names_its_request_without_traces_too() {
    let folder = tempfile::tempdir().unwrap();
    // Requests themselves are not logged then.
    let (mut server, address) = serve(parlor(&folder).env("PARLOR_LOG", "off,api_actix::http::origin=info"));
    let request = Client::new().get(format!("http://{address}/chat"));
    let answer = request.header("origin", "https://elsewhere.example").header("x-request-id", "mine").send();
    assert_eq!(answer.await.unwrap().status(), 403);
    signal(&server, "-TERM");
    server.wait().unwrap();
    let mut log = Vec::new();
    server.stderr.take().unwrap().take(LOG).read_to_end(&mut log).unwrap();
    let line: Value = serde_json::from_slice(&log).unwrap();
    assert_eq!(line["span"], json!({"name": "request", "request_id": "mine"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_hangs_or_is_away_delays_neither_requests_nor_shutdown() {
    let hangs = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let hanging = format!("http://{}", hangs.local_addr().unwrap());
    for (collector, is_away) in [(hanging.as_str(), false), ("http://127.0.0.1:1", true)] {
        let folder = tempfile::tempdir().unwrap();
        // So short a queue that spans are dropped.
        let tight = [("OTEL_BSP_MAX_QUEUE_SIZE", "4"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")];
        let traced =
            [("PARLOR_OTLP_URL", collector), ("PARLOR_LOG", "warn"), ("OTEL_BSP_SCHEDULE_DELAY", "10")];
        let (mut server, address) = serve(parlor(&folder).envs(traced).envs(tight));
        let client = Client::new();
        let begun = Instant::now();
        for _ in 0..100 {
            let answer = client.get(format!("http://{address}/health")).send().await.unwrap();
            assert_eq!(answer.status(), 200);
        }
        assert!(begun.elapsed() < Duration::from_secs(3), "a hundred requests took {:?}", begun.elapsed());
        let lost = async || {
            let metrics = client.get(format!("http://{address}/metrics")).send().await.unwrap();
            metrics.text().await.unwrap().contains("\nparlor_spans_lost_total ")
        };
        while is_away && !lost().await {
            assert!(begun.elapsed() < Duration::from_secs(20), "nothing was counted as lost");
        }
        let ending = Instant::now();
        signal(&server, "-TERM");
        assert_eq!(server.wait().unwrap().code(), Some(0));
        assert!(ending.elapsed() < Duration::from_secs(10), "the end took {:?}", ending.elapsed());
        let mut log = Vec::new();
        server.stderr.take().unwrap().take(LOG).read_to_end(&mut log).unwrap();
        let reports = text(&log).matches("the collector does not accept traces").count();
        assert!(reports <= 1 && (reports == 1 || !is_away), "{}", text(&log));
        let dropped = text(&log).matches("due to queue full").count();
        assert!(dropped <= 1 && (dropped == 1 || is_away), "{}", text(&log));
    }
}
