//! What a unit of work writes of messages.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Text};
use domain::StoreError;
use domain::message::{Deletion, Edit};

use crate::errors::store_error;
use crate::rows::bytes;

pub(super) fn edit(c: &mut SqliteConnection, edit: &Edit) -> Result<(), StoreError> {
    sql_query(
        "INSERT INTO message_history (message_id, revision, content, changed_by, changed_at)
         SELECT id, ?2, content, ?3, ?4 FROM messages WHERE id = ?1 AND room_id = ?5",
    )
    .bind::<Binary, _>(bytes(edit.message.0))
    .bind::<BigInt, _>(edit.revision.0)
    .bind::<Binary, _>(bytes(edit.by.0))
    .bind::<BigInt, _>(edit.at.unix_micros())
    .bind::<Binary, _>(bytes(edit.room.0))
    .execute(c)
    .map_err(store_error)?;
    sql_query(
        "UPDATE messages SET content = ?2, revision = ?3, edited_at = ?4 WHERE id = ?1 AND room_id = ?5",
    )
    .bind::<Binary, _>(bytes(edit.message.0))
    .bind::<Text, _>(edit.content.as_str())
    .bind::<BigInt, _>(edit.revision.0)
    .bind::<BigInt, _>(edit.at.unix_micros())
    .bind::<Binary, _>(bytes(edit.room.0))
    .execute(c)
    .map_err(store_error)?;
    Ok(())
}

pub(super) fn delete(c: &mut SqliteConnection, deletion: Deletion) -> Result<(), StoreError> {
    sql_query(
        "UPDATE messages SET revision = ?2, deleted_at = ?3, deleted_by = ?4 WHERE id = ?1 AND room_id = ?5",
    )
    .bind::<Binary, _>(bytes(deletion.message.0))
    .bind::<BigInt, _>(deletion.revision.0)
    .bind::<BigInt, _>(deletion.at.unix_micros())
    .bind::<Binary, _>(bytes(deletion.by.0))
    .bind::<Binary, _>(bytes(deletion.room.0))
    .execute(c)
    .map_err(store_error)?;
    Ok(())
}
