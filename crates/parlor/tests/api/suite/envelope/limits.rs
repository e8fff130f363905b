//! The limits of the document, which are counted apart from those of `/api`.

use reqwest::multipart::{Form, Part};
use serde_json::json;

use super::files::send;
use super::{get, post, refused};
use crate::growth::Growth;
use crate::support::{Answer, Parlor};

fn limit_and_remaining(answer: &Answer) -> (Option<&str>, Option<&str>) {
    (answer.header("ratelimit-limit"), answer.header("ratelimit-remaining"))
}

/// Checks that the client is to wait for a request to be given back, which takes that many seconds; some have passed.
#[track_caller]
fn assert_waits(answer: &Answer, seconds: u64) {
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=seconds).contains(&wait), "{wait} s");
}

#[tokio::test]
async fn logins_and_signups_share_five_a_minute_and_do_not_count_for_the_api() {
    let parlor = Parlor::with(&[("PARLOR_LIMIT_AUTH", "3/1m")]);
    // Two of the three go here.
    parlor.user("alice").await;
    let nobody = parlor.anonymous();
    for left in ["4", "3", "2", "1", "0"] {
        let login = json!({"email": "alice@example.com", "password": "correct horse"});
        let answer = post(&nobody, "/auth/login", login).await;
        assert_eq!(limit_and_remaining(&answer), (Some("5"), Some(left)));
        answer.expect(200);
    }
    let signup = json!({"username": "bob", "email": "bob@example.com", "password": "correct horse"});
    let sixth = post(&nobody, "/auth/signup", signup).await;
    refused(&sixth, 429, "Rate limit exceeded");
    assert_waits(&sixth, 12);
    let login = json!({"username": "alice", "password": "correct horse"});
    nobody.post("/api/auth/login", login.clone()).await.expect(200);
    nobody.post("/api/auth/login", login).await.error(429, "RATE_LIMITED");
}

#[tokio::test]
async fn a_failed_login_counts_against_the_account_on_every_surface() {
    let parlor =
        Parlor::with(&[("PARLOR_LIMIT_AUTH", "3/1m"), ("PARLOR_TRUSTED_PROXIES", "127.0.0.0/8,::1/128")]);
    parlor.user("alice").await;
    let attempt = |from: u8, base: &str, by: &str, name: &str| {
        let request = parlor.anonymous().request(reqwest::Method::POST, &format!("{base}/auth/login"));
        let body = json!({by: name, "password": "wrong horse"});
        crate::support::send(request.header("x-forwarded-for", format!("192.0.2.{from}")).json(&body))
    };
    attempt(1, "/api", "username", "Alice").await.error(401, "INVALID_CREDENTIALS");
    attempt(2, "/api", "email", "alice@example.com").await.error(401, "INVALID_CREDENTIALS");
    let third = attempt(3, "/dialects/envelope/api", "email", "alice@example.com").await;
    assert_eq!(limit_and_remaining(&third), (Some("3"), Some("0")));
    refused(&third, 401, "Invalid credentials");
    let fourth = attempt(4, "/dialects/envelope/api", "email", "alice@example.com").await;
    assert_waits(&fourth, 20);
    refused(&fourth, 429, "Rate limit exceeded");
    attempt(5, "/api", "username", "alice").await.error(429, "RATE_LIMITED");
}

#[tokio::test]
async fn a_user_and_an_address_have_a_hundred_requests_in_fifteen_minutes_each() {
    let parlor = Parlor::with(&[("PARLOR_LIMIT_API", "2/1m"), ("PARLOR_LIMIT_AUTH", "off")]);
    let (alice, bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let nobody = parlor.anonymous();
    for left in (0..100).rev() {
        let answer = get(&alice, "/rooms").await;
        assert_eq!(limit_and_remaining(&answer), (Some("100"), Some(left.to_string().as_str())));
    }
    let refusal = get(&alice, "/rooms").await;
    refused(&refusal, 429, "Rate limit exceeded");
    assert_waits(&refusal, 9);
    get(&bob, "/rooms").await.expect(200);
    // The API still has all of its own.
    assert_eq!(limit_and_remaining(&alice.get("/api/users/me").await), (Some("2"), Some("1")));
    assert_eq!(limit_and_remaining(&get(&nobody, "/rooms").await), (Some("100"), Some("99")));
    assert_eq!(limit_and_remaining(&nobody.get("/api/rooms").await), (Some("100"), Some("99")));
}

#[tokio::test]
async fn uploads_are_limited_to_ten_an_hour() {
    let parlor = Parlor::with(&[("PARLOR_LIMIT_UPLOAD", "1/1h")]);
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    for _ in 0..10 {
        send(&alice, Form::new().part("file", Part::bytes(&b"x"[..]))).await.expect(201);
    }
    let eleventh = send(&alice, Form::new().part("file", Part::bytes(&b"x"[..]))).await;
    refused(&eleventh, 429, "Rate limit exceeded");
    assert_waits(&eleventh, 360);
    // Uploads are not requests of the general kind.
    assert_eq!(limit_and_remaining(&get(&alice, "/files").await), (Some("100"), Some("99")));
}

#[tokio::test]
async fn limits_that_are_off_are_off_in_the_dialect_too() {
    let parlor = Parlor::start();
    parlor.user("alice").await;
    for _ in 0..8 {
        let login = json!({"email": "alice@example.com", "password": "correct horse"});
        let answer = post(&parlor.anonymous(), "/auth/login", login).await;
        assert_eq!(limit_and_remaining(&answer), (None, None));
        answer.expect(200);
    }
}
