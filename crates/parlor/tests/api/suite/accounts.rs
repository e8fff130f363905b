//! Section 2 of the contract: accounts.

use serde_json::json;

use crate::growth::Growth;
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
    let _growth = Growth::of(&parlor);
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
async fn every_login_answer_carries_the_tighter_limit_and_failures_of_strangers_keep_no_owner_out() {
    let parlor =
        Parlor::with(&[("PARLOR_LIMIT_AUTH", "3/1m"), ("PARLOR_TRUSTED_PROXIES", "127.0.0.0/8,::1/128")]);
    let _growth = Growth::of(&parlor);
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
    // A stranger's failures do not keep the owner out.
    let (owner, failing) = (parlor.user("alice").await, |from: u8, password: &str| {
        let request = parlor.anonymous().request(reqwest::Method::POST, "/api/auth/login");
        let body = json!({"username": "alice", "password": password});
        support::send(request.header("x-forwarded-for", format!("198.51.100.{from}")).json(&body))
    });
    for from in 1..=3 {
        failing(from, "wrong horse").await.error(401, "INVALID_CREDENTIALS");
    }
    failing(4, "wrong horse").await.error(429, "RATE_LIMITED");
    failing(5, "correct horse").await.expect(200);
    owner.get("/api/users/me").await.expect(200);
}

#[tokio::test]
async fn refused_requests_count_against_the_address_and_beyond_its_limit_no_token_is_looked_at() {
    let parlor = Parlor::with(&[
        ("PARLOR_LIMIT_ANONYMOUS", "5/1h"),
        ("PARLOR_LIMIT_AUTH", "off"),
        ("PARLOR_TRUSTED_PROXIES", "127.0.0.0/8,::1/128"),
    ]);
    let alice = parlor.user("alice").await;
    let _growth = Growth::of(&parlor);
    let from = |client: &support::Session, method: &str, path: &str| {
        let request = client.request(method.parse().unwrap(), path);
        support::send(request.header("x-forwarded-for", "192.0.2.1"))
    };
    let wrong = parlor.anonymous().with_token("wrong");
    for (client, method, path, status, code, left) in [
        (&alice, "DELETE", "/api/rooms", 405, "METHOD_NOT_ALLOWED", "4"),
        (&wrong, "GET", "/api/rooms", 401, "UNAUTHENTICATED", "3"),
        (&alice, "GET", "/api/nothing", 404, "NOT_FOUND", "2"),
        (&wrong, "PUT", "/api/auth/login", 405, "METHOD_NOT_ALLOWED", "1"),
    ] {
        let answer = from(client, method, path).await;
        assert_eq!(answer.header("ratelimit-remaining"), Some(left), "{method} {path}");
        answer.error(status, code);
    }
    // A caller who has proved who they are is counted as such, until the address is over its limit.
    assert_eq!(from(&alice, "GET", "/api/users/me").await.header("ratelimit-remaining"), Some("1199"));
    from(&parlor.anonymous(), "GET", "/dialects/actions/api/nothing").await.expect(404);
    for client in [&alice, &wrong, &parlor.anonymous()] {
        let answer = from(client, "GET", "/api/rooms").await;
        assert_eq!(answer.header("ratelimit-remaining"), Some("0"));
        assert!(answer.header("retry-after").is_some());
        answer.error(429, "RATE_LIMITED");
    }
    // The path and the method come before the limit.
    for (method, path, status, code) in
        [("DELETE", "/api/rooms", 405, "METHOD_NOT_ALLOWED"), ("GET", "/api/nothing", 404, "NOT_FOUND")]
    {
        let answer = from(&alice, method, path).await;
        assert_eq!(answer.header("ratelimit-remaining"), Some("0"), "{method} {path}");
        answer.error(status, code);
    }
    // What is not limited does not count, and is there for everybody.
    from(&alice, "GET", "/health").await.expect(200);
    from(&alice, "GET", "/nothing").await.error(404, "NOT_FOUND");
    alice.get("/api/users/me").await.expect(200);
}

