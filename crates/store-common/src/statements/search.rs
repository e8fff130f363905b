//! The index of words: what it lacks, and what is to be added.

use diesel::sql_types::BigInt;
use domain::room::{Revision, Seq};
use domain::{MessageId, RoomId};

use super::StoreBackend;
use crate::message_search::pending::LACKING;
use crate::sql_types::Id;
use crate::statement::{Statement, sql};

/// The rooms that are looked through at once for one that lacks entries.
const ROOMS: u32 = 10_000;

/// Selects the text of a living message, as [`IndexedTextRow`](crate::rows::IndexedTextRow).
#[must_use]
pub fn living_text<DB: StoreBackend>(room: RoomId, message: MessageId) -> Statement<DB> {
    sql("SELECT s.seq, s.content, r.words_seq, r.last_seq FROM messages s JOIN rooms r ON r.id = s.room_id
         WHERE s.id = ?1 AND s.room_id = ?2 AND s.deleted_at IS NULL")
    .bind::<Id, _>(message)
    .bind::<Id, _>(room)
}

/// Selects the texts of the living messages from one to another, as [`TextRow`](crate::rows::TextRow).
#[must_use]
pub fn texts_between<DB: StoreBackend>(room: RoomId, from: Seq, last: Seq) -> Statement<DB> {
    sql("SELECT seq, content FROM messages
         WHERE room_id = ?1 AND seq BETWEEN ?2 AND ?3 AND deleted_at IS NULL AND content IS NOT NULL")
    .bind::<Id, _>(room)
    .bind::<BigInt, _>(from.0)
    .bind::<BigInt, _>(last.0)
}

/// Counts the messages that lack entries and are not pending. Reads every room.
#[must_use]
pub fn unindexed_messages<DB: StoreBackend>() -> Statement<DB> {
    sql(format!(
        "SELECT CAST(coalesce(sum(last_seq - words_seq), 0) AS bigint) AS n FROM rooms
         WHERE last_seq - words_seq >= {LACKING} AND deleted_at IS NULL"
    ))
}

/// Counts the edits that lack entries.
#[must_use]
pub fn unindexed_edits<DB: StoreBackend>() -> Statement<DB> {
    sql("SELECT count(*) AS n FROM message_history WHERE NOT in_words")
}

/// Selects, of the next rooms from one on, the first that lacks entries, as [`LackingRoomRow`](crate::rows::LackingRoomRow).
#[must_use]
pub fn lacking_room<DB: StoreBackend>(from: RoomId) -> Statement<DB> {
    sql(format!(
        "WITH next_rooms AS (SELECT id, words_seq, last_seq, deleted_at FROM rooms WHERE id >= ?1 ORDER BY id LIMIT {ROOMS})
         SELECT (SELECT id FROM next_rooms WHERE words_seq < last_seq AND deleted_at IS NULL ORDER BY id LIMIT 1) AS lacking,
            (SELECT id FROM next_rooms ORDER BY id DESC LIMIT 1) AS last"
    ))
    .bind::<Id, _>(from)
}

/// Locks a living room, and selects how far it has its entries, as [`GapRow`](crate::rows::GapRow).
#[must_use]
pub fn lock_gap<DB: StoreBackend>(room: RoomId) -> Statement<DB> {
    sql("SELECT r.words_seq, r.last_seq FROM rooms r WHERE r.id = ?1 AND r.deleted_at IS NULL")
        .bind::<Id, _>(room)
        .followed_by(DB::LOCK_ROOM)
}

/// Stores that the messages of a room have their entries up to one.
#[must_use]
pub fn close_gap<DB: StoreBackend>(room: RoomId, seq: Seq) -> Statement<DB> {
    sql("UPDATE rooms SET words_seq = ?2 WHERE id = ?1").bind::<Id, _>(room).bind::<BigInt, _>(seq.0)
}

/// Selects edits that lack entries, as [`UnindexedEditRow`](crate::rows::UnindexedEditRow).
#[must_use]
pub fn edits_to_index<DB: StoreBackend>(limit: u32) -> Statement<DB> {
    sql("SELECT h.message_id, h.revision, s.room_id, s.seq, s.deleted_at IS NOT NULL AS deleted, s.content
         FROM message_history h JOIN messages s ON s.id = h.message_id WHERE NOT h.in_words
         ORDER BY h.message_id, h.revision LIMIT ?1")
    .bind::<BigInt, _>(i64::from(limit))
}

/// Stores that an edit has its entries.
#[must_use]
pub fn edit_indexed<DB: StoreBackend>(message: MessageId, revision: Revision) -> Statement<DB> {
    sql("UPDATE message_history SET in_words = TRUE WHERE message_id = ?1 AND revision = ?2")
        .bind::<Id, _>(message)
        .bind::<BigInt, _>(revision.0)
}
