//! Unexpected methods, paths, queries and headers.

use serde_json::Value;

use super::{Target, check, raw};

/// Paths of the server beside the API.
const OTHERS: [&str; 8] =
    ["/", "/docs", "/health", "/ready", "/metrics", "/api/openapi.json", "/chat", "/nothing"];

#[tokio::test]
async fn every_route_answers_methods_that_it_does_not_know() {
    let target = Target::new().await;
    let api: Vec<String> = target.routes().into_iter().map(|(_, path)| path).collect();
    let methods = ["OPTIONS", "HEAD", "TRACE", "PROPFIND", "BREW", "get", "X", "G-E_T"];
    for path in OTHERS.iter().map(|path| (*path).to_owned()).chain(api) {
        // The one parameter that must be there.
        let path = if path.ends_with("/changes") { path + "?since=0" } else { path };
        for method in methods {
            let answer = target.probe_at(method, &path).await;
            if method == "HEAD" {
                assert!(answer.body.is_empty(), "{path}: {}", answer.body);
                let got = target.probe_at("GET", &path).await;
                assert_eq!(answer.status, got.status, "{path}: HEAD is GET without a body");
            } else if path != "/nothing" {
                assert_eq!(answer.status, 405, "{method} {path}: {}", answer.body);
                assert!(answer.header("allow").is_some(), "{method} {path}");
            }
        }
    }
    target.check_unharmed().await;
}

#[tokio::test]
async fn a_preflight_from_any_origin_is_answered() {
    let target = Target::new().await;
    for (method, path) in target.routes() {
        let head = format!(
            "OPTIONS {path} HTTP/1.1\r\nOrigin: https://nowhere.example\r\nAccess-Control-Request-Method: {method}"
        );
        let answer = target.probe(&head, b"").await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None), "{path}");
    }
    target.check_unharmed().await;
}

/// Values in the place of an id.
const IDS: [&str; 14] = [
    "%",
    "%z",
    "%zz",
    "%00",
    "%ff",
    "%ed%a0%80",
    "%C0%AF",
    "%2e%2e",
    "%2f",
    "..",
    "-1",
    "1180591620717411303424",
    "%F0%9F%92%A9",
    "00000000-0000-0000-0000-00000000000g",
];

#[tokio::test]
async fn undecodable_paths_are_not_found() {
    let target = Target::new().await;
    let ids = [&target.room[target.room.rfind('/').unwrap() + 1..], &target.message, &target.alice.id];
    for (method, path) in target.routes() {
        for (own, bad) in ids.iter().flat_map(|own| IDS.iter().map(move |bad| (own, bad))) {
            if path.contains(own) {
                let answer = target.probe_at(&method, &path.replace(own, bad)).await;
                assert!([400, 404, 415].contains(&answer.status), "{method} {path} {bad}: {}", answer.body);
            }
        }
    }
    for bad in IDS {
        for path in
            [format!("/{bad}"), format!("/api/{bad}"), format!("/api/rooms/{bad}/{bad}"), format!("//{bad}")]
        {
            target.probe_at("GET", &path).await;
        }
    }
    target.check_unharmed().await;
}

#[tokio::test]
async fn unreadable_queries_are_refused() {
    let target = Target::new().await;
    let room = &target.room;
    let lists = [
        ("/api/rooms".to_owned(), vec!["page", "limit", "search", "visibility", "joined", "sort", "order"]),
        (format!("{room}/members"), vec!["page", "limit", "role"]),
        (format!("{room}/invitations"), vec!["page", "limit"]),
        ("/api/invitations".to_owned(), vec!["page", "limit"]),
        (
            format!("{room}/messages"),
            vec!["limit", "order", "type", "senderId", "markRead", "before", "after"],
        ),
        (format!("{room}/changes"), vec!["since", "limit"]),
    ];
    let long = "9".repeat(20_000);
    let values =
        ["%00", "%ff", "%ed%a0%80", "1180591620717411303424", "-1", "1e999", "0x1", "+1", "%zz", &long];
    for (path, names) in lists {
        for name in names {
            for value in values {
                let answer = target.probe_at("GET", &format!("{path}?{name}={value}")).await;
                // One may look for almost anything.
                let legal = name == "search" && value != "%00" && value != long;
                let plus = value == "+1";
                if !legal && !plus {
                    assert_eq!(answer.status, 400, "{path} {name}={value:.30}: {}", answer.body);
                }
                if answer.status == 400 && !value.starts_with('%') {
                    let error: Value = serde_json::from_str(&answer.body).unwrap();
                    let details = error["details"].as_array().unwrap();
                    assert!(details.iter().any(|detail| detail["field"] == name), "{}", answer.body);
                }
            }
            let twice = target.probe_at("GET", &format!("{path}?{name}=1&{name}=1")).await;
            assert_eq!(twice.status, 400, "{path} {name}: {}", twice.body);
        }
        for query in ["%", "%=%", "&&&", "=", "==", "a&b&c", "%00=%00", "[]=1", "a[b]=1", "?", "#"] {
            target.probe_at("GET", &format!("{path}?{query}")).await;
        }
    }
    target.check_unharmed().await;
}

