//! Traces of requests, as part of their callers' traces. Lines of the log carry the same span, so it has the two ids as
//! fields, and everything else as attributes, which the log does not print.

use actix_web::HttpMessage;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName};
use opentelemetry::propagation::Extractor;
use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry::{KeyValue, global};
use tracing::{Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::http::REQUEST;
use crate::routing::CurrentUser;

/// Creates a request's span; where the program traces, as part of the trace that `traceparent` names.
pub(crate) fn request(request: &ServiceRequest, id: &str, method: &'static str, traced: bool) -> Span {
    if !traced {
        return tracing::info_span!(target: REQUEST, "request", request_id = id);
    }
    let span = tracing::info_span!(
        target: REQUEST,
        "request",
        request_id = id,
        trace_id = field::Empty,
        otel.kind = "server",
    );
    let caller = global::get_text_map_propagator(|headers| headers.extract(&Headers(request.headers())));
    if let Err(error) = span.set_parent(caller) {
        tracing::debug!(%error, "cannot continue the caller's trace; a new one begins");
    }
    span.record("trace_id", field::display(span.context().span().span_context().trace_id()));
    span.set_attribute("http.request.method", method);
    span
}

/// Adds the result of a request to its span. A path or a query could hold a secret; a route does not.
pub(crate) fn answered<B>(span: &Span, method: &'static str, route: &str, response: &ServiceResponse<B>) {
    let context = span.context();
    let span = context.span();
    span.update_name(format!("{method} {route}"));
    span.set_attribute(KeyValue::new("http.route", route.to_owned()));
    let status = response.status();
    span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
    if let Some(CurrentUser(Some(caller))) = response.request().extensions().get::<CurrentUser>() {
        span.set_attribute(KeyValue::new("user.id", caller.user.id.to_string()));
    }
    if status >= StatusCode::INTERNAL_SERVER_ERROR {
        span.set_status(Status::error(""));
    }
}

/// The headers, from which `traceparent` is read.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}
