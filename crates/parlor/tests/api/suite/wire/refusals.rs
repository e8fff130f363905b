//! Answers that are made outside the handlers of routes: what is no request, wrong methods, encodings, handshakes, origins.

use super::raw::{Received, Wire};
use super::{Place, refused};

#[tokio::test]
async fn what_is_no_request_is_refused_in_the_common_shape() {
    let place = Place::new().await;
    let head = |rest: &str| format!("GET /api/rooms HTTP/1.1\r\nHost: parlor\r\n{rest}\r\n\r\n");
    let many = (0..300).map(|n| format!("X-{n}: {n}")).collect::<Vec<_>>().join("\r\n");
    for (bytes, status, code) in [
        ("hello\r\n\r\n".to_owned(), 400, "VALIDATION_FAILED"),
        ("BOGUS\r\n\r\n".to_owned(), 400, "VALIDATION_FAILED"),
        ("GET /a b c HTTP/1.1\r\n\r\n".to_owned(), 400, "VALIDATION_FAILED"),
        ("GET /api/rooms HTTP/9.9\r\n\r\n".to_owned(), 400, "VALIDATION_FAILED"),
        ("GET /api/rooms HTTP/1.1\r\n\r\n".to_owned(), 400, "VALIDATION_FAILED"),
        (head("no colon"), 400, "VALIDATION_FAILED"),
        (head("Content-Length: -1"), 400, "VALIDATION_FAILED"),
        (head("Content-Length: 5\r\nTransfer-Encoding: chunked"), 400, "VALIDATION_FAILED"),
        (head(&many), 431, "HEADERS_TOO_LARGE"),
        (head(&format!("X: {}", "x".repeat(300_000))), 431, "HEADERS_TOO_LARGE"),
    ] {
        let mut wire = Wire::connect(&place.parlor).await;
        wire.send(&bytes).await;
        refused(&wire.answer().await, status, code);
        assert!(wire.rest().await.is_empty(), "{bytes:.60}: the connection ends");
    }
}

#[tokio::test]
async fn a_client_that_accepts_no_encoding_at_all_reads_the_common_shape() {
    let place = Place::new().await;
    for accepted in ["identity;q=0", "*;q=0", "br, identity;q=0"] {
        let headers = format!("Accept-Encoding: {accepted}");
        for path in ["/api/rooms", "/health", "/nothing"] {
            let answer = place.exchange(&place.request(&format!("GET {path} HTTP/1.1"), &headers), b"").await;
            refused(&answer, 406, "NOT_ACCEPTABLE");
        }
        let line = "GET /dialects/envelope/api/rooms HTTP/1.1";
        let answer = place.exchange(&place.request(line, &headers), b"").await;
        assert_eq!((answer.status, &answer.json()["success"]), (406, &serde_json::json!(false)));
    }
    let gzip = place.request("GET /api/rooms HTTP/1.1", "Accept-Encoding: gzip, identity;q=0");
    assert_eq!(place.exchange(&gzip, b"").await.status, 200);
}

