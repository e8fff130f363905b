//! Messages.

use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use domain::message::{Content, Deletion, Edit, Mentions};
use domain::metadata::Metadata;
use domain::{MessageId, PageRequest, RoomId};

use super::{StoreBackend, paged};
use crate::rows::{FormerRow, MessageRow, VersionRow};
use crate::sql_types::{Id, Moment};
use crate::statement::{Statement, sql};

/// Selects a message of a room, as [`MessageRow`].
#[must_use]
pub fn message<DB: StoreBackend>(room: RoomId, message: MessageId) -> Statement<DB> {
    sql(format!("{}WHERE s.id = ?1 AND s.room_id = ?2", MessageRow::SELECT))
        .bind::<Id, _>(message)
        .bind::<Id, _>(room)
}

/// Selects a message of any room, as [`MessageRow`].
#[must_use]
pub fn message_of_any_room<DB: StoreBackend>(message: MessageId) -> Statement<DB> {
    sql(format!("{}WHERE s.id = ?1", MessageRow::SELECT)).bind::<Id, _>(message)
}

/// Selects the former contents of a message, as [`FormerRow`].
#[must_use]
pub fn former_contents<DB: StoreBackend>(message: MessageId) -> Statement<DB> {
    sql(FormerRow::SELECT).bind::<Id, _>(message)
}

/// Selects a page of the contents of a living message, as [`VersionRow`].
#[must_use]
pub fn versions<DB: StoreBackend>(message: MessageId, page: PageRequest) -> Statement<DB> {
    paged(sql(VersionRow::SELECT).bind::<Id, _>(message), page)
}

/// Counts the contents of a living message.
#[must_use]
pub fn version_count<DB: StoreBackend>(message: MessageId) -> Statement<DB> {
    sql("SELECT (SELECT count(*) FROM message_history h WHERE h.message_id = s.id) + 1 AS n
         FROM messages s WHERE s.id = ?1 AND s.deleted_at IS NULL")
    .bind::<Id, _>(message)
}

/// Copies the content of a message into its history, before an edit.
#[must_use]
pub fn keep_content<DB: StoreBackend>(edit: &Edit) -> Statement<DB> {
    sql("INSERT INTO message_history (message_id, revision, content, changed_by, changed_at, in_words)
         SELECT id, ?2, content, ?3, ?4, TRUE FROM messages WHERE id = ?1 AND room_id = ?5")
    .bind::<Id, _>(edit.message)
    .bind::<BigInt, _>(edit.revision.0)
    .bind::<Id, _>(edit.by)
    .bind::<Moment, _>(edit.at)
    .bind::<Id, _>(edit.room)
}

/// Replaces the content and the metadata of a message, where the edit has others.
#[must_use]
pub fn edit_message<DB: StoreBackend>(edit: &Edit) -> Statement<DB> {
    sql("UPDATE messages SET content = coalesce(?2, content), revision = ?3, edited_at = ?4,
            metadata = CASE WHEN ?6 THEN ?7 ELSE metadata END
         WHERE id = ?1 AND room_id = ?5")
    .bind::<Id, _>(edit.message)
    .bind::<Nullable<Text>, _>(edit.content.as_ref().map(Content::as_str).map(String::from))
    .bind::<BigInt, _>(edit.revision.0)
    .bind::<Moment, _>(edit.at)
    .bind::<Id, _>(edit.room)
    .bind::<Bool, _>(edit.metadata.is_some())
    .bind::<Nullable<Text>, _>(edit.metadata.as_ref().and_then(Metadata::text).map(String::from))
}

/// Stores whether a message mentions people, and the room.
#[must_use]
pub fn mark_mentions<DB: StoreBackend>(message: MessageId, mentions: &Mentions) -> Statement<DB> {
    sql("UPDATE messages SET mentions_people = ?2, mentions_room = ?3 WHERE id = ?1")
        .bind::<Id, _>(message)
        .bind::<Bool, _>(!mentions.people.is_empty())
        .bind::<Bool, _>(mentions.room)
}

/// Removes the people whom a message mentions.
#[must_use]
pub fn delete_mentions<DB: StoreBackend>(message: MessageId) -> Statement<DB> {
    sql("DELETE FROM mentions WHERE message_id = ?1").bind::<Id, _>(message)
}

/// Makes a message a tombstone.
#[must_use]
pub fn delete_message<DB: StoreBackend>(deletion: &Deletion) -> Statement<DB> {
    sql("UPDATE messages SET revision = ?2, deleted_at = ?3, deleted_by = ?4 WHERE id = ?1 AND room_id = ?5")
        .bind::<Id, _>(deletion.message)
        .bind::<BigInt, _>(deletion.revision.0)
        .bind::<Moment, _>(deletion.at)
        .bind::<Id, _>(deletion.by)
        .bind::<Id, _>(deletion.room)
}
