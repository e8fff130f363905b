//! Translates errors of Diesel into those of the domain.

use diesel::result::{DatabaseErrorKind, Error};
use domain::{Constraint, StoreError};

/// Returns the domain's error of a failed statement.
#[expect(clippy::needless_pass_by_value, reason = "written for `map_err`, which passes the error by value")]
pub(crate) fn store_error(error: Error) -> StoreError {
    match &error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => match info.constraint_name() {
            Some("users_username_key") => StoreError::Conflict(Constraint::Username),
            Some("users_email_key") => StoreError::Conflict(Constraint::Email),
            _ => StoreError::Corrupt(info.message().to_owned()),
        },
        Error::DatabaseError(
            DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::ReadOnlyTransaction
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ClosedConnection,
            info,
        ) => StoreError::Unavailable(info.message().to_owned()),
        Error::DatabaseError(DatabaseErrorKind::Unknown, info) => from_message(info.message()),
        Error::DatabaseError(..)
        | Error::NotFound
        | Error::DeserializationError(_)
        | Error::SerializationError(_)
        | Error::QueryBuilderError(_) => StoreError::Corrupt(error.to_string()),
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// Distinguishes failures of the environment, which are temporary, by PostgreSQL's messages. (Diesel passes on no SQLSTATE.)
fn from_message(message: &str) -> StoreError {
    const TEMPORARY: [&str; 13] = [
        "canceling statement",
        "terminating connection",
        "deadlock detected",
        "the database system is",
        "connection closed",
        "error communicating with the server",
        "No space left on device",
        "could not extend file",
        "could not write",
        "could not fsync",
        "too many clients",
        "remaining connection slots",
        "out of shared memory",
    ];
    if TEMPORARY.iter().any(|part| message.contains(part)) {
        StoreError::Unavailable(message.to_owned())
    } else {
        StoreError::Corrupt(message.to_owned())
    }
}

/// Returns the error where no connection was available, or no answer arrived, in time.
pub(crate) fn unavailable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("no database connection: {error}"))
}