#[tokio::test]
async fn a_change_of_the_password_counts_as_a_login() {
    let parlor =
        Parlor::with(&[("PARLOR_LIMIT_AUTH", "5/1h"), ("PARLOR_TRUSTED_PROXIES", "127.0.0.0/8,::1/128")]);
    let alice = parlor.user("alice").await;
    let change = |from: u8, current: &str| {
        let body = json!({"currentPassword": current, "password": "another horse"});
        let request = alice.request(reqwest::Method::PATCH, "/api/users/me");
        support::send(request.header("x-forwarded-for", format!("192.0.2.{from}")).json(&body))
    };
    for (from, left) in [(1, "4"), (1, "3"), (1, "2"), (2, "1"), (2, "0")] {
        let answer = change(from, "wrong horse").await;
        assert_eq!(
            (answer.header("ratelimit-limit"), answer.header("ratelimit-remaining")),
            (Some("5"), Some(left))
        );
        answer.error(401, "INVALID_CREDENTIALS");
    }
    let refused = change(3, "wrong horse").await;
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() > 600);
    refused.error(429, "RATE_LIMITED");
    let login = json!({"username": "alice", "password": "wrong horse"});
    parlor.anonymous().post("/api/auth/login", login).await.error(429, "RATE_LIMITED");
    change(4, "correct horse").await.expect(200);
    for _ in 0..2 {
        change(1, "another horse").await.expect(200);
    }
    change(1, "another horse").await.error(429, "RATE_LIMITED");
}

#[tokio::test]
async fn many_changes_of_one_user_leave_others_their_turn() {
    let parlor = Parlor::start();
    let (alice, _bob) = (parlor.user("alice").await, parlor.user("bob").await);
    let _growth = Growth::of(&parlor);
    let many = (0..90).map(|_| {
        let alice = alice.clone();
        tokio::spawn(async move {
            let body = json!({"currentPassword": "wrong horse", "password": "another horse"});
            alice.patch("/api/users/me", body).await.status
        })
    });
    let many: Vec<_> = many.collect();
    let login = json!({"username": "bob", "password": "correct horse"});
    for _ in 0..5 {
        parlor.anonymous().post("/api/auth/login", login.clone()).await.expect(200);
    }
    for status in many {
        assert!(matches!(status.await.unwrap(), 401 | 429));
    }
}

#[tokio::test]
async fn only_the_header_that_the_settings_name_tells_the_address() {
    for (named, other, value, forged) in [
        ("x-forwarded-for", "forwarded", "192.0.2.1", "for=198.51.100."),
        ("forwarded", "x-forwarded-for", "for=192.0.2.1", "198.51.100."),
    ] {
        let parlor = Parlor::with(&[
            ("PARLOR_LIMIT_AUTH", "2/1h"),
            ("PARLOR_TRUSTED_PROXIES", "127.0.0.0/8,::1/128"),
            ("PARLOR_FORWARDED_HEADER", named),
        ]);
        let mut statuses = vec![];
        for n in 0..4 {
            let request = parlor.anonymous().request(reqwest::Method::POST, "/api/auth/login");
            let body = json!({"username": format!("nobody-{n}"), "password": "wrong horse"});
            let request = request.header(named, value).header(other, format!("{forged}{n}"));
            statuses.push(support::send(request.json(&body)).await.status);
        }
        assert_eq!(statuses, [401, 401, 429, 429], "{named}");
    }
}

#[tokio::test]
async fn a_common_password_is_refused_at_signup_and_change() {
    let parlor = Parlor::start();
    let alice = parlor.user("alice").await;
    for common in ["password", "PassWord1", "qwertyuiop"] {
        let signup = json!({"username": "bob", "email": "bob@example.com", "password": common});
        let refused = parlor.anonymous().post("/api/auth/signup", signup).await;
        assert_eq!(refused.error(400, "VALIDATION_FAILED")["details"][0]["field"], "password");
        let change = json!({"currentPassword": "correct horse", "password": common});
        let refused = alice.patch("/api/users/me", change).await;
        assert_eq!(refused.error(400, "VALIDATION_FAILED")["details"][0]["field"], "password");
    }
}

#[tokio::test]
async fn another_scheme_of_authorization_counts_as_absent() {
    let parlor = Parlor::start();
    let with = |value: &str| {
        let request = parlor.anonymous().request(reqwest::Method::GET, "/api/rooms");
        support::send(request.header("authorization", value))
    };
    with("Basic YTpi").await.expect(200);
    with("Bearer").await.error(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn the_name_that_mentions_everybody_is_reserved() {
    let parlor = Parlor::start();
    for name in ["room", "ROOM"] {
        let body = json!({"username": name, "email": "a@example.com", "password": "correct horse"});
        let error =
            parlor.anonymous().post("/api/auth/signup", body.clone()).await.error(400, "VALIDATION_FAILED");
        assert_eq!(error["details"][0]["field"], "username");
        let refused = parlor.anonymous().post("/dialects/envelope/api/auth/signup", body).await.expect(400);
        assert_eq!(refused["message"], "Validation failed");
    }
    parlor.user("rooms").await;
}
