//! What a unit of work writes of messages.

use diesel::sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid};
use domain::StoreError;
use domain::message::{Deletion, Edit};

use crate::pool::Link;
use crate::statement::sql;

pub(super) async fn edit(link: &mut Link, edit: Edit) -> Result<(), StoreError> {
    let kept = sql("INSERT INTO message_history (message_id, revision, content, changed_by, changed_at)
         SELECT id, $2, content, $3, $4 FROM messages WHERE id = $1 AND room_id = $5")
    .bind::<SqlUuid, _>(edit.message.0)
    .bind::<BigInt, _>(edit.revision.0)
    .bind::<SqlUuid, _>(edit.by.0)
    .bind::<Timestamptz, _>(edit.at.as_datetime())
    .bind::<SqlUuid, _>(edit.room.0);
    link.execute(kept).await?;
    let changed = sql("UPDATE messages SET content = $2, revision = $3, edited_at = $4
         WHERE id = $1 AND room_id = $5")
    .bind::<SqlUuid, _>(edit.message.0)
    .bind::<Text, _>(edit.content.as_str().to_owned())
    .bind::<BigInt, _>(edit.revision.0)
    .bind::<Timestamptz, _>(edit.at.as_datetime())
    .bind::<SqlUuid, _>(edit.room.0);
    link.execute(changed).await.map(drop)
}

pub(super) async fn delete(link: &mut Link, deletion: Deletion) -> Result<(), StoreError> {
    let statement = sql("UPDATE messages SET revision = $2, deleted_at = $3, deleted_by = $4
         WHERE id = $1 AND room_id = $5")
    .bind::<SqlUuid, _>(deletion.message.0)
    .bind::<BigInt, _>(deletion.revision.0)
    .bind::<Timestamptz, _>(deletion.at.as_datetime())
    .bind::<SqlUuid, _>(deletion.by.0)
    .bind::<SqlUuid, _>(deletion.room.0);
    link.execute(statement).await.map(drop)
}
