//! Errors: every refusal has its status and code, and no answer shows the cause of a failure.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use domain::limit::Decision;
use domain::{Error, Refusal};
use serde_json::{Value, json};
use time::Duration;

use super::{Answer, Mocks, ORIGIN, corrupt, get, in_room, signed_in, unavailable};

/// The status and the code of a refusal, as the API promises them.
pub(super) fn expected(refusal: Refusal) -> (u16, &'static str) {
    match refusal {
        Refusal::Unauthenticated => (401, "UNAUTHENTICATED"),
        Refusal::InvalidCredentials => (401, "INVALID_CREDENTIALS"),
        Refusal::TooManyFailures | Refusal::TooManyAtOnce => (429, "RATE_LIMITED"),
        Refusal::NotAMember => (403, "NOT_A_MEMBER"),
        Refusal::AdminRequired | Refusal::ServerAdminRequired => (403, "ADMIN_REQUIRED"),
        Refusal::NotAllowed => (403, "NOT_ALLOWED"),
        Refusal::QuotaExceeded(_) => (403, "QUOTA_EXCEEDED"),
        Refusal::LinkSpent => (404, "NOT_FOUND"),
        Refusal::RoomNotFound => (404, "ROOM_NOT_FOUND"),
        Refusal::MessageNotFound | Refusal::MessageNotReadable => (404, "MESSAGE_NOT_FOUND"),
        Refusal::UserNotFound => (404, "USER_NOT_FOUND"),
        Refusal::FileNotFound => (404, "FILE_NOT_FOUND"),
        Refusal::InvitationNotFound => (404, "INVITATION_NOT_FOUND"),
        Refusal::MemberNotFound => (404, "MEMBER_NOT_FOUND"),
        Refusal::LastAdmin => (409, "LAST_ADMIN"),
        Refusal::UsernameTaken => (409, "USERNAME_TAKEN"),
        Refusal::EmailTaken => (409, "EMAIL_TAKEN"),
        Refusal::AlreadyMember => (409, "ALREADY_MEMBER"),
        Refusal::FileInUse => (409, "FILE_IN_USE"),
        Refusal::TooManyReactions => (409, "TOO_MANY_REACTIONS"),
        Refusal::TooManyPins => (409, "TOO_MANY_PINS"),
        Refusal::IdempotencyConflict => (409, "IDEMPOTENCY_CONFLICT"),
        Refusal::FileTooLarge => (413, "PAYLOAD_TOO_LARGE"),
        Refusal::InThread | Refusal::NotAnImage => (400, "VALIDATION_FAILED"),
        // Of a dialect alone.
        Refusal::SlugTaken => (409, "ALREADY_EXISTS"),
    }
}

/// A send that the log answers with that error.
async fn failing(error: Error) -> Answer {
    let mut mocks = Mocks::new();
    mocks.log.expect_append().times(1).return_once(|_| Err(error));
    let request = signed_in(Method::POST, &in_room("/messages")).set_json(json!({"content": "hello"}));
    mocks.call(request).await
}

