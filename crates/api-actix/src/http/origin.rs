//! Which web pages may open a socket: browsers do not hold sockets back as they do requests of other origins.

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, ORIGIN};

use super::ApiError;

/// Refuses a browser's socket from a page that is neither the server's own nor named by configuration. Programs that
/// are no browsers name no origin and may pass: they need a token all the same.
pub(crate) fn check(request: &HttpRequest, allowed: &[String]) -> Result<(), ApiError> {
    let Some(origin) = request.headers().get(ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let own = origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host));
    if own || allowed.iter().any(|allowed| allowed == origin) {
        return Ok(());
    }
    tracing::info!(origin, "a socket from another origin; PARLOR_CORS_ORIGINS does not name it");
    Err(ApiError::foreign_origin())
}
