//! The outermost middleware: request ids (taken from `X-Request-Id` where that is valid, otherwise generated), the shape of
//! errors, metrics and log lines of requests, and security headers.

use actix_cors::CorsError;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest, HttpResponse};
use tracing::{Instrument, Span};

use super::connection::Standard;
use super::{cors, request_metrics, trace};
use crate::dialects;
use crate::http::{ApiError, ErrorShape, RouteName};
use crate::state::AppState;

const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// The headers of every answer. Caches must know that answers depend on the origin, those without one too (CORS).
pub(super) static STANDARD: Standard = Standard {
    always: concat!(
        "x-content-type-options: nosniff\r\n",
        "referrer-policy: no-referrer\r\n",
        "x-frame-options: DENY\r\n",
        "vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\r\n",
        "access-control-expose-headers: x-request-id, location, retry-after, etag, accept-ranges, content-range, ",
        "content-disposition, ratelimit-limit, ratelimit-remaining, ratelimit-reset\r\n",
    ),
    unless_there: &POLICY,
};
static POLICY: [(HeaderName, &str); 1] = [(
    header::CONTENT_SECURITY_POLICY,
    "content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n",
)];

pub(crate) async fn middleware<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let id =
        sent(&request).or_else(|| request.app_data::<Data<AppState>>().map(|api| api.ids.next().to_string()));
    let id = id.unwrap_or_default();
    // Clients can invent methods; a metric for each would fill the memory.
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let method = known.into_iter().find(|known| *known == request.method().as_str()).unwrap_or("other");
    let traced = request.app_data::<Data<AppState>>().is_some_and(|api| api.settings.traced);
    let span = trace::request(&request, &id, method, traced);
    let traced = traced.then(|| span.clone());
    answer_to(request, next, &id, method, traced.as_ref()).instrument(span).await
}

async fn answer_to<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
    id: &str,
    method: &'static str,
    traced: Option<&Span>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let api = request.path().starts_with("/api") || request.path().starts_with("/dialects/");
    let shape = request
        .app_data::<Data<AppState>>()
        .and_then(|api| dialects::shape(request.path(), &api.settings.dialects));
    let started = std::time::Instant::now();
    let mut response = match next.call(request).await {
        Ok(response) => {
            let refused = match response.response().error() {
                Some(error) => answer(error, response.request(), id, shape),
                // Compression is negotiated before routing, and refused without an error.
                None if response.status() == StatusCode::NOT_ACCEPTABLE => {
                    Some(ApiError::not_acceptable().respond(id, shape))
                }
                None => None,
            };
            match refused {
                Some(shaped) => {
                    let headers = response.headers().clone();
                    let mut response = response.into_response(shaped).map_into_right_body();
                    keep_headers(&headers, &mut response);
                    response
                }
                None => response.map_into_left_body(),
            }
        }
        // Only middleware fails so; errors of handlers arrive as responses.
        Err(error) => {
            let mut shaped = ApiError::internal(error.to_string()).respond(id, shape);
            decorate(shaped.headers_mut(), id, api);
            return Err(InternalError::from_response(error, shaped).into());
        }
    };
    let route = response.request().app_data::<RouteName>().map_or("none", |route| route.0);
    let status = response.status().as_u16();
    let took = started.elapsed();
    request_metrics::record(method, route, status, took);
    if let Some(span) = traced {
        trace::answered(span, method, route, &response);
    }
    let method = response.request().method();
    tracing::info!(%method, route, status, micros = took.as_micros(), "answered");
    decorate(response.headers_mut(), id, api);
    Ok(response)
}

/// Answers what is no request, and so has no id and no route.
pub(crate) fn refuse(state: &AppState, error: &ApiError) -> HttpResponse {
    let id = state.ids.next().to_string();
    let mut response = error.respond(&id, None);
    decorate(response.headers_mut(), &id, true);
    let status = response.status().as_u16();
    request_metrics::refused(status);
    tracing::info!(request_id = id, status, %error, "refused what is no request");
    response
}

/// Returns the answer to an error: one of the API, or the refusal of a preflight request.
fn answer(error: &Error, request: &HttpRequest, id: &str, shape: Option<ErrorShape>) -> Option<HttpResponse> {
    if let Some(error) = error.as_error::<ApiError>() {
        return Some(error.respond(id, shape));
    }
    let refused = error.as_error::<CorsError>()?;
    Some(ApiError::foreign_request(cors::refusal(refused, request)).respond(id, shape))
}

/// Keeps the headers that middleware has added to the answer, such as those of limits and CORS, when an error is shaped.
fn keep_headers<B>(from: &header::HeaderMap, response: &mut ServiceResponse<B>) {
    for (name, value) in from {
        if !response.headers().contains_key(name) && !name.as_str().starts_with("content-") {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
}

/// Adds the headers that depend on the request. Those of every answer are [`STANDARD`].
fn decorate(headers: &mut header::HeaderMap, id: &str, api: bool) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(NAME, value);
    }
    // `identity` kept the answer from being compressed, and is for Accept-Encoding alone (RFC 9110, 12.5.3).
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding == "identity") {
        headers.remove(header::CONTENT_ENCODING);
    }
    if api && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

fn sent(request: &ServiceRequest) -> Option<String> {
    let id = request.headers().get(NAME)?.to_str().ok()?;
    let fit = (1..=128).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    fit.then(|| id.to_owned())
}
