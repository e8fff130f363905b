//! Rate limits as HTTP shows them.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use domain::UserId;
use domain::account::Attempt;
use domain::limit::{Decision, LimitClass, LimitKey, LimitSet};

use crate::http::ApiError;
use crate::state::AppState;

/// Counts a request; `None` where there is no limit. While the limiter does not answer, every request passes: better
/// unlimited than closed.
pub(crate) async fn acquire(
    api: &AppState,
    set: LimitSet,
    class: LimitClass,
    key: LimitKey,
) -> Option<Decision> {
    api.limits.acquire(set, class, key).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the rate limiter does not answer; the request goes through");
        None
    })
}

/// The decision of a second counter about a request.
#[derive(Clone, Copy)]
pub(crate) struct SecondDecision(pub Option<Decision>);

/// Returns the result of an attempt to prove a password, and keeps the account's counter for the answer's headers.
pub(crate) fn attempted<T>(request: &HttpRequest, attempt: Attempt<T>) -> Result<T, ApiError> {
    request.extensions_mut().insert(SecondDecision(attempt.failures));
    attempt.result.map_err(|refusal| {
        let error = ApiError::from(refusal);
        match attempt.failures {
            Some(failures) if !failures.allowed => error.with_retry_after(wait(&failures)),
            _ => error,
        }
    })
}

/// Returns a counter's state without counting.
pub(crate) async fn peek(
    api: &AppState,
    set: LimitSet,
    class: LimitClass,
    key: LimitKey,
) -> Option<Decision> {
    api.limits.peek(set, class, key).await.unwrap_or_default()
}

/// Returns 429 as `Err` if the limit is exceeded.
pub(crate) fn check(decision: Option<&Decision>) -> Result<(), ApiError> {
    match decision {
        Some(decision) if !decision.allowed => Err(ApiError::rate_limited(wait(decision))),
        _ => Ok(()),
    }
}

/// Counts a frame or an event of a live connection against its user, as a call of the API.
pub(crate) async fn count_event(state: &AppState, user: UserId) -> Result<(), ApiError> {
    count_for(state, user, LimitClass::Api).await
}

/// Counts a request of a class against a user. `Err` beyond the limit.
pub(crate) async fn count_for(state: &AppState, user: UserId, class: LimitClass) -> Result<(), ApiError> {
    check(acquire(state, LimitSet::API, class, LimitKey::User(user)).await.as_ref())
}

/// Writes `RateLimit-*`; where an answer has them already, the tighter counter's stay.
pub(crate) fn write(headers: &mut HeaderMap, decision: Option<&Decision>) {
    let Some(decision) = decision else { return };
    let remaining = HeaderName::from_static("ratelimit-remaining");
    let before = headers.get(&remaining).and_then(|value| value.to_str().ok()?.parse::<u32>().ok());
    if before.is_some_and(|before| before <= decision.remaining) {
        return;
    }
    headers.insert(HeaderName::from_static("ratelimit-limit"), HeaderValue::from(decision.limit));
    headers.insert(remaining, HeaderValue::from(decision.remaining));
    headers.insert(HeaderName::from_static("ratelimit-reset"), HeaderValue::from(seconds(decision.reset)));
}

/// The seconds after which the client may try again.
fn wait(decision: &Decision) -> u64 {
    seconds(decision.retry_after).max(1)
}

/// Whole seconds, rounded up.
fn seconds(time: time::Duration) -> u64 {
    let whole = u64::try_from(time.whole_seconds()).unwrap_or_default();
    whole + u64::from(time.subsec_nanoseconds() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_round_up() {
        assert_eq!(seconds(time::Duration::milliseconds(1_001)), 2);
        assert_eq!(seconds(time::Duration::ZERO), 0);
    }
}
