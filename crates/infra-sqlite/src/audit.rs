//! Former contents of messages.

use async_trait::async_trait;
use domain::audit::{AuditReader, MessageAudit};
use domain::{MessageId, StoreError};
use store_common::rows::{FormerRow, MessageRow, audit};
use store_common::sql_types::Id;
use store_common::statement::sql;

use crate::SqliteStore;
use crate::query::{all, one};

#[async_trait]
impl AuditReader for SqliteStore {
    async fn message(&self, id: MessageId) -> Result<Option<MessageAudit>, StoreError> {
        let message = sql(format!("{}WHERE s.id = ?1", MessageRow::SELECT)).bind::<Id, _>(id);
        let former = sql(FormerRow::SELECT).bind::<Id, _>(id);
        self.database
            .read(move |c| {
                let Some(message) = one::<MessageRow>(c, message)? else { return Ok(None) };
                Ok(Some(audit(message, all::<FormerRow>(c, former)?)))
            })
            .await
    }
}
