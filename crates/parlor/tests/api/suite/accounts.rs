//! Section 2 of the contract: accounts.

use serde_json::json;

use crate::support::{self, Parlor};

#[tokio::test]
async fn signing_up_and_logging_in_gives_a_token_that_logging_out_takes_away() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let me = alice.get("/api/users/me").await.expect(200);
    assert_eq!(
        (&me["data"]["username"], &me["data"]["email"]),
        (&json!("alice"), &json!("alice@example.com"))
    );
    assert_eq!(me["data"]["createdAt"].as_str().unwrap().len(), "2026-01-01T00:00:00.000000Z".len());
    alice.post("/api/auth/logout", json!({})).await.expect(204);
    let answer = alice.get("/api/users/me").await;
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    answer.error(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn names_and_addresses_are_unique_in_any_case() {
    let parlor = Parlor::start();
    parlor.user("alice").await;
    let anonymous = parlor.anonymous();
    let sign_up = |username: &str, email: &str| {
        let body = json!({"username": username, "email": email, "password": "correct horse"});
        let anonymous = anonymous.clone();
        async move { anonymous.post("/api/auth/signup", body).await }
    };
    sign_up("ALICE", "other@example.com").await.error(409, "USERNAME_TAKEN");
    sign_up("other", "Alice@Example.com").await.error(409, "EMAIL_TAKEN");
    sign_up("ALICE", "Alice@Example.com").await.error(409, "USERNAME_TAKEN");
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_are_answered_alike() {
    let parlor = Parlor::start();
    parlor.user("alice").await;
    let mut answers = vec![];
    for name in ["alice", "nobody"] {
        let body = json!({"username": name, "password": "wrong horse"});
        let answer = parlor.anonymous().post("/api/auth/login", body).await;
        // So every 401 has to (RFC 9110, 15.5.2).
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        let mut body = answer.error(401, "INVALID_CREDENTIALS");
        body["requestId"].take();
        answers.push(body);
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn changing_the_password_ends_every_other_session() {
    let parlor = Parlor::start();
    let here = parlor.user("alice").await;
    let body = json!({"email": "ALICE@example.com", "password": "correct horse"});
    let there = parlor.anonymous().post("/api/auth/login", body).await.expect(200);
    let other = parlor.anonymous().with_token(there["data"]["accessToken"].as_str().unwrap());
    let change = |current: &str| json!({"password": "another horse", "currentPassword": current});
    here.patch("/api/users/me", change("wrong horse")).await.error(401, "INVALID_CREDENTIALS");
    here.patch("/api/users/me", change("correct horse")).await.expect(200);
    here.get("/api/users/me").await.expect(200);
    other.get("/api/users/me").await.error(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_refreshed_token_is_of_the_same_session() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    let fresh = alice.post("/api/auth/refresh", json!({})).await.expect(200);
    let refreshed = alice.with_token(fresh["data"]["accessToken"].as_str().unwrap());
    refreshed.post("/api/auth/logout", json!({})).await.expect(204);
    alice.get("/api/users/me").await.error(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn logins_are_limited_with_retry_after() {
    let parlor = Parlor::with(&[("PARLOR_LIMIT_AUTH", "2/1m")]);
    let body = json!({"username": "nobody", "password": "wrong horse"});
    let first = parlor.anonymous().post("/api/auth/login", body.clone()).await;
    assert_eq!(
        (first.header("ratelimit-limit"), first.header("ratelimit-remaining")),
        (Some("2"), Some("1"))
    );
    first.error(401, "INVALID_CREDENTIALS");
    parlor.anonymous().post("/api/auth/login", body.clone()).await.error(401, "INVALID_CREDENTIALS");
    let refused = parlor.anonymous().post("/api/auth/login", body).await;
    assert_eq!(refused.header("ratelimit-remaining"), Some("0"));
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    refused.error(429, "RATE_LIMITED");
}

#[tokio::test]
async fn every_login_answer_carries_the_tighter_limit_and_wrong_methods_carry_the_remaining_requests() {
    let parlor =
        Parlor::with(&[("PARLOR_LIMIT_AUTH", "3/1m"), ("PARLOR_TRUSTED_PROXIES", "127.0.0.0/8,::1/128")]);
    // One name is tried from many addresses.
    let log_in = |from: u8| {
        let request = parlor.anonymous().request(reqwest::Method::POST, "/api/auth/login");
        let body = json!({"username": "nobody", "password": "wrong horse"});
        support::send(request.header("x-forwarded-for", format!("192.0.2.{from}")).json(&body))
    };
    for (from, left) in [(1, "2"), (2, "1"), (3, "0")] {
        let answer = log_in(from).await;
        assert_eq!(answer.header("ratelimit-remaining"), Some(left));
        answer.error(401, "INVALID_CREDENTIALS");
    }
    let refused = log_in(4).await;
    assert_eq!(refused.header("ratelimit-remaining"), Some("0"));
    refused.error(429, "RATE_LIMITED");
    for (path, limit) in [("/api/auth/login", "3"), ("/api/rooms", "100")] {
        let answer = parlor.anonymous().delete(path).await;
        assert_eq!(
            (answer.header("ratelimit-limit"), answer.header("ratelimit-remaining")),
            (Some(limit), Some(limit))
        );
        answer.error(405, "METHOD_NOT_ALLOWED");
    }
    let alice = parlor.user("alice").await;
    assert_eq!(alice.delete("/api/rooms").await.header("ratelimit-remaining"), Some("1200"));
}
