//! The former contents of edited and deleted messages: for operators at the command line, on no surface.

use async_trait::async_trait;

use crate::account::UserRef;
use crate::message::{Content, Message};
use crate::{MessageId, StoreError, Timestamp};

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

/// Reads data that no surface shows.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AuditReader: Send + Sync {
    /// Returns the message of that id in any room, with all former contents; the last content of a deleted one is the
    /// last of `former`. `None` where there is no such message.
    async fn message(&self, id: MessageId) -> Result<Option<MessageAudit>, StoreError>;
}
