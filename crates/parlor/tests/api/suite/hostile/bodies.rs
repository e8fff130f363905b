//! Unexpected bodies.

use serde_json::Value;

use super::{Target, bodies, check, raw};
use crate::growth::Growth;

const JSON: &str = "application/json";
const DEPTH: usize = 10_000;

/// JSON that stands for no value of any field of the API.
fn values() -> Vec<String> {
    let (open, close) = ("[".repeat(DEPTH), "]".repeat(DEPTH));
    let mut values = vec![open.clone() + &close, r#"{"a":"#.repeat(DEPTH) + "1" + &"}".repeat(DEPTH)];
    let plain = [r#""\ud800""#, r#""\udc00\ud800""#, "1180591620717411303424", "-1", "1e999", "-1e999"];
    values.extend(plain.map(str::to_owned));
    values.extend(["true", "[]", "{}", "0.5", "[null]"].map(str::to_owned));
    values.extend([r#""\u0000""#, r#""abc\u0000abc""#].map(str::to_owned));
    values
}

/// A body with another value in the place of one.
fn with(body: &Value, field: &str, value: &str) -> String {
    let mut body = body.clone();
    body[field] = Value::String("the place".into());
    body.to_string().replace("\"the place\"", value)
}

#[tokio::test]
async fn impossible_values_are_refused_with_the_name_of_their_field() {
    let target = Target::new().await;
    for (method, path, body) in bodies(&target) {
        for field in body.as_object().unwrap().keys() {
            for value in values() {
                let answer =
                    target.probe_with(method, &path, JSON, with(&body, field, &value).as_bytes()).await;
                // A password at login is compared, not stored.
                let attempt = (path.ends_with("/login") && field == "password") || field == "currentPassword";
                if attempt && value.contains("u0000") {
                    assert_eq!(answer.status, 401, "{}", answer.body);
                    continue;
                }
                let place = format!("{method} {path} {field} {value:.40}: {}", answer.body);
                assert_eq!(answer.status, 400, "{place}");
                let error: Value = serde_json::from_str(&answer.body).unwrap();
                assert_eq!(error["code"], "VALIDATION_FAILED", "{place}");
                let details = error["details"].as_array().unwrap();
                assert!(details.iter().any(|detail| detail["field"] == **field), "{place}");
            }
        }
    }
    target.check_unharmed().await;
}

#[tokio::test]
async fn a_duplicate_or_unknown_field_is_refused_by_its_name() {
    let target = Target::new().await;
    for (method, path, body) in bodies(&target) {
        for field in body.as_object().unwrap().keys().map(String::as_str).chain(["unknown", "__proto__"]) {
            let (value, rest) = (&body[field], body.to_string());
            let twice = format!("{{\"{field}\": {value}, {}", &rest[1..]);
            let answer = target.probe_with(method, &path, JSON, twice.as_bytes()).await;
            assert_eq!(answer.status, 400, "{method} {path} {twice}: {}", answer.body);
            assert!(answer.body.contains(&format!("\"field\":\"{field}\"")), "{}", answer.body);
        }
    }
    target.check_unharmed().await;
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_refused_on_every_route() {
    let target = Target::new().await;
    let deep = "[".repeat(DEPTH);
    let texts =
        ["", " ", "{", "}", "{\"", "{\"a\":}", "{\"a\":1,}", "{'a':1}", "{}{}", "\u{0}", "NaN", &deep];
    let malformed = texts.map(|text| text.as_bytes().to_vec());
    let not_utf8 = [b"{\"name\":\"\xff\xfe\"}".to_vec(), b"\xed\xa0\x80".to_vec()];
    let other = ["null", "1", "true", "[]", "\"\"", "[{}]"].map(|text| text.as_bytes().to_vec());
    for (method, path, _) in bodies(&target) {
        for body in malformed.iter().chain(&not_utf8) {
            let answer = target.probe_with(method, &path, JSON, body).await;
            assert!(
                answer.body.contains("\"MALFORMED_JSON\""),
                "{method} {path} {body:.20?}: {}",
                answer.body
            );
        }
        for body in &other {
            let answer = target.probe_with(method, &path, JSON, body).await;
            assert!(
                answer.body.contains("\"VALIDATION_FAILED\""),
                "{method} {path} {body:?}: {}",
                answer.body
            );
        }
    }
    // A route that takes no body ignores one. (Without one, a PUT changes the room.)
    for (method, path) in target
        .routes()
        .iter()
        .filter(|(method, path)| method != "DELETE" && method != "PUT" && !path.ends_with("/logout"))
    {
        for body in malformed.iter().chain(&not_utf8).chain(&other) {
            target.probe_with(method, path, JSON, body).await;
        }
    }
    target.check_unharmed().await;
}

#[tokio::test]
async fn a_wrong_content_type_is_refused_where_a_body_is_read() {
    let target = Target::new().await;
    let kinds =
        ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "*/*"];
    let odd =
        ["application/jsonp", "application", "json", ";", "application/json/json", "\u{e4}", "text/json"];
    for (method, path, body) in bodies(&target) {
        for kind in kinds.iter().chain(&odd) {
            let answer = target.probe_with(method, &path, kind, body.to_string().as_bytes()).await;
            assert_eq!(answer.status, 415, "{method} {path} {kind}: {}", answer.body);
        }
        let none = format!("{method} {path} HTTP/1.1\r\nContent-Length: 2");
        assert_eq!(target.probe(&none, b"{}").await.status, 415, "{method} {path}");
    }
    target.check_unharmed().await;
}

#[tokio::test]
async fn a_body_of_ten_megabytes_is_refused_on_every_route() {
    let target = Target::new().await;
    let _growth = Growth::of(&target.parlor);
    let large = format!("{{\"content\": \"{}\"}}", "x".repeat(10_000_000));
    for (method, path, _) in bodies(&target) {
        let answer = target.probe_with(method, &path, JSON, large.as_bytes()).await;
        assert_eq!(answer.status, 413, "{method} {path}: {}", answer.body);
    }
    target.check_unharmed().await;
}

#[tokio::test]
async fn a_body_that_is_cut_off_changes_nothing() {
    let target = Target::new().await;
    let token = target.alice.token();
    for (method, path, body) in bodies(&target) {
        let body = body.to_string();
        let lengths = [
            (format!("Content-Length: {}", body.len() + 1), body.clone()),
            (format!("Content-Length: {}", body.len()), body[..body.len() / 2].to_owned()),
            ("Content-Length: 20000000".to_owned(), body.clone()),
            ("Transfer-Encoding: chunked".to_owned(), format!("{:x}\r\n{body}", body.len())),
            ("Transfer-Encoding: chunked".to_owned(), format!("{:x}\r\n{body}\r\n", body.len())),
            ("Transfer-Encoding: chunked".to_owned(), format!("fffff\r\n{body}")),
            ("Transfer-Encoding: chunked".to_owned(), format!("xyz\r\n{body}\r\n0\r\n\r\n")),
            ("Transfer-Encoding: chunked".to_owned(), format!("ffffffffffffffffff\r\n{body}")),
        ];
        for (length, sent) in lengths {
            let head = format!(
                "{method} {path} HTTP/1.1\r\nHost: parlor\r\nConnection: close\r\nContent-Type: {JSON}\r\n\
                 Authorization: Bearer {token}\r\n{length}\r\n\r\n"
            );
            let answer = raw::exchange(&target.parlor, (head.clone() + &sent).as_bytes()).await;
            // A client that is gone needs no answer.
            if answer.status != 0 {
                check(&answer, &head, sent.as_bytes());
                assert!(answer.status >= 400, "{head}{sent}: {}", answer.body);
            }
        }
    }
    target.check_unharmed().await;
}
