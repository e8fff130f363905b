//! Cursors of syncs and subscriptions. What a cursor contains, only its user can have opened.

use domain::sync::{Cursor, LONGEST_CURSOR, ReadSync};
use domain::{Invalid, UserId};
use serde_json::{Value as Json, json};

use super::{ApiError, Detail, Fields, InvalidField, Value};

/// A cursor as one looks.
pub(crate) const EXAMPLE: &str = "q83rW1vKfCwz4yWJjtmX0O7DRmNsE9Qy";

/// The text of a sealed cursor.
pub(crate) struct SyncCursor(pub String);

impl SyncCursor {
    /// Opens the cursor that a client sent, if it did, in the field of that name.
    pub(crate) fn open(
        text: Option<&str>,
        field: &str,
        read: &ReadSync,
        user: UserId,
    ) -> Result<Option<Cursor>, ApiError> {
        text.map(|text| read.open(user, text).ok_or_else(|| Self::refusal(field))).transpose()
    }

    /// The refusal of a cursor that is none of this user.
    pub(crate) fn refusal(field: &str) -> ApiError {
        let message = "must be a cursor from an earlier answer to the same user".to_owned();
        ApiError::bad_cursor(Detail { field: field.to_owned(), message })
    }
}

impl std::str::FromStr for SyncCursor {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let sealed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if (1..=LONGEST_CURSOR).contains(&text.len()) && text.bytes().all(sealed) {
            return Ok(Self(text.to_owned()));
        }
        Err(Invalid::new("is not a cursor"))
    }
}

impl Value for SyncCursor {
    fn optional(fields: &mut Fields, name: &str) -> Result<Option<Self>, InvalidField> {
        match fields.optional::<String>(name)? {
            Some(text) => text.parse().map(Some).map_err(|_| fields.bad_cursor(name)),
            None => Ok(None),
        }
    }

    fn schema() -> Json {
        json!({"type": "string", "format": "sync-cursor", "pattern": "^[A-Za-z0-9_-]{1,128}$",
            "examples": [EXAMPLE],
            "description": "The cursor of an earlier answer to the same user."})
    }
}
