//! The whole table of routes with HEAD, with an `Upgrade` that no path takes, by HTTP/1.0, and pipelined.

use super::raw::Wire;
use super::{Place, Route};

/// Streams have no end to wait for.
fn is_stream(route: &Route) -> bool {
    route.path.contains("/events")
}

/// Sockets take an upgrade.
fn takes_upgrades(route: &Route) -> bool {
    ["websocket", "socketio"].contains(&route.surface)
}

/// The envelope's way to log out is a GET.
fn ends_the_session(route: &Route) -> bool {
    route.path.ends_with("/logout")
}

#[tokio::test]
async fn head_answers_with_the_head_of_get_and_does_nothing_else() {
    let place = Place::new().await;
    let mut wire = Wire::connect(&place.parlor).await;
    for route in place.reads() {
        // Of each connection the second and third requests count: they would not be answered after a stream.
        let line = format!("HEAD {} HTTP/1.1", route.path);
        wire.send(place.request(&line, "") + "\r\n").await;
        let head = wire.head().await;
        wire.check_usable(&line).await;
        if ends_the_session(&route) {
            assert_eq!(head.status, 200, "{line}");
            continue;
        }
        let mut other = Wire::connect(&place.parlor).await;
        other.send(place.request(&format!("GET {} HTTP/1.1", route.path), "") + "\r\n").await;
        let get = other.head().await;
        // The walk of GET reads the history too; the order of the table keeps each HEAD before its GET.
        assert_eq!(head.status, get.status, "{line}: {}", get.head);
        if head.status == 200 {
            assert_eq!(head.header("content-type"), get.header("content-type"), "{line}");
            // Metrics grow with every request.
            if route.surface != "operations" {
                assert_eq!(head.header("content-length"), get.header("content-length"), "{line}");
            }
            assert_eq!(
                head.header("content-security-policy"),
                get.header("content-security-policy"),
                "{line}"
            );
        }
    }
}

