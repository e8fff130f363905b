//! From Diesel's errors to the domain's.

use diesel::result::{DatabaseErrorKind, Error};
use domain::{Constraint, StoreError};

/// What a failed statement means to the rules. SQLite names no constraint, only the columns, in its message.
#[expect(clippy::needless_pass_by_value, reason = "written for `map_err`, which hands the error over")]
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
        Error::DatabaseError(DatabaseErrorKind::Unknown, info) => outside(info.message()),
        Error::DatabaseError(..) | Error::NotFound | Error::DeserializationError(_) => {
            StoreError::Corrupt(error.to_string())
        }
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// SQLite's words for what the machine, not the data, is to blame for.
fn outside(message: &str) -> StoreError {
    let advice = [
        ("disk is full", "make room on the disk of the database"),
        ("disk I/O error", "check the disk of the database"),
        ("locked", "another program holds the database; stop it"),
        ("readonly", "let the server write to the database file and its folder"),
        ("unable to open", "let the server read the database file and its folder"),
    ];
    match advice.iter().find(|(words, _)| message.contains(words)) {
        Some((_, advice)) => StoreError::Unavailable(format!("{message}: {advice}")),
        None => StoreError::Corrupt(message.to_owned()),
    }
}

/// No connection in time.
pub(crate) fn unavailable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("no database connection: {error}"))
}
