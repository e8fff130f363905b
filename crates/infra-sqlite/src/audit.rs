//! Former contents of messages.

use async_trait::async_trait;
use domain::audit::{AuditReader, MessageAudit};
use domain::{MessageId, StoreError};
use store_common::rows::{FormerRow, MessageRow, audit};
use store_common::statements;

use crate::SqliteStore;
use crate::query::{all, one};

#[async_trait]
impl AuditReader for SqliteStore {
    async fn message(&self, id: MessageId) -> Result<Option<MessageAudit>, StoreError> {
        self.database
            .read(move |c| {
                let Some(message) = one::<MessageRow>(c, statements::message_of_any_room(id))? else {
                    return Ok(None);
                };
                Ok(Some(audit(message, all::<FormerRow>(c, statements::former_contents(id))?)))
            })
            .await
    }
}
