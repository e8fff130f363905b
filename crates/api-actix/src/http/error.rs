//! Errors as clients see them: one shape, and one place that gives each refusal its code.

use std::fmt;

use actix_http::ws::HandshakeError;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use domain::{Error, Refusal, StoreError};
use live::SessionError;
use serde::Serialize;
use utoipa::ToSchema;

use super::ErrorCode;

/// One bad field, parameter or id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Detail {
    pub field: String,
    pub message: String,
}

/// An answer other than the one asked for.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: ErrorCode,
    message: String,
    details: Vec<Detail>,
    /// Seconds after which another try makes sense.
    retry_after: Option<u64>,
    /// A further header: of a 405 the methods of the path, of a 416 the length of the file, of a handshake its version.
    header: Option<Box<(header::HeaderName, String)>>,
    /// The cause, for the log only.
    cause: Option<Box<str>>,
}

/// Makes the body of an error. Status and headers are the error's own.
pub(crate) type ErrorShape = fn(&ApiError) -> serde_json::Value;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    ok: bool,
    error: &'a str,
    code: ErrorCode,
    #[serde(skip_serializing_if = "<[Detail]>::is_empty")]
    details: &'a [Detail],
    request_id: &'a str,
}

impl ApiError {
    /// Makes an error with the status of its code.
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let (status, message) = (code.status(), message.into());
        Self { status, code, message, details: vec![], retry_after: None, header: None, cause: None }
    }

    pub(crate) fn invalid(details: Vec<Detail>) -> Self {
        let names: Vec<&str> = details.iter().map(|detail| detail.field.as_str()).collect();
        let message = format!("Invalid fields: {}", names.join(", "));
        Self { details, ..Self::new(ErrorCode::ValidationFailed, message) }
    }

    pub(crate) fn bad_cursor(detail: Detail) -> Self {
        let message =
            format!("The cursor in `{}` can't be read; send one from an earlier answer", detail.field);
        Self { details: vec![detail], ..Self::new(ErrorCode::InvalidCursor, message) }
    }

    pub(crate) fn method_not_allowed(allow: String) -> Self {
        let error = Self::new(ErrorCode::MethodNotAllowed, format!("This path knows the methods {allow}"));
        Self { header: Some(Box::new((header::ALLOW, allow))), ..error }
    }

    pub(crate) fn range_not_satisfiable(size: u64) -> Self {
        let message = format!("The file has {size} bytes; ask for a range within them");
        let error = Self::new(ErrorCode::RangeNotSatisfiable, message);
        Self { header: Some(Box::new((header::CONTENT_RANGE, format!("bytes */{size}")))), ..error }
    }

    /// The refusal of a handshake; of another version with the one that the server speaks (RFC 6455, 4.2.2).
    pub(crate) fn no_handshake(error: HandshakeError) -> Self {
        let refused = Self::bad_request(format!("This path is a WebSocket: {error}"));
        match error {
            HandshakeError::UnsupportedVersion | HandshakeError::NoVersionHeader => {
                Self { header: Some(Box::new((header::SEC_WEBSOCKET_VERSION, "13".to_owned()))), ..refused }
            }
            _ => refused,
        }
    }

    /// The refusal of a client that takes neither plain nor compressed answers.
    pub(crate) fn not_acceptable() -> Self {
        Self::new(ErrorCode::NotAcceptable, "Accept-Encoding allows none of gzip, deflate, zstd and identity")
    }

    pub(crate) fn not_found() -> Self {
        Self::new(ErrorCode::NotFound, "There is nothing at this path")
    }

    pub(crate) fn rate_limited(retry_after: u64) -> Self {
        Self::too_many(format!("Too many requests; try again in {retry_after} s"), retry_after)
    }

    fn too_many(message: impl Into<String>, retry_after: u64) -> Self {
        let error = Self::new(ErrorCode::RateLimited, message);
        Self { retry_after: Some(retry_after), ..error }
    }

    pub(crate) fn internal(cause: String) -> Self {
        let message = "Something went wrong here; the log has it under this request id";
        let error = Self::new(ErrorCode::Internal, message);
        Self { cause: Some(cause.into()), ..error }
    }

    fn unavailable(cause: String) -> Self {
        let message = "The server is too busy, or its store does not answer; try again shortly";
        let error = Self::new(ErrorCode::Unavailable, message);
        Self { retry_after: Some(1), cause: Some(cause.into()), ..error }
    }

    pub(crate) fn bad_request(message: String) -> Self {
        Self::new(ErrorCode::ValidationFailed, message)
    }

    fn too_many_connections() -> Self {
        Self::too_many("You have too many sockets open; close some of them first", 10)
    }

    pub(crate) fn too_many_unauthenticated(retry_after: u64) -> Self {
        let message =
            "Your address has too many sockets that have not authenticated; authenticate them, or close some";
        Self::too_many(message, retry_after)
    }

    fn too_many_rooms() -> Self {
        Self::too_many("Your sockets listen to too many rooms; leave some of them first", 10)
    }

    pub(crate) fn too_many_events() -> Self {
        let message = "Too many of your events wait for their turn; send more as these are acknowledged";
        Self::too_many(message, 1)
    }

    pub(crate) fn foreign_origin() -> Self {
        let message = "Pages of this origin may not open sockets here";
        Self::new(ErrorCode::NotAllowed, message)
    }

    pub(crate) fn foreign_request(message: String) -> Self {
        Self::new(ErrorCode::NotAllowed, message)
    }

    /// The same error, which names another time to try again, in seconds.
    pub(crate) fn with_retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// The same error with another status than that of its code.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn code(&self) -> ErrorCode {
        self.code
    }

    /// The message for a person.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The problem of each bad field.
    pub(crate) fn details(&self) -> &[Detail] {
        &self.details
    }

    /// Makes the answer to the request of that id, in a dialect's shape if there is one, and logs the cause.
    pub(crate) fn respond(&self, request_id: &str, shape: Option<ErrorShape>) -> HttpResponse {
        if let Some(cause) = &self.cause {
            tracing::error!(code = self.code.as_str(), %cause, "a request failed");
        }
        self.shape(request_id, shape)
    }

    fn shape(&self, request_id: &str, shape: Option<ErrorShape>) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some((name, value)) = self.header.as_deref() {
            response.insert_header((name, value.as_str()));
        }
        if self.status == StatusCode::REQUEST_TIMEOUT {
            // Else the server would wait for the rest of the body, before the next request.
            response.force_close();
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        }
        if let Some(shape) = shape {
            return response.json(shape(self));
        }
        response.json(self.body(request_id))
    }

    fn body<'a>(&'a self, request_id: &'a str) -> Body<'a> {
        Body { ok: false, error: &self.message, code: self.code, details: &self.details, request_id }
    }

    /// The body of the canonical shape, as descriptions show it.
    pub(crate) fn example(&self) -> serde_json::Value {
        serde_json::json!(self.body("checkout-17"))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    /// Used only where there is no request; the middleware answers with the request's id.
    fn error_response(&self) -> HttpResponse {
        self.shape("", None)
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::Store(error) => error.into(),
        }
    }
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Domain(error) => error.into(),
            SessionError::TooManyConnections => Self::too_many_connections(),
            SessionError::TooManyRooms => Self::too_many_rooms(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) => Self::unavailable(cause),
            StoreError::Conflict(constraint) => {
                Self::internal(format!("an unexpected conflict: {constraint:?}"))
            }
            StoreError::Corrupt(cause) => Self::internal(cause),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let of_field = |field: &str, message: &str| {
            Self::invalid(vec![Detail { field: field.to_owned(), message: message.to_owned() }])
        };
        match refusal {
            Refusal::TooManyFailures | Refusal::TooManyAtOnce => Self::too_many(refusal.to_string(), 1),
            Refusal::InThread => of_field("threadId", "must name a message that is in no thread"),
            Refusal::NotAnImage => {
                of_field("fileId", "must name a raster image; send another file as `file`")
            }
            _ => Self::new(refusal.into(), refusal.to_string()),
        }
    }
}
