//! The former contents of edited and deleted messages: for operators at the command line, on no surface.

use crate::Timestamp;
use crate::account::UserRef;
use crate::message::{Content, Message};

/// A message with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageAudit {
    /// The message as members see it.
    pub message: Message,
    /// The former contents, oldest first.
    pub former: Vec<FormerContent>,
    /// The user who deleted it, if any.
    pub deleted_by: Option<UserRef>,
}

/// The content of a message until a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerContent {
    /// The text or caption; a file may have had none.
    pub content: Option<Content>,
    /// The time of the change.
    pub until: Timestamp,
    /// The user who made the change.
    pub changed_by: UserRef,
}
