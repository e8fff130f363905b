//! What was said before it was edited or deleted: for operators at the command line, on no surface.

use async_trait::async_trait;

use crate::account::UserRef;
use crate::message::{Content, Message};
use crate::{MessageId, StoreError, Timestamp};

/// A message and all that became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageAudit {
    /// The message as everybody sees it.
    pub message: Message,
    /// Its former contents, oldest first.
    pub former: Vec<FormerContent>,
    /// Who deleted it.
    pub deleted_by: Option<UserRef>,
}

/// What a message said until somebody changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerContent {
    /// The words; a file may have had none.
    pub content: Option<Content>,
    /// Until when it said so.
    pub until: Timestamp,
    /// Who changed it.
    pub changed_by: UserRef,
}

/// Reads what no surface shows.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AuditReader: Send + Sync {
    /// The message of that id, in whatever room, with everything it ever said; deletion keeps the last words as the
    /// last of `former`.
    async fn message(&self, id: MessageId) -> Result<Option<MessageAudit>, StoreError>;
}