#[tokio::test]
async fn paths_outside_the_tables_answer_wrong_methods_as_those_within() {
    let place = Place::new().await;
    let paths = [
        "/",
        "/health",
        "/ready",
        "/metrics",
        "/docs",
        "/docs/",
        "/docs/index.css",
        "/assets/sdk/index.js",
        "/api/openapi.json",
        "/api/asyncapi.json",
        "/chat",
    ];
    for path in paths {
        for method in ["POST", "DELETE", "OPTIONS", "BREW"] {
            let answer = place.exchange(&place.request(&format!("{method} {path} HTTP/1.1"), ""), b"").await;
            refused(&answer, 405, "METHOD_NOT_ALLOWED");
            assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_path_where_nothing_is_answers_404_to_every_method() {
    let place = Place::new().await;
    for path in ["/nothing", "/api/nothing", "/docs/nothing.js", "/assets/nothing.js", "/assets"] {
        for method in ["GET", "POST", "DELETE", "OPTIONS", "BREW"] {
            let answer = place.exchange(&place.request(&format!("{method} {path} HTTP/1.1"), ""), b"").await;
            refused(&answer, 404, "NOT_FOUND");
        }
    }
}

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

/// Asks for a WebSocket and returns the head of the answer.
async fn handshake(place: &Place, line: &str, headers: &str) -> Received {
    let mut wire = Wire::connect(&place.parlor).await;
    wire.send(format!("{line}\r\n{headers}\r\nUpgrade: websocket\r\nConnection: upgrade\r\n{KEY}\r\n\r\n"))
        .await;
    wire.head().await
}

#[tokio::test]
async fn another_version_of_the_protocol_learns_the_version_of_the_server() {
    let place = Place::new().await;
    for path in ["/chat", "/dialects/actions/chat", "/socket.io/?EIO=4&transport=websocket"] {
        for version in ["8", "12", "14"] {
            let headers = format!("Host: parlor\r\nSec-WebSocket-Version: {version}");
            let answer = handshake(&place, &format!("GET {path} HTTP/1.1"), &headers).await;
            assert_eq!(answer.status, 400, "{path} {version}");
            assert_eq!(answer.header("sec-websocket-version"), Some("13"), "{path} {version}");
        }
    }
}

#[tokio::test]
async fn a_default_port_is_no_other_origin() {
    let settings = [("PARLOR_LIMITS", "off"), ("PARLOR_CORS_ORIGINS", "https://app.example")];
    let place = Place::with(&settings).await;
    for (host, origin, own) in [
        ("chat.example:443", "https://chat.example", true),
        ("chat.example", "https://chat.example:443", true),
        ("chat.example:80", "http://chat.example", true),
        ("chat.example", "https://app.example:443", true),
        ("chat.example:8443", "https://chat.example", false),
        ("chat.example:80", "https://chat.example", false),
    ] {
        let headers = format!("Host: {host}\r\nOrigin: {origin}\r\nSec-WebSocket-Version: 13");
        for path in ["/chat", "/socket.io/?EIO=4&transport=websocket"] {
            let answer = handshake(&place, &format!("GET {path} HTTP/1.1"), &headers).await;
            assert_eq!(answer.status, if own { 101 } else { 403 }, "{path} {origin} at {host}");
        }
        let preflight = format!(
            "OPTIONS /api/rooms HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: POST\r\n"
        );
        let answer = place.exchange(&preflight, b"").await;
        assert_eq!(answer.header("access-control-allow-origin"), own.then_some(origin), "{origin} at {host}");
    }
}

#[tokio::test]
async fn pages_may_send_every_header_of_the_contract_and_learn_which_they_may_not() {
    let place =
        Place::with(&[("PARLOR_LIMITS", "off"), ("PARLOR_CORS_ORIGINS", "https://app.example")]).await;
    let preflight = |headers: &str| {
        format!(
            "OPTIONS /api/rooms HTTP/1.1\r\nHost: parlor\r\nOrigin: https://app.example\r\n\
             Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: {headers}\r\n"
        )
    };
    let all = "authorization,content-type,idempotency-key,if-match,if-none-match,last-event-id,range,x-request-id,x-username,traceparent,tracestate,baggage";
    let answer = place.exchange(&preflight(all), b"").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    for name in all.split(',') {
        let allowed = answer.header("access-control-allow-headers").unwrap().to_lowercase();
        assert!(allowed.split(',').any(|known| known.trim() == name), "{name} in {allowed}");
        assert_eq!(place.exchange(&preflight(name), b"").await.status, 200, "{name}");
    }
    let answer = place.exchange(&preflight("traceparent, x-secret"), b"").await;
    refused(&answer, 403, "NOT_ALLOWED");
    assert!(
        answer.text().contains("x-secret") && !answer.text().contains("traceparent"),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn another_scheme_and_an_empty_token_are_no_token() {
    let place = Place::new().await;
    let anonymous = async |path: &str, headers: &str| {
        place.exchange(&format!("GET {path} HTTP/1.1\r\nHost: parlor\r\n{headers}"), b"").await
    };
    for headers in ["Authorization: Basic YTpi\r\n", "Authorization: Digest a=b\r\n", "Authorization: \r\n"] {
        assert_eq!(anonymous("/api/rooms", headers).await.status, 200, "{headers}");
        refused(&anonymous("/api/users/me", headers).await, 401, "UNAUTHENTICATED");
    }
    for headers in ["Authorization: Bearer\r\n", "Authorization: bearer x\r\n"] {
        refused(&anonymous("/api/rooms", headers).await, 401, "UNAUTHENTICATED");
    }
    let events = format!("/api/rooms/{}/events", place.room);
    let token = place.bob.token();
    refused(&anonymous(&format!("{events}?token="), "").await, 401, "UNAUTHENTICATED");
    // Beside an empty parameter, or one for a proxy, the good token counts.
    for (line, headers) in [
        (format!("GET {events}?token={token} HTTP/1.1"), "Authorization: Basic YTpi".to_owned()),
        (format!("GET {events}?token= HTTP/1.1"), format!("Authorization: Bearer {token}")),
    ] {
        let mut wire = Wire::connect(&place.parlor).await;
        wire.send(format!("{line}\r\nHost: parlor\r\n{headers}\r\n\r\n")).await;
        assert_eq!(wire.head().await.status, 200, "{line}");
    }
}
