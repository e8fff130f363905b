//! Translates errors of Diesel into those of the domain.

use diesel::result::{DatabaseErrorKind, Error};
use domain::{Constraint, StoreError};

use crate::deadline::TIMEOUT_MESSAGE;

/// Returns the domain's error of a failed statement. SQLite names no constraint, only the columns, in its message.
#[expect(clippy::needless_pass_by_value, reason = "written for `map_err`, which passes the error by value")]
pub(crate) fn store_error(error: Error) -> StoreError {
    match &error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
            let message = info.message();
            if message.contains("users.username_key") {
                StoreError::Conflict(Constraint::Username)
            } else if message.contains("users.email_key") {
                StoreError::Conflict(Constraint::Email)
            } else {
                StoreError::Corrupt(message.to_owned())
            }
        }
        Error::DatabaseError(DatabaseErrorKind::Unknown, info) => from_message(info.message()),
        Error::DatabaseError(..) | Error::NotFound | Error::DeserializationError(_) => {
            StoreError::Corrupt(error.to_string())
        }
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// Distinguishes failures of the environment, which are temporary, by SQLite's messages.
fn from_message(message: &str) -> StoreError {
    let advice = [
        ("disk is full", "make room on the disk of the database"),
        ("disk I/O error", "check the disk of the database"),
        ("locked", "another program holds the database; stop it"),
        ("readonly", "let the server write to the database file and its folder"),
        (TIMEOUT_MESSAGE, "too much to read in that time"),
        ("unable to open", "let the server read the database file and its folder"),
    ];
    match advice.iter().find(|(part, _)| message.contains(part)) {
        Some((_, advice)) => StoreError::Unavailable(format!("{message}: {advice}")),
        None => StoreError::Corrupt(message.to_owned()),
    }
}

/// Returns the error where no connection was available in time.
pub(crate) fn unavailable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("no database connection: {error}"))
}
