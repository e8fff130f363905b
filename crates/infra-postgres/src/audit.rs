//! What was said before it was edited or deleted.

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use domain::account::UserRef;
use domain::audit::{AuditReader, FormerContent, MessageAudit};
use domain::message::Content;
use domain::{MessageId, StoreError};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::PostgresStore;
use crate::pool::Link;
use crate::rows::{MessageRow, moment, user_ref};
use crate::statement::sql;

#[derive(QueryableByName)]
struct FormerRow {
    #[diesel(sql_type = Nullable<Text>)]
    content: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    changed_at: OffsetDateTime,
    #[diesel(sql_type = SqlUuid)]
    changed_by: Uuid,
    #[diesel(sql_type = Text)]
    username: String,
}

#[derive(QueryableByName)]
struct NameRow {
    #[diesel(sql_type = Text)]
    username: String,
}

#[async_trait]
impl AuditReader for PostgresStore {
    async fn message(&self, id: MessageId) -> Result<Option<MessageAudit>, StoreError> {
        let mut link = self.database.link().await?;
        let statement = sql(format!("{} WHERE s.id = $1", MessageRow::SELECT)).bind::<SqlUuid, _>(id.0);
        let row: Option<MessageRow> = link.row(statement).await?;
        let Some(row) = row else { return Ok(None) };
        let statement = sql("SELECT h.content, h.changed_at, h.changed_by, u.username FROM message_history h
             JOIN users u ON u.id = h.changed_by WHERE h.message_id = $1 ORDER BY h.revision")
        .bind::<SqlUuid, _>(id.0);
        let rows: Vec<FormerRow> = link.rows(statement).await?;
        let mut former = rows
            .into_iter()
            .map(|row| {
                Ok(FormerContent {
                    content: row.content.map(Content::stored),
                    until: moment(row.changed_at)?,
                    changed_by: user_ref(row.changed_by, row.username),
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let mut deleted_by = None;
        if let (Some(at), Some(by)) = (row.deleted_at, row.deleted_by) {
            let by = deleter(&mut link, by).await?;
            let content = row.content.clone().map(Content::stored);
            former.push(FormerContent { content, until: moment(at)?, changed_by: by.clone() });
            deleted_by = Some(by);
        }
        Ok(Some(MessageAudit { message: row.message()?, former, deleted_by }))
    }
}

async fn deleter(link: &mut Link, id: Uuid) -> Result<UserRef, StoreError> {
    let statement = sql("SELECT username FROM users WHERE id = $1").bind::<SqlUuid, _>(id);
    let row: Option<NameRow> = link.row(statement).await?;
    let row = row.ok_or_else(|| StoreError::Corrupt(format!("no user {id}")))?;
    Ok(user_ref(id, row.username))
}
