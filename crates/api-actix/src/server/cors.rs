//! Requests from browser pages of other origins (CORS).

use actix_cors::{Cors, CorsError};
use actix_web::HttpRequest;
use actix_web::http::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, AsHeaderName, ORIGIN,
};

use crate::http::origin;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// The headers that pages may send.
const HEADERS: [&str; 13] = [
    "authorization",
    "content-type",
    "idempotency-key",
    "x-request-id",
    "last-event-id",
    "x-username",
    "range",
    "if-range",
    "if-none-match",
    "if-match",
    "traceparent",
    "tracestate",
    "baggage",
];

/// Allows pages of those origins, and of the server's own.
pub(super) fn allow(origins: &[String]) -> Cors {
    let origins = origins.to_vec();
    Cors::default()
        .allowed_origin_fn(move |origin, request| {
            origin.to_str().is_ok_and(|origin| origin::is_allowed(origin, request.headers(), &origins))
        })
        .allowed_methods(METHODS)
        .allowed_headers(HEADERS)
        // Every answer says so, and which headers pages may read (`request_id::STANDARD`).
        .disable_vary_header()
        .block_on_origin_mismatch(false)
        .max_age(3_600)
}

/// Words a refused preflight request, with the origin, the method or the headers that are refused.
pub(super) fn refusal(error: &CorsError, request: &HttpRequest) -> String {
    let refused = match error {
        CorsError::OriginNotAllowed => value(request, ORIGIN).to_owned(),
        CorsError::MethodNotAllowed => value(request, ACCESS_CONTROL_REQUEST_METHOD).to_owned(),
        CorsError::HeadersNotAllowed => {
            let requested = value(request, ACCESS_CONTROL_REQUEST_HEADERS).split(',').map(str::trim);
            let refused =
                requested.filter(|name| !HEADERS.iter().any(|known| known.eq_ignore_ascii_case(name)));
            refused.collect::<Vec<_>>().join(", ")
        }
        _ => return error.to_string(),
    };
    format!("{error}: {refused}")
}

fn value(request: &HttpRequest, name: impl AsHeaderName) -> &str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_refusal_names_what_it_refuses() {
        let request = TestRequest::default()
            .insert_header((ORIGIN, "https://evil.example"))
            .insert_header((ACCESS_CONTROL_REQUEST_METHOD, "TRACE"))
            .insert_header((ACCESS_CONTROL_REQUEST_HEADERS, "If-Match, x-secret, traceparent, x-other"))
            .to_http_request();
        for (error, refused) in [
            (CorsError::OriginNotAllowed, ": https://evil.example"),
            (CorsError::MethodNotAllowed, ": TRACE"),
            (CorsError::HeadersNotAllowed, ": x-secret, x-other"),
            (CorsError::MissingRequestMethod, "is missing"),
        ] {
            let text = refusal(&error, &request);
            assert!(text.ends_with(refused), "{text}");
        }
    }
}
