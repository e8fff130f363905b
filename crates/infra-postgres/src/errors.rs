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

/// Returns true for a write that the database, or the session, refuses because it only reads.
pub(crate) fn is_read_only(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _))
}

/// Distinguishes failures of the environment, which are temporary, by PostgreSQL's messages. (Diesel passes on no SQLSTATE.)
fn from_message(message: &str) -> StoreError {
    if is_temporary(message) {
        StoreError::Unavailable(message.to_owned())
    } else {
        StoreError::Corrupt(message.to_owned())
    }
}

/// Returns true for the message of a failure of the environment.
pub(crate) fn is_temporary(message: &str) -> bool {
    const TEMPORARY: [&str; 18] = [
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
        // A pooler's.
        "query_wait_timeout",
        "server conn crashed",
        "server login has been failing",
        "cannot connect to server",
        "no more connections allowed",
    ];
    TEMPORARY.iter().any(|part| message.contains(part))
}

/// Returns the error where no connection was available, or no answer arrived, in time.
pub(crate) fn unavailable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("no database connection: {error}"))
}
