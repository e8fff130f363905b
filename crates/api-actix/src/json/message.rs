//! The contents that a message has had.

use domain::message::{Content, Version};
use serde::Serialize;
use utoipa::ToSchema;

use super::{UserRef, time};

/// A content that a message has had, or has now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageVersion {
    /// Null for a file without a caption.
    #[schema(required = true)]
    content: Option<String>,
    /// The time from which the message had it.
    #[schema(format = DateTime)]
    changed_at: String,
    changed_by: UserRef,
}

impl From<&Version> for MessageVersion {
    fn from(version: &Version) -> Self {
        Self {
            content: version.content.as_ref().map(Content::to_string),
            changed_at: time(version.changed_at),
            changed_by: (&version.changed_by).into(),
        }
    }
}