#[tokio::test]
async fn every_write_names_the_unknown_fields_of_its_body() {
    let place = Place::new().await;
    let writes = place.routes().into_iter().filter(|route| route.surface == "api" && route.method != "GET");
    for route in writes.filter(|route| route.path != "/api/files") {
        let line = format!("{} {} HTTP/1.1", route.method, route.path);
        let answer = place.json(&line, "", r#"{"nonsense": 1}"#).await;
        super::refused(&answer, 400, "VALIDATION_FAILED");
        let named = answer.json()["details"].as_array().unwrap().iter().any(|bad| bad["field"] == "nonsense");
        assert!(named, "{line}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_body_without_fields_may_be_absent() {
    let place = Place::new().await;
    let line = format!("POST /api/rooms/{}/typing HTTP/1.1", place.room);
    for headers in ["", "Content-Type: application/json", "Content-Type: text/plain"] {
        assert_eq!(place.exchange(&place.request(&line, headers), b"").await.status, 204, "{headers}");
    }
    for (body, status, code) in [
        ("{}", 204, None),
        (" { } ", 204, None),
        ("[]", 400, Some("VALIDATION_FAILED")),
        ("{", 400, Some("MALFORMED_JSON")),
    ] {
        let answer = place.json(&line, "", body).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (status, code), "{body}");
    }
    super::refused(&place.json(&line, "Content-Type: text/plain", "{}").await, 415, "UNSUPPORTED_MEDIA_TYPE");
    let chunked = format!("{line}\r\nTransfer-Encoding: chunked");
    let mut wire = Wire::connect(&place.parlor).await;
    wire.send(place.request(&chunked, "") + "\r\n0\r\n\r\n").await;
    assert_eq!(wire.answer().await.status, 204, "no chunks are no body");
}

#[tokio::test]
async fn head_leaves_nothing_behind() {
    let place = Place::new().await;
    let before = place.unread().await;
    assert_eq!(before, 1);
    let mut wire = Wire::connect(&place.parlor).await;
    for _ in 0..3 {
        for route in place.reads() {
            wire.send(place.request(&format!("HEAD {} HTTP/1.1", route.path), "") + "\r\n").await;
            wire.head().await;
        }
    }
    let polling = "HEAD /socket.io/?EIO=4&transport=polling HTTP/1.1";
    wire.send(place.request(polling, "") + "\r\n").await;
    assert_eq!(wire.head().await.status, 200);
    wire.check_usable(polling).await;
    assert_eq!(place.unread().await, before, "HEAD marks nothing read");
    let metrics = place.parlor.metrics().await;
    for open in metrics.lines().filter(|line| line.starts_with("parlor_connections{")) {
        assert!(open.ends_with(" 0"), "{open}");
    }
}

#[tokio::test]
async fn an_upgrade_that_nobody_takes_changes_no_answer() {
    let place = Place::new().await;
    let upgrades = [
        "Upgrade: websocket\r\nConnection: upgrade",
        "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
    ];
    for upgrade in upgrades {
        let mut wire = Wire::connect(&place.parlor).await;
        for route in place
            .reads()
            .filter(|route| !is_stream(route) && !ends_the_session(route) && !takes_upgrades(route))
        {
            let line = format!("GET {} HTTP/1.1", route.path);
            let encoding = "Accept-Encoding: gzip";
            wire.send(place.request(&line, &format!("{encoding}\r\n{upgrade}")) + "\r\n").await;
            let upgraded = wire.answer().await;
            wire.check_usable(&format!("{line} with {upgrade}")).await;
            let plain = place.exchange(&place.request(&line, encoding), b"").await;
            assert_eq!(upgraded.status, plain.status, "{line} {}", upgraded.text());
            for header in ["transfer-encoding", "content-encoding", "content-type", "connection"] {
                assert_eq!(upgraded.header(header), plain.header(header), "{line} {header}");
            }
        }
        for (line, body, status) in [
            ("POST /api/rooms HTTP/1.1".to_owned(), r#"{"name": "Another"}"#, 201),
            (format!("POST /api/rooms/{}/messages HTTP/1.1", place.room), r#"{"content": "words"}"#, 201),
            ("POST /dialects/envelope/api/rooms HTTP/1.1".to_owned(), r#"{"name": "Another"}"#, 201),
            ("POST /api/nothing HTTP/1.1".to_owned(), "{}", 404),
            ("POST /chat HTTP/1.1".to_owned(), "{}", 405),
        ] {
            let answer = place.json(&line, upgrade, body).await;
            assert_eq!(answer.status, status, "{line} with {upgrade}: {}", answer.text());
        }
        let chunked = place.request(
            "POST /api/rooms HTTP/1.1",
            &format!("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n{upgrade}"),
        );
        wire.send(chunked + "\r\n13\r\n{\"name\": \"Another\"}\r\n0\r\n\r\n").await;
        assert_eq!(wire.answer().await.status, 201, "chunks with {upgrade}");
        wire.check_usable(upgrade).await;
    }
}

#[tokio::test]
async fn http_1_0_gets_bodies_that_end_with_the_connection() {
    let place = Place::new().await;
    for route in place.reads().filter(|route| !ends_the_session(route)) {
        for headers in ["", "Accept-Encoding: gzip", "Accept-Encoding: gzip\r\nConnection: keep-alive"] {
            let line = format!("GET {} HTTP/1.0", route.path);
            let mut wire = Wire::connect(&place.parlor).await;
            wire.send(place.request(&line, headers) + "\r\n").await;
            let head = wire.head().await;
            assert_eq!(head.header("transfer-encoding"), None, "{line}");
            if is_stream(&route) {
                assert_eq!(head.header("content-length"), None, "{line}");
                assert_eq!(wire.words("\n\n").await, ": connected\n\n", "{line}");
            } else if head.header("connection").is_none() {
                let body = wire.rest().await;
                let length = head.header("content-length").map(|length| length.parse().unwrap());
                assert!(length.is_none_or(|length: usize| length == body.len()), "{line}");
            }
        }
    }
}

#[tokio::test]
async fn http_1_0_knows_no_upgrade() {
    const UPGRADE: &str = "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n\
                           Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    let place = Place::new().await;
    for line in ["GET /chat HTTP/1.0", "GET /socket.io/?EIO=4&transport=websocket HTTP/1.0"] {
        let refused = place.exchange(&place.request(line, UPGRADE), b"").await;
        assert_eq!(refused.status, 400, "{line}");
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_each_by_its_own_method() {
    let place = Place::new().await;
    for route in place.reads().filter(|route| !is_stream(route) && !ends_the_session(route)) {
        let ask = |method: &str| place.request(&format!("{method} {} HTTP/1.1", route.path), "") + "\r\n";
        let plain = place.exchange(&place.request(&format!("GET {} HTTP/1.1", route.path), ""), b"").await;
        let mut wire = Wire::connect(&place.parlor).await;
        wire.send([ask("GET"), ask("HEAD"), ask("GET")].concat()).await;
        for method in ["GET", "HEAD", "GET"] {
            let answer = if method == "HEAD" { wire.head().await } else { wire.answer().await };
            let path = &route.path;
            assert_eq!(answer.status, plain.status, "{method} {path}");
            // Metrics, request ids in errors, presence and the cursors of syncs change from one answer to the next.
            let varies = route.surface == "operations" || route.path == "/api/sync";
            if method == "GET" && plain.status == 200 && !varies {
                assert_eq!(answer.body, plain.body, "{method} {path}");
            }
        }
        wire.check_usable(&route.path).await;
    }
}