#[tokio::test]
async fn every_refusal_has_its_status_and_code() {
    for refusal in [
        Refusal::Unauthenticated,
        Refusal::InvalidCredentials,
        Refusal::NotAMember,
        Refusal::AdminRequired,
        Refusal::ServerAdminRequired,
        Refusal::NotAllowed,
        Refusal::LinkSpent,
        Refusal::RoomNotFound,
        Refusal::MessageNotFound,
        Refusal::MessageNotReadable,
        Refusal::UserNotFound,
        Refusal::FileNotFound,
        Refusal::InvitationNotFound,
        Refusal::MemberNotFound,
        Refusal::LastAdmin,
        Refusal::UsernameTaken,
        Refusal::EmailTaken,
        Refusal::AlreadyMember,
        Refusal::FileInUse,
        Refusal::TooManyReactions,
        Refusal::TooManyPins,
        Refusal::IdempotencyConflict,
        Refusal::FileTooLarge,
        Refusal::InThread,
        Refusal::NotAnImage,
    ] {
        let answer = failing(refusal.into()).await;
        let (status, code) = expected(refusal);
        answer.refused(status, code);
        let challenge = (status == 401).then_some("Bearer");
        assert_eq!(answer.header("www-authenticate"), challenge, "{refusal:?}");
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_503_with_retry_after_and_without_its_cause() {
    let answer = failing(unavailable().into()).await;
    answer.refused(503, "UNAVAILABLE");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert!(!String::from_utf8_lossy(&answer.bytes).contains("10.0.0.7"));
}

#[tokio::test]
async fn a_damaged_store_is_500_without_its_cause() {
    let answer = failing(corrupt().into()).await;
    answer.refused(500, "INTERNAL");
    assert_eq!(answer.header("retry-after"), None);
    assert!(!String::from_utf8_lossy(&answer.bytes).contains("column"));
    let mut mocks = Mocks::new();
    mocks.rooms.expect_room().times(1).returning(|_, _| Err(corrupt()));
    let answer = mocks.call(get(&in_room(""))).await;
    answer.refused(500, "INTERNAL");
    assert!(!String::from_utf8_lossy(&answer.bytes).contains("column"));
}

#[tokio::test]
async fn a_caller_without_a_valid_token_gets_a_challenge() {
    for request in [
        TestRequest::get().uri(&in_room("/messages")),
        TestRequest::get().uri(&in_room("/messages")).insert_header(("authorization", "Bearer forged")),
        TestRequest::get().uri("/api/rooms").insert_header(("authorization", "Bearer forged")),
    ] {
        let answer = Mocks::new().call(request).await;
        answer.refused(401, "UNAUTHENTICATED");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}

#[tokio::test]
async fn a_method_that_the_path_does_not_have_is_answered_with_those_that_it_has() {
    let answer = Mocks::new().call(signed_in(Method::PUT, &in_room("/messages"))).await;
    answer.refused(405, "METHOD_NOT_ALLOWED");
    let mut allowed: Vec<&str> = answer.header("allow").unwrap().split(", ").collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
    Mocks::new().call(get("/api/rooms/x/y/z")).await.refused(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_preflight_is_answered_for_the_allowed_origin_alone_and_calls_no_port() {
    let preflight = |origin| {
        TestRequest::default()
            .method(Method::OPTIONS)
            .uri(&in_room("/messages"))
            .insert_header(("origin", origin))
            .insert_header(("access-control-request-method", "POST"))
            .insert_header(("access-control-request-headers", "authorization, traceparent"))
    };
    let answer = Mocks::new().call(preflight(ORIGIN)).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(ORIGIN)));
    let answer = Mocks::new().call(preflight("https://elsewhere.example")).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None));
}

#[tokio::test]
async fn limits_show_in_headers_and_refuse_before_any_port_is_called() {
    let decision = |allowed| Decision {
        allowed,
        limit: 5,
        remaining: u32::from(allowed),
        reset: Duration::seconds(30),
        retry_after: Duration::milliseconds(if allowed { 0 } else { 1_500 }),
    };
    let mut mocks = Mocks::new().counting(decision(true));
    mocks.rooms.expect_room().times(1).returning(|_, _| Ok(None));
    let answer = mocks.call(get(&in_room(""))).await;
    answer.refused(404, "ROOM_NOT_FOUND");
    let limits =
        ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|name| answer.header(name));
    assert_eq!(limits, [Some("5"), Some("1"), Some("30")]);
    let answer = Mocks::new().counting(decision(false)).call(get(&in_room(""))).await;
    answer.refused(429, "RATE_LIMITED");
    assert_eq!(answer.header("retry-after"), Some("2"));
}

#[tokio::test]
async fn a_request_id_that_a_client_sends_comes_back() {
    let mut mocks = Mocks::new();
    mocks.rooms.expect_room().times(1).returning(|_, _| Ok(None));
    let answer = mocks.call(get(&in_room("")).insert_header(("x-request-id", "abc-7"))).await;
    assert_eq!(answer.header("x-request-id"), Some("abc-7"));
    assert_eq!(answer.body["requestId"], Value::from("abc-7"));
}
