//! Audit events, and former contents of messages.

use async_trait::async_trait;
use domain::audit::{AuditEntry, AuditQuery, AuditReader, AuditWindow, AuditWrites, MessageAudit};
use domain::{MessageId, StoreError};
use store_common::rows::{AuditEventRow, FormerRow, audit, audit_window};
use store_common::statements;

use crate::PostgresStore;
use crate::unit_of_work::PostgresUnitOfWork;

#[async_trait]
impl AuditReader for PostgresStore {
    async fn message(&self, id: MessageId) -> Result<Option<MessageAudit>, StoreError> {
        let mut connection = self.database.connection().await?;
        let message = crate::messages::read(&mut connection, statements::message_of_any_room(id)).await?;
        let Some(message) = message else { return Ok(None) };
        Ok(Some(audit(message, connection.all::<FormerRow>(statements::former_contents(id)).await?)))
    }

    async fn events(&self, query: AuditQuery) -> Result<AuditWindow, StoreError> {
        let read = self.database.all::<AuditEventRow>(statements::audit_events(&query)).await?;
        Ok(audit_window(read, query.anchor, query.limit))
    }
}

#[async_trait]
impl AuditWrites for PostgresUnitOfWork {
    async fn record(&mut self, entry: AuditEntry) -> Result<(), StoreError> {
        self.execute(statements::insert_audit_event(&entry)).await?;
        self.audited.push(entry);
        Ok(())
    }
}
