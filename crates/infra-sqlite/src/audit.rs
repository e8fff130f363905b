//! What was said before it was edited or deleted.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use domain::account::UserRef;
use domain::audit::{AuditReader, FormerContent, MessageAudit};
use domain::message::Content;
use domain::{MessageId, StoreError};

use crate::SqliteStore;
use crate::errors::store_error;
use crate::rows::{MessageRow, bytes, moment, user_ref};

#[derive(QueryableByName)]
struct FormerRow {
    #[diesel(sql_type = Nullable<Text>)]
    content: Option<String>,
    #[diesel(sql_type = BigInt)]
    changed_at: i64,
    #[diesel(sql_type = Binary)]
    changed_by: Vec<u8>,
    #[diesel(sql_type = Text)]
    username: String,
}

#[derive(QueryableByName)]
struct NameRow {
    #[diesel(sql_type = Text)]
    username: String,
}

#[async_trait]
impl AuditReader for SqliteStore {
    async fn message(&self, id: MessageId) -> Result<Option<MessageAudit>, StoreError> {
        self.database.read(move |c| audit(c, id)).await
    }
}

fn audit(c: &mut SqliteConnection, id: MessageId) -> Result<Option<MessageAudit>, StoreError> {
    let row: Option<MessageRow> = sql_query(format!("{} WHERE s.id = ?1", MessageRow::SELECT))
        .bind::<Binary, _>(bytes(id.0))
        .get_result(c)
        .optional()
        .map_err(store_error)?;
    let Some(row) = row else { return Ok(None) };
    let rows: Vec<FormerRow> = sql_query(
        "SELECT h.content, h.changed_at, h.changed_by, u.username FROM message_history h
         JOIN users u ON u.id = h.changed_by WHERE h.message_id = ?1 ORDER BY h.revision",
    )
    .bind::<Binary, _>(bytes(id.0))
    .load(c)
    .map_err(store_error)?;
    let mut former = rows
        .into_iter()
        .map(|row| {
            Ok(FormerContent {
                content: row.content.map(Content::stored),
                until: moment(row.changed_at)?,
                changed_by: user_ref(&row.changed_by, row.username)?,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    let mut deleted_by = None;
    if let (Some(at), Some(by)) = (row.deleted_at, &row.deleted_by) {
        let by = deleter(c, by)?;
        let content = row.content.clone().map(Content::stored);
        former.push(FormerContent { content, until: moment(at)?, changed_by: by.clone() });
        deleted_by = Some(by);
    }
    Ok(Some(MessageAudit { message: row.message()?, former, deleted_by }))
}

fn deleter(c: &mut SqliteConnection, id: &[u8]) -> Result<UserRef, StoreError> {
    let row: NameRow = sql_query("SELECT username FROM users WHERE id = ?1")
        .bind::<Binary, _>(id)
        .get_result(c)
        .map_err(store_error)?;
    user_ref(id, row.username)
}
