//! What any line of a route table may refuse for no reason of its own.

use actix_web::http::StatusCode;
use domain::{Refusal, StoreError};

use crate::http::{ApiError, Detail};
use crate::routing::Caller;

/// The refusals of a line that reads a body of that kind, if any; `flaw` is a field that may be bad, and how.
pub(super) fn usual(caller: Caller, body: Option<&str>, flaw: Option<(&str, &str)>) -> Vec<ApiError> {
    let mut all = vec![
        ApiError::rate_limited(12),
        ApiError::internal(String::new()),
        StoreError::Unavailable(String::new()).into(),
    ];
    if caller != Caller::NewComer {
        all.push(Refusal::Unauthenticated.into());
    }
    if let Some((field, message)) = flaw {
        all.push(ApiError::invalid(vec![Detail { field: field.to_owned(), message: message.to_owned() }]));
    }
    if body == Some("application/json") {
        let message = "This is not JSON: EOF while parsing an object at line 1 column 1";
        all.push(ApiError::new(StatusCode::BAD_REQUEST, "MALFORMED_JSON", message));
    }
    if let Some(kind) = body {
        let late = "The body took too long to arrive; send it again";
        all.push(ApiError::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", late));
        all.push(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "The body is too large"));
        let other = format!("Send the body as {kind}");
        all.push(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", other));
    }
    all
}
