//! Error codes.

use std::fmt;

use actix_web::http::StatusCode;

macro_rules! codes {
    ($($name:ident $text:literal $status:ident;)*) => {
        /// The code of an error, for programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum ErrorCode { $($name),* }

        impl ErrorCode {
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            /// The code as clients see it.
            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// The status of answers with the code, in the canonical API.
            pub(crate) fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),* }
            }
        }
    };
}

codes! {
    ValidationFailed "VALIDATION_FAILED" BAD_REQUEST;
    MalformedJson "MALFORMED_JSON" BAD_REQUEST;
    InvalidCursor "INVALID_CURSOR" BAD_REQUEST;
    Unauthenticated "UNAUTHENTICATED" UNAUTHORIZED;
    InvalidCredentials "INVALID_CREDENTIALS" UNAUTHORIZED;
    NotAMember "NOT_A_MEMBER" FORBIDDEN;
    AdminRequired "ADMIN_REQUIRED" FORBIDDEN;
    NotAllowed "NOT_ALLOWED" FORBIDDEN;
    QuotaExceeded "QUOTA_EXCEEDED" FORBIDDEN;
    NotFound "NOT_FOUND" NOT_FOUND;
    RoomNotFound "ROOM_NOT_FOUND" NOT_FOUND;
    MessageNotFound "MESSAGE_NOT_FOUND" NOT_FOUND;
    UserNotFound "USER_NOT_FOUND" NOT_FOUND;
    FileNotFound "FILE_NOT_FOUND" NOT_FOUND;
    InvitationNotFound "INVITATION_NOT_FOUND" NOT_FOUND;
    MemberNotFound "MEMBER_NOT_FOUND" NOT_FOUND;
    MethodNotAllowed "METHOD_NOT_ALLOWED" METHOD_NOT_ALLOWED;
    NotAcceptable "NOT_ACCEPTABLE" NOT_ACCEPTABLE;
    RequestTimeout "REQUEST_TIMEOUT" REQUEST_TIMEOUT;
    LastAdmin "LAST_ADMIN" CONFLICT;
    UsernameTaken "USERNAME_TAKEN" CONFLICT;
    EmailTaken "EMAIL_TAKEN" CONFLICT;
    SlugTaken "SLUG_TAKEN" CONFLICT;
    AlreadyMember "ALREADY_MEMBER" CONFLICT;
    IdempotencyConflict "IDEMPOTENCY_CONFLICT" CONFLICT;
    FileInUse "FILE_IN_USE" CONFLICT;
    TooManyReactions "TOO_MANY_REACTIONS" CONFLICT;
    TooManyPins "TOO_MANY_PINS" CONFLICT;
    PayloadTooLarge "PAYLOAD_TOO_LARGE" PAYLOAD_TOO_LARGE;
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" UNSUPPORTED_MEDIA_TYPE;
    RangeNotSatisfiable "RANGE_NOT_SATISFIABLE" RANGE_NOT_SATISFIABLE;
    HeadersTooLarge "HEADERS_TOO_LARGE" REQUEST_HEADER_FIELDS_TOO_LARGE;
    RateLimited "RATE_LIMITED" TOO_MANY_REQUESTS;
    Internal "INTERNAL" INTERNAL_SERVER_ERROR;
    Unavailable "UNAVAILABLE" SERVICE_UNAVAILABLE;
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
