//! Audit events, and former contents of messages.

use async_trait::async_trait;
use domain::audit::{AuditEntry, AuditQuery, AuditReader, AuditWindow, AuditWrites, MessageAudit};
use domain::{MessageId, StoreError};
use store_common::rows::{AuditEventRow, FormerRow, audit, audit_window};
use store_common::statements;

use crate::SqliteStore;
use crate::query::all;
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl AuditReader for SqliteStore {
    async fn message(&self, id: MessageId) -> Result<Option<MessageAudit>, StoreError> {
        self.database
            .read(move |c| {
                let Some(message) = crate::messages::read(c, statements::message_of_any_room(id))? else {
                    return Ok(None);
                };
                Ok(Some(audit(message, all::<FormerRow>(c, statements::former_contents(id))?)))
            })
            .await
    }

    async fn events(&self, query: AuditQuery) -> Result<AuditWindow, StoreError> {
        let read = self.database.all::<AuditEventRow>(statements::audit_events(&query)).await?;
        Ok(audit_window(read, query.anchor, query.limit))
    }
}

#[async_trait]
impl AuditWrites for SqliteUnitOfWork {
    async fn record(&mut self, entry: AuditEntry) -> Result<(), StoreError> {
        self.execute(statements::insert_audit_event(&entry)).await?;
        self.audited.push(entry);
        Ok(())
    }
}
