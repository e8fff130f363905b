//! Section 1 of the contract: the conventions of every call.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{self, Parlor};

/// The fields that an error complains of, each as often as it does.
fn named(error: &Value) -> Vec<&str> {
    error["details"].as_array().unwrap().iter().map(|detail| detail["field"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn errors_before_and_after_routing_have_one_shape() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    alice.get("/api/nothing").await.error(404, "NOT_FOUND");
    alice.get("/nothing").await.error(404, "NOT_FOUND");
    let wrong = alice.delete("/api/rooms").await;
    assert_eq!(wrong.header("allow"), Some("GET, POST, HEAD"));
    wrong.error(405, "METHOD_NOT_ALLOWED");
    let raw = |body: &str, kind: &str| {
        alice.request(Method::POST, "/api/rooms").header("content-type", kind).body(body.to_owned())
    };
    support::send(raw("{\"name\":", "application/json")).await.error(400, "MALFORMED_JSON");
    support::send(raw("name=x", "text/plain")).await.error(415, "UNSUPPORTED_MEDIA_TYPE");
    let large = "x".repeat(10_000_000);
    support::send(raw(&large, "application/json")).await.error(413, "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn hostile_json_is_refused_field_by_field() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let deep = "[".repeat(20_000) + &"]".repeat(20_000);
    for value in [r#""\ud800abc""#, r#""a\u0000bc""#, "1180591620717411303424", "1e999", "null", &deep] {
        let body = format!("{{\"name\": {value}}}");
        let request =
            alice.request(Method::POST, "/api/rooms").header("content-type", "application/json").body(body);
        let error = support::send(request).await.error(400, "VALIDATION_FAILED");
        assert_eq!(error["details"][0]["field"], "name");
    }
    let often = r#"{"name": "a", "name": "abc", "name": 1, "typo": 1, "typo": 2}"#;
    let request =
        alice.request(Method::POST, "/api/rooms").header("content-type", "application/json").body(often);
    assert_eq!(named(&support::send(request).await.error(400, "VALIDATION_FAILED")), ["name", "typo"]);
}

#[tokio::test]
async fn a_valid_request_id_is_kept_and_an_invalid_one_replaced() {
    let parlor = Parlor::start();
    let request = |id: &str| parlor.anonymous().request(Method::GET, "/api/rooms").header("x-request-id", id);
    assert_eq!(support::send(request("my-id_1.2")).await.header("x-request-id"), Some("my-id_1.2"));
    assert_ne!(support::send(request("no good")).await.header("x-request-id"), Some("no good"));
}

#[tokio::test]
async fn unknown_parameters_are_rejected_in_the_api_and_ignored_elsewhere() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let room = alice.room("Cinema", "public").await;
    let rejected = [
        ("/api/rooms?limt=5&limit=x&=1".to_owned(), vec!["limit", "", "limt"]),
        ("/api/users/me?x=1".to_owned(), vec!["x"]),
        (format!("{room}/events?sinse=1"), vec!["sinse"]),
        (format!("{room}/messages?before=bad&typo=1"), vec!["before", "typo"]),
        (format!("/api/files/{}?token=x", alice.id), vec!["token"]),
    ];
    for (path, fields) in rejected {
        assert_eq!(named(&alice.get(&path).await.error(400, "VALIDATION_FAILED")), fields, "{path}");
    }
    let error = alice.post("/api/auth/refresh?x=1", json!({})).await.error(400, "VALIDATION_FAILED");
    assert_eq!(named(&error), ["x"]);
    for path in ["/health?x=1", "/api/openapi.json?x=1", "/dialects/envelope/api/rooms?x=1"] {
        alice.get(path).await.expect(200);
    }
}

#[tokio::test]
async fn the_description_names_the_origin_that_the_request_named() {
    let parlor = Parlor::start();
    let document = parlor.anonymous().get("/api/openapi.json").await.expect(200);
    assert_eq!(document["servers"][0]["url"], parlor.url);
    let elsewhere =
        parlor.anonymous().request(Method::GET, "/api/openapi.json").header("host", "chat.example:8080");
    let document = support::send(elsewhere).await.expect(200);
    assert_eq!(document["servers"][0]["url"], "http://chat.example:8080");
}

#[tokio::test]
async fn only_a_trusted_proxy_names_another_origin() {
    let trusting = Parlor::with(&[("PARLOR_TRUSTED_PROXIES", "127.0.0.1/32")]);
    for (parlor, url, socket) in [
        (&Parlor::start(), "http://parlor", ("ws", "parlor")),
        (&trusting, "https://chat.example", ("wss", "chat.example")),
    ] {
        let read = async |path: &str| {
            let request = parlor.anonymous().request(Method::GET, path).header("host", "parlor");
            let request =
                request.header("x-forwarded-host", "chat.example").header("x-forwarded-proto", "https");
            support::send(request).await.expect(200)
        };
        assert_eq!(read("/api/openapi.json").await["servers"][0]["url"], url);
        let described = &read("/api/asyncapi.json").await["servers"]["websocket"];
        assert_eq!((&described["protocol"], &described["host"]), (&json!(socket.0), &json!(socket.1)));
    }
}

#[tokio::test]
async fn a_bad_token_is_refused_even_where_none_is_needed() {
    let parlor = Parlor::start();
    let somebody = parlor.anonymous();
    somebody.get("/api/rooms").await.expect(200);
    somebody.with_token("nonsense").get("/api/rooms").await.error(401, "UNAUTHENTICATED");
    // Another scheme is for another server.
    let basic = parlor.anonymous().request(Method::GET, "/api/rooms").header("authorization", "Basic YTpi");
    support::send(basic).await.expect(200);
}

#[tokio::test]
async fn every_bad_id_parameter_header_and_field_is_named_in_one_answer() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let send = |key: &'static str, body| {
        let request = alice.request(Method::POST, "/api/rooms/x/messages").header("idempotency-key", key);
        async move { support::send(request.json(&body)).await.error(400, "VALIDATION_FAILED") }
    };
    let error = send("\u{e9}", json!({"content": "", "typo": 1})).await;
    assert_eq!(named(&error), ["id", "Idempotency-Key", "content", "typo"]);
    for (body, expected) in [
        (json!({"type": "image", "content": 5}), vec!["id", "content", "fileId"]),
        (json!({"content": "x".repeat(1_001), "fileId": alice.id}), vec!["id", "content", "fileId"]),
        (json!({"fileId": 5}), vec!["id", "fileId", "content"]),
        (json!({"type": "film"}), vec!["id", "type", "content"]),
        (json!({"type": "file", "clientId": ""}), vec!["id", "fileId", "clientId"]),
    ] {
        assert_eq!(named(&send("key", body.clone()).await), expected, "{body}");
    }
    let events = alice.request(Method::GET, "/api/rooms/x/events?since=-1").header("last-event-id", "x");
    let error = support::send(events).await.error(400, "VALIDATION_FAILED");
    assert_eq!(named(&error), ["id", "since", "Last-Event-ID"]);
}

#[tokio::test]
async fn operators_see_health_readiness_and_metrics() {
    let parlor = Parlor::start();
    parlor.anonymous().get("/health").await.expect(200);
    parlor.anonymous().get("/ready").await.expect(200);
    let metrics = parlor.metrics().await;
    assert!(
        metrics.contains("parlor_http_requests_total{method=\"GET\",route=\"/ready\",status=\"200\"} 1"),
        "{metrics}"
    );
}
