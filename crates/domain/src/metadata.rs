//! JSON for the client's own use, on messages and rooms.

use std::sync::Arc;

/// A JSON object that a client keeps at a message or a room; nothing reads it here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Metadata(Option<Arc<str>>);

impl Metadata {
    /// The object without members.
    pub const EMPTY: Self = Self(None);

    /// Restores metadata that was checked before it was stored; `None` is the empty object.
    #[must_use]
    pub fn stored(text: Option<String>) -> Self {
        Self(text.map(Arc::from))
    }

    /// Returns the object as compact JSON; `None` where it has no members.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.0.as_deref()
    }
}
