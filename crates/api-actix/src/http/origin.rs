//! The origins of web pages that may open a socket: browsers do not restrict sockets as they do requests of other origins.

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, ORIGIN};

use super::ApiError;

/// Rejects a browser's socket from a page whose origin is neither the server's own nor allowed by the settings. Other programs
/// send no origin and pass: they need a token all the same.
pub(crate) fn check(request: &HttpRequest, allowed: &[String]) -> Result<(), ApiError> {
    let Some(origin) = request.headers().get(ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let own = origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host));
    if own || allowed.iter().any(|allowed| allowed == origin) {
        return Ok(());
    }
    tracing::info!(origin, "rejected a socket from this origin; to allow it, add it to PARLOR_CORS_ORIGINS");
    Err(ApiError::foreign_origin())
}
