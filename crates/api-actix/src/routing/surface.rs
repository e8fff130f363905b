//! Surfaces: the canonical API and its dialects, as far as their documents differ.

use serde_json::{Map, Value};

use crate::http::{ErrorShape, UnknownFields};

/// A set of endpoints with one way to write errors, and one OpenAPI document.
pub(crate) struct Surface {
    pub title: String,
    pub about: &'static str,
    /// The start of its paths, which is the server of the document.
    pub base: &'static str,
    /// The name of the schema of errors.
    pub error: &'static str,
    /// The schema of errors, and those it refers to.
    pub schemas: Map<String, Value>,
    /// Makes the body of an error.
    pub shape: ErrorShape,
    pub unknown: UnknownFields,
}