#[tokio::test]
async fn the_bounds_of_64_bit_numbers_are_handled() {
    let target = Target::new().await;
    let room = &target.room;
    for most in ["9223372036854775807", "9223372036854775806", "4611686018427387904", "92233720368547758"] {
        for path in
            ["/api/rooms?", "/api/invitations?", &format!("{room}/members?"), &format!("{room}/invitations?")]
        {
            for limit in [1, 100] {
                let answer = target.probe_at("GET", &format!("{path}page={most}&limit={limit}")).await;
                assert_eq!(answer.status, 200, "{path}: {}", answer.body);
                assert!(answer.body.contains("\"data\":[]"), "{}", answer.body);
            }
        }
        let answer = target.probe_at("GET", &format!("{room}/changes?since={most}")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let body = format!("{{\"seq\": {most}}}");
        let answer =
            target.probe_with("POST", &format!("{room}/read"), "application/json", body.as_bytes()).await;
        assert_eq!(answer.status, 204, "{}", answer.body);
    }
    for time in [
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "0001-01-01T00:00:00%2B23:59",
        "9999-12-31T23:59:60Z",
    ] {
        for name in ["before", "after"] {
            target.probe_at("GET", &format!("{room}/messages?{name}={time}")).await;
        }
    }
    target.check_unharmed().await;
}

#[tokio::test]
async fn heads_that_are_too_long_or_not_http_are_refused() {
    let target = Target::new().await;
    let long = |length: usize| "x".repeat(length);
    for length in [1_000, 10_000, 60_000] {
        for head in [
            format!("GET /{} HTTP/1.1", long(length)),
            format!("GET /api/rooms/{} HTTP/1.1", long(length)),
            format!("GET /api/rooms?search={} HTTP/1.1", long(length)),
            format!("GET /api/rooms HTTP/1.1\r\nX-Request-Id: {}", long(length)),
            format!("GET /nothing HTTP/1.1\r\nIdempotency-Key: {}", long(length)),
        ] {
            target.probe(&head, b"").await;
        }
    }
    let head = |rest: &str| format!("GET /api/rooms HTTP/1.1\r\nHost: parlor\r\n{rest}\r\n\r\n");
    let token = |token: &str| head(&format!("Connection: close\r\nAuthorization: {token}"));
    // Another scheme, or none, counts as no token.
    let garbage = long(9_000);
    let wrong = ["Bearer", "Bearer ", "Bearer a.b.c", "Bearer \u{e4}", "bearer\t."].map(|sent| (sent, 401));
    let absent = ["", "Basic YTpi", &garbage].map(|sent| (sent, 200));
    for (sent, status) in wrong.into_iter().chain(absent) {
        let answer = raw::exchange(&target.parlor, token(sent).as_bytes()).await;
        check(&answer, sent, b"");
        assert_eq!(answer.status, status, "{sent:.20}: {}", answer.body);
    }
    let many = (0..300).map(|n| format!("X-{n}: {n}\r\n")).collect::<Vec<_>>().concat();
    let no_http = [
        "\r\n\r\n".to_owned(),
        "hello\r\n\r\n".to_owned(),
        "\u{0}\u{1}\u{2}\r\n\r\n".to_owned(),
        "GET /api/rooms HTTP/9.9\r\n\r\n".to_owned(),
        "GET /a b c HTTP/1.1\r\n\r\n".to_owned(),
        head("no colon"),
        head(": empty"),
        head("A\u{0}: b"),
        head("A: \u{0}"),
        head("Content-Length: -1"),
        head("Content-Length: 18446744073709551616"),
        head("Content-Length: 1\r\nContent-Length: 2"),
        head("Content-Length: 5\r\nTransfer-Encoding: chunked"),
        head("Transfer-Encoding: chunked, gzip"),
        head(&many),
        head(&format!("X: {}", long(1_000_000))),
        format!("GET /{} HTTP/1.1\r\n\r\n", long(1_000_000)),
    ];
    for bytes in no_http {
        let answer = raw::exchange(&target.parlor, bytes.as_bytes()).await;
        if answer.status != 0 {
            assert!((400..500).contains(&answer.status), "{bytes:.60?}: {answer:?}");
            check(&answer, &bytes, b"");
        }
    }
    target.check_unharmed().await;
}
