//! Former contents of messages.

use async_trait::async_trait;
use domain::audit::{AuditReader, MessageAudit};
use domain::{MessageId, StoreError};
use store_common::rows::{FormerRow, MessageRow, audit};
use store_common::statements;

use crate::PostgresStore;

#[async_trait]
impl AuditReader for PostgresStore {
    async fn message(&self, id: MessageId) -> Result<Option<MessageAudit>, StoreError> {
        let mut connection = self.database.connection().await?;
        let message = connection.one::<MessageRow>(statements::message_of_any_room(id)).await?;
        let Some(message) = message else { return Ok(None) };
        Ok(Some(audit(message, connection.all::<FormerRow>(statements::former_contents(id)).await?)))
    }
}
