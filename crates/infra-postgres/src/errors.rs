//! From Diesel's errors to the domain's.

use diesel::result::{DatabaseErrorKind, Error};
use domain::{Constraint, StoreError};

/// What a failed statement means to the rules.
#[expect(clippy::needless_pass_by_value, reason = "written for `map_err`, which hands the error over")]
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
        Error::DatabaseError(DatabaseErrorKind::Unknown, info) => outside(info.message()),
        Error::DatabaseError(..)
        | Error::NotFound
        | Error::DeserializationError(_)
        | Error::SerializationError(_)
        | Error::QueryBuilderError(_) => StoreError::Corrupt(error.to_string()),
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// PostgreSQL's words for what the machine, the network or the load, not the data, is to blame for. (Diesel passes on
/// no SQLSTATE.)
fn outside(message: &str) -> StoreError {
    const SIGNS: [&str; 13] = [
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
    if SIGNS.iter().any(|sign| message.contains(sign)) {
        StoreError::Unavailable(message.to_owned())
    } else {
        StoreError::Corrupt(message.to_owned())
    }
}

/// No connection, or no answer, in time.
pub(crate) fn unavailable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("no database connection: {error}"))
}
