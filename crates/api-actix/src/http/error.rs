//! Errors as clients see them: one shape, and one place that gives each refusal its status and code.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use domain::{Error, Refusal, StoreError};
use live::SessionError;
use serde::Serialize;
use utoipa::ToSchema;

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
    code: &'static str,
    message: String,
    details: Vec<Detail>,
    /// Seconds after which another try makes sense.
    retry_after: Option<u64>,
    /// What a header tells besides: of a 405 the methods that the path knows, of a 416 how long the file is.
    header: Option<Box<(header::HeaderName, String)>>,
    /// What the log is told and the client is not.
    cause: Option<Box<str>>,
}

/// The body that a dialect words an error in. Status and headers are the error's own.
pub(crate) type Shape = fn(&ApiError) -> serde_json::Value;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    ok: bool,
    error: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "<[Detail]>::is_empty")]
    details: &'a [Detail],
    request_id: &'a str,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, code, message, details: vec![], retry_after: None, header: None, cause: None }
    }

    pub(crate) fn invalid(details: Vec<Detail>) -> Self {
        let names: Vec<&str> = details.iter().map(|detail| detail.field.as_str()).collect();
        let message = format!("Mend these and send again: {}", names.join(", "));
        Self { details, ..Self::new(StatusCode::BAD_REQUEST, "VALIDATION_FAILED", message) }
    }

    pub(crate) fn bad_cursor(detail: Detail) -> Self {
        let message =
            format!("The cursor in `{}` can't be read; send one from an earlier answer", detail.field);
        Self { details: vec![detail], ..Self::new(StatusCode::BAD_REQUEST, "INVALID_CURSOR", message) }
    }

    pub(crate) fn method_not_allowed(allow: String) -> Self {
        let error = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            format!("This path knows the methods {allow}"),
        );
        Self { header: Some(Box::new((header::ALLOW, allow))), ..error }
    }

    pub(crate) fn range_not_satisfiable(size: u64) -> Self {
        let message = format!("The file has {size} bytes; ask for a range within them");
        let error = Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "RANGE_NOT_SATISFIABLE", message);
        Self { header: Some(Box::new((header::CONTENT_RANGE, format!("bytes */{size}")))), ..error }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing at this path")
    }

    pub(crate) fn rate_limited(retry_after: u64) -> Self {
        Self::too_many(format!("Too many requests; try again in {retry_after} s"), retry_after)
    }

    fn too_many(message: impl Into<String>, retry_after: u64) -> Self {
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message);
        Self { retry_after: Some(retry_after), ..error }
    }

    pub(crate) fn internal(cause: String) -> Self {
        let message = "Something went wrong here; the log has it under this request id";
        let error = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", message);
        Self { cause: Some(cause.into()), ..error }
    }

    fn unavailable(cause: String) -> Self {
        let message = "The store does not answer; try again shortly";
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message);
        Self { retry_after: Some(1), cause: Some(cause.into()), ..error }
    }

    pub(crate) fn bad_request(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_FAILED", message)
    }

    fn too_many_connections() -> Self {
        Self::too_many("You have too many sockets open; close some of them first", 10)
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
        Self::new(StatusCode::FORBIDDEN, "NOT_ALLOWED", message)
    }

    pub(crate) fn foreign_request(message: String) -> Self {
        Self::new(StatusCode::FORBIDDEN, "NOT_ALLOWED", message)
    }

    /// What a program is told.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// What a person is told.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What is wrong with each bad field.
    pub(crate) fn details(&self) -> &[Detail] {
        &self.details
    }

    /// The answer, with the id of the request it belongs to, in a dialect's shape where one is spoken there; what it does
    /// not say of its cause goes to the log.
    pub(crate) fn respond(&self, request_id: &str, shape: Option<Shape>) -> HttpResponse {
        if let Some(cause) = &self.cause {
            tracing::error!(code = self.code, %cause, "a request failed");
        }
        self.shape(request_id, shape)
    }

    fn shape(&self, request_id: &str, shape: Option<Shape>) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some((name, value)) = self.header.as_deref() {
            response.insert_header((name, value.as_str()));
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
        serde_json::json!(self.body("0197a5c2-8f00-7000-8000-000000000000"))
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

    /// Used only where no request is at hand; the middleware answers with the request's id.
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
                Self::internal(format!("nobody expected a conflict: {constraint:?}"))
            }
            StoreError::Corrupt(cause) => Self::internal(cause),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = match refusal {
            Refusal::Unauthenticated => (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
            Refusal::InvalidCredentials => (StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS"),
            Refusal::NotAMember => (StatusCode::FORBIDDEN, "NOT_A_MEMBER"),
            Refusal::AdminRequired => (StatusCode::FORBIDDEN, "ADMIN_REQUIRED"),
            Refusal::NotAllowed => (StatusCode::FORBIDDEN, "NOT_ALLOWED"),
            Refusal::RoomNotFound => (StatusCode::NOT_FOUND, "ROOM_NOT_FOUND"),
            Refusal::MessageNotFound => (StatusCode::NOT_FOUND, "MESSAGE_NOT_FOUND"),
            Refusal::UserNotFound => (StatusCode::NOT_FOUND, "USER_NOT_FOUND"),
            Refusal::FileNotFound => (StatusCode::NOT_FOUND, "FILE_NOT_FOUND"),
            Refusal::InvitationNotFound => (StatusCode::NOT_FOUND, "INVITATION_NOT_FOUND"),
            Refusal::MemberNotFound => (StatusCode::NOT_FOUND, "MEMBER_NOT_FOUND"),
            Refusal::LastAdmin => (StatusCode::CONFLICT, "LAST_ADMIN"),
            Refusal::UsernameTaken => (StatusCode::CONFLICT, "USERNAME_TAKEN"),
            Refusal::EmailTaken => (StatusCode::CONFLICT, "EMAIL_TAKEN"),
            Refusal::SlugTaken => (StatusCode::CONFLICT, "SLUG_TAKEN"),
            Refusal::AlreadyMember => (StatusCode::CONFLICT, "ALREADY_MEMBER"),
            Refusal::IdempotencyConflict => (StatusCode::CONFLICT, "IDEMPOTENCY_CONFLICT"),
            Refusal::FileInUse => (StatusCode::CONFLICT, "FILE_IN_USE"),
            Refusal::FileTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"),
            Refusal::NotAnImage => {
                let message = "must name a raster image; send another file as `file`".to_owned();
                return Self::invalid(vec![Detail { field: "fileId".to_owned(), message }]);
            }
        };
        Self::new(status, code, refusal.to_string())
    }
}
