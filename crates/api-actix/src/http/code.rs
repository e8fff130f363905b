//! Error codes: the status of each, and the refusals that it stands for.

use std::fmt;

use actix_web::http::StatusCode;
use domain::Refusal;

macro_rules! codes {
    ($($name:ident $text:literal $status:ident $([$($refusal:pat),+])?;)*) => {
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

        impl From<Refusal> for ErrorCode {
            fn from(refusal: Refusal) -> Self {
                match refusal { $($($($refusal)|+ => Self::$name,)?)* }
            }
        }
    };
}

codes! {
    ValidationFailed "VALIDATION_FAILED" BAD_REQUEST [Refusal::InThread, Refusal::NotAnImage];
    MalformedJson "MALFORMED_JSON" BAD_REQUEST;
    InvalidCursor "INVALID_CURSOR" BAD_REQUEST;
    Unauthenticated "UNAUTHENTICATED" UNAUTHORIZED [Refusal::Unauthenticated];
    InvalidCredentials "INVALID_CREDENTIALS" UNAUTHORIZED [Refusal::InvalidCredentials];
    NotAMember "NOT_A_MEMBER" FORBIDDEN [Refusal::NotAMember];
    AdminRequired "ADMIN_REQUIRED" FORBIDDEN [Refusal::AdminRequired, Refusal::ServerAdminRequired];
    NotAllowed "NOT_ALLOWED" FORBIDDEN [Refusal::NotAllowed];
    QuotaExceeded "QUOTA_EXCEEDED" FORBIDDEN [Refusal::QuotaExceeded(_)];
    NotFound "NOT_FOUND" NOT_FOUND [Refusal::LinkSpent];
    RoomNotFound "ROOM_NOT_FOUND" NOT_FOUND [Refusal::RoomNotFound];
    MessageNotFound "MESSAGE_NOT_FOUND" NOT_FOUND [Refusal::MessageNotFound, Refusal::MessageNotReadable];
    UserNotFound "USER_NOT_FOUND" NOT_FOUND [Refusal::UserNotFound];
    FileNotFound "FILE_NOT_FOUND" NOT_FOUND [Refusal::FileNotFound];
    InvitationNotFound "INVITATION_NOT_FOUND" NOT_FOUND [Refusal::InvitationNotFound];
    MemberNotFound "MEMBER_NOT_FOUND" NOT_FOUND [Refusal::MemberNotFound];
    MethodNotAllowed "METHOD_NOT_ALLOWED" METHOD_NOT_ALLOWED;
    NotAcceptable "NOT_ACCEPTABLE" NOT_ACCEPTABLE;
    RequestTimeout "REQUEST_TIMEOUT" REQUEST_TIMEOUT;
    LastAdmin "LAST_ADMIN" CONFLICT [Refusal::LastAdmin];
    UsernameTaken "USERNAME_TAKEN" CONFLICT [Refusal::UsernameTaken];
    EmailTaken "EMAIL_TAKEN" CONFLICT [Refusal::EmailTaken];
    SlugTaken "SLUG_TAKEN" CONFLICT [Refusal::SlugTaken];
    AlreadyMember "ALREADY_MEMBER" CONFLICT [Refusal::AlreadyMember];
    IdempotencyConflict "IDEMPOTENCY_CONFLICT" CONFLICT [Refusal::IdempotencyConflict];
    FileInUse "FILE_IN_USE" CONFLICT [Refusal::FileInUse];
    TooManyReactions "TOO_MANY_REACTIONS" CONFLICT [Refusal::TooManyReactions];
    TooManyPins "TOO_MANY_PINS" CONFLICT [Refusal::TooManyPins];
    PayloadTooLarge "PAYLOAD_TOO_LARGE" PAYLOAD_TOO_LARGE [Refusal::FileTooLarge];
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" UNSUPPORTED_MEDIA_TYPE;
    RangeNotSatisfiable "RANGE_NOT_SATISFIABLE" RANGE_NOT_SATISFIABLE;
    HeadersTooLarge "HEADERS_TOO_LARGE" REQUEST_HEADER_FIELDS_TOO_LARGE;
    RateLimited "RATE_LIMITED" TOO_MANY_REQUESTS [Refusal::TooManyFailures, Refusal::TooManyAtOnce];
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
