//! The page at `/`, for people who open the server in a browser; and how pages are served.

use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, guard, web};

use crate::error::ApiError;

const LANDING: &str = include_str!("landing.html");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.service(page("/", landing));
}

/// A path that is there to be read and nothing else.
pub(crate) fn page<F, Args>(path: &str, read: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let elsewise = || async { Err::<&str, _>(ApiError::method_not_allowed("GET, HEAD".to_owned())) };
    let reading = guard::Any(guard::Get()).or(guard::Head());
    web::resource(path).route(web::route().guard(reading).to(read)).default_service(web::to(elsewise))
}

async fn landing() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .body(LANDING)
}
