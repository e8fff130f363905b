//! Cursors of syncs and subscriptions. What a cursor contains, only its user can have opened.

use domain::UserId;
use domain::sync::{Cursor, ReadSync};
use serde_json::{Value as Json, json};

use super::{ApiError, Detail, Fields, InvalidField, Value};

/// A cursor as one looks.
pub(crate) const EXAMPLE: &str = "q83rW1vKfCwz4yWJjtmX0O7DRmNsE9Qy";

/// A cursor of the caller.
pub(crate) struct SyncCursor(pub Cursor);

impl SyncCursor {
    /// Opens the cursor that a client sent in the field of that name of a frame, if it did.
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

impl Value for SyncCursor {
    fn optional(fields: &mut Fields, name: &str) -> Result<Option<Self>, InvalidField> {
        match fields.optional::<String>(name)? {
            Some(text) => fields.open_cursor(name, &text).map(|cursor| Some(Self(cursor))),
            None => Ok(None),
        }
    }

    fn schema() -> Json {
        json!({"type": "string", "format": "sync-cursor", "pattern": "^[A-Za-z0-9_-]{1,128}$",
            "examples": [EXAMPLE],
            "description": "The cursor of an earlier answer to the same user."})
    }
}
