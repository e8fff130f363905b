//! Responses of operations: successes with their headers, and errors, which are components named by their codes.

use std::collections::BTreeMap;

use actix_web::ResponseError;
use domain::{Refusal, StoreError};
use serde_json::{Map, Value, json};

use crate::http::sync_cursor::SyncCursor;
use crate::http::{AnswerDescription, ApiError, Detail, ErrorCode, Operation, UnknownFields, reference};
use crate::routing::{Access, Endpoint, Surface};

/// The responses of a document.
pub(super) struct Responses<'a> {
    surface: &'a Surface,
    /// The error responses that operations refer to, by name.
    pub(super) components: Map<String, Value>,
    /// The examples of errors that they refer to, by code.
    pub(super) examples: Map<String, Value>,
}

impl<'a> Responses<'a> {
    pub(super) fn new(surface: &'a Surface) -> Self {
        Self { surface, components: Map::new(), examples: Map::new() }
    }

    /// A success without its content.
    pub(super) fn success(answer: &AnswerDescription) -> Value {
        let mut response = json!({"description": answer.about});
        if answer.located {
            response["headers"] = json!({"Location": header("Location")});
        }
        response
    }

    /// References to everything that an operation may refuse, by status.
    pub(super) fn failures(&mut self, endpoint: &Endpoint, operation: &Operation) -> Map<String, Value> {
        let usual = usual(endpoint.access, operation, self.surface.unknown);
        let all = usual.iter().chain(endpoint.refusals()).chain(&operation.refusals);
        let mut failures: BTreeMap<u16, BTreeMap<ErrorCode, &ApiError>> = BTreeMap::new();
        for error in all {
            failures.entry(error.status_code().as_u16()).or_default().insert(error.code(), error);
        }
        let mut references = Map::new();
        for (status, errors) in failures {
            let name = errors.keys().map(|code| format!("{code:?}")).collect::<Vec<_>>().join("Or");
            references.insert(status.to_string(), json!({"$ref": format!("#/components/responses/{name}")}));
            if !self.components.contains_key(&name) {
                let component = self.failure(status, &errors);
                self.components.insert(name, component);
            }
        }
        references
    }

    fn failure(&mut self, status: u16, errors: &BTreeMap<ErrorCode, &ApiError>) -> Value {
        let codes: Vec<String> = errors.keys().map(|code| format!("`{code}`")).collect();
        let examples: Map<String, Value> =
            errors.iter().map(|(code, error)| (code.to_string(), self.example(*code, error))).collect();
        let content = json!({"schema": reference(self.surface.error), "examples": examples});
        let mut response = json!({"description": codes.join(", "), "content": {"application/json": content}});
        let headers: Map<String, Value> =
            headers_of(status).iter().map(|name| ((*name).to_owned(), header(name))).collect();
        if !headers.is_empty() {
            response["headers"] = headers.into();
        }
        response
    }

    /// A reference to the example of a code, which the first error with it gives; an example of its own for another text.
    fn example(&mut self, code: ErrorCode, error: &ApiError) -> Value {
        let example = json!({"value": (self.surface.shape)(error)});
        let known = self.examples.entry(code.to_string()).or_insert_with(|| example.clone());
        if *known == example { json!({"$ref": format!("#/components/examples/{code}")}) } else { example }
    }
}

/// The errors of an operation of its kind, whatever its own rules are.
fn usual(access: Access, operation: &Operation, unknown: UnknownFields) -> Vec<ApiError> {
    let mut all = vec![
        ApiError::rate_limited(12),
        ApiError::internal(String::new()),
        StoreError::Unavailable(String::new()).into(),
    ];
    if access != Access::NoToken {
        all.push(Refusal::Unauthenticated.into());
    }
    let detail = |field: &str, message: &str| Detail { field: field.into(), message: message.into() };
    let reads = !operation.parameters.is_empty() || operation.body.is_some();
    if reads || unknown == UnknownFields::Rejected {
        all.push(ApiError::invalid(vec![detail("name", "is missing")]));
    }
    let takes = |format: &str| operation.parameters.iter().any(|(_, of)| of.schema["format"] == format);
    if takes("cursor") {
        let message = "must be a cursor from an earlier answer, a message id, or an RFC 3339 timestamp";
        all.push(ApiError::bad_cursor(detail("before", message)));
    }
    if takes("sync-cursor") {
        all.push(SyncCursor::refusal("since"));
    }
    if let Some((content, _)) = &operation.body {
        if content.media_type == "application/json" {
            let message = "This is not JSON: EOF while parsing an object at line 1 column 1";
            all.push(ApiError::new(ErrorCode::MalformedJson, message));
        }
        let late = "The body took too long to arrive; send it again";
        all.push(ApiError::new(ErrorCode::RequestTimeout, late));
        all.push(ApiError::new(ErrorCode::PayloadTooLarge, "The body is too large"));
        let other = format!("Send the body as {}", content.media_type);
        all.push(ApiError::new(ErrorCode::UnsupportedMediaType, other));
    }
    all
}

/// The headers of an error that its reader needs. Every answer has the id of its request, and those that count for a limit
/// have its state; they are described where they matter most, once.
fn headers_of(status: u16) -> &'static [&'static str] {
    match status {
        401 => &["WWW-Authenticate"],
        429 => &["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After"],
        500 => &["X-Request-Id"],
        503 => &["Retry-After"],
        _ => &[],
    }
}

/// The headers that answers have.
pub(super) fn headers() -> Value {
    let header = |about: &str, schema: Value| json!({"description": about, "schema": schema});
    let (text, integer) = (json!({"type": "string"}), json!({"type": "integer"}));
    json!({
        "XRequestId": header("The request's id: the client's own, or one that the server made.", text.clone()),
        "Location": header("The path of what was created.", text.clone()),
        "RetryAfter": header("Seconds after which to try again.", integer.clone()),
        "WWWAuthenticate": header("`Bearer`", text),
        "RateLimitLimit": header("The number of requests in the window.", integer.clone()),
        "RateLimitRemaining": header("The number of requests that are left.", integer.clone()),
        "RateLimitReset": header("Seconds until the whole number is available again.", integer),
    })
}

/// A reference to the component of a header.
fn header(name: &str) -> Value {
    json!({"$ref": format!("#/components/headers/{}", name.replace('-', ""))})
}
