//! Removes rows that no reader can reach any more, in short steps between the commits of senders.

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::sql_types::BigInt;
use domain::audit::AuditKind;
use domain::idempotency::KEPT_FOR;
use domain::store::{Housekeeping, Swept};
use domain::{StoreError, Timestamp};
use store_common::rows::{UnfoldedRow, UserIdRow, VisibilityChangeRow};
use store_common::sql_types::{Code, Moment};
use store_common::statement::sql;
use store_common::statements;

use crate::SqliteStore;
use crate::query::{all, execute, one};

/// The first of each index: without limits of their own, the subqueries would read every session that is over.
const SESSIONS: &str = "DELETE FROM sessions WHERE id IN (
    SELECT id FROM (SELECT id FROM sessions WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)
    UNION SELECT id FROM (SELECT id FROM sessions WHERE ended_at < ?1 ORDER BY ended_at LIMIT ?2) LIMIT ?2)";
const TICKETS: &str = "DELETE FROM tickets WHERE hash IN (
    SELECT hash FROM tickets WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";
const ANSWERS: &str = "DELETE FROM kept_answers WHERE id IN (
    SELECT id FROM kept_answers WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";
const HISTORY: &str = "DELETE FROM message_history WHERE message_id IN (SELECT s.id FROM messages s
    JOIN rooms r ON r.id = s.room_id WHERE r.deleted_at < ?1 LIMIT ?2)";
/// The rows of other tables for the messages that [`MESSAGES`] removes.
const ANNOTATIONS: [&str; 3] = [
    "DELETE FROM reactions WHERE message_id IN (SELECT s.id FROM messages s
        JOIN rooms r ON r.id = s.room_id WHERE r.deleted_at < ?1 LIMIT ?2)",
    "DELETE FROM reaction_counts WHERE message_id IN (SELECT s.id FROM messages s
        JOIN rooms r ON r.id = s.room_id WHERE r.deleted_at < ?1 LIMIT ?2)",
    "DELETE FROM mentions WHERE message_id IN (SELECT s.id FROM messages s
        JOIN rooms r ON r.id = s.room_id WHERE r.deleted_at < ?1 LIMIT ?2)",
];
const MESSAGES: &str = "DELETE FROM messages WHERE id IN (SELECT s.id FROM messages s
    JOIN rooms r ON r.id = s.room_id WHERE r.deleted_at < ?1 LIMIT ?2)";
const WORDS: &str = "DELETE FROM word_pages WHERE (room_id, start, word) IN (
    SELECT w.room_id, w.start, w.word FROM rooms r JOIN word_pages w ON w.room_id = r.id
    WHERE r.deleted_at < ?1 LIMIT ?2)";
const MEMBERSHIPS: &str = "DELETE FROM memberships WHERE (room_id, user_id) IN (SELECT m.room_id, m.user_id
    FROM memberships m JOIN rooms r ON r.id = m.room_id WHERE r.deleted_at < ?1 LIMIT ?2)";
const ROOMS: &str = "DELETE FROM rooms WHERE id IN (SELECT r.id FROM rooms r WHERE r.deleted_at < ?1
    AND NOT EXISTS (SELECT 1 FROM messages s WHERE s.room_id = r.id)
    AND NOT EXISTS (SELECT 1 FROM word_pages w WHERE w.room_id = r.id)
    AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.room_id = r.id) LIMIT ?2)";

const AUDIT: &str = "DELETE FROM audit_events WHERE id IN (
    SELECT id FROM audit_events WHERE created_at < ?1 ORDER BY created_at, id LIMIT ?2)";
/// Those before the oldest that stays; none where there is no such.
const BY_STRANGERS: &str = "DELETE FROM audit_events WHERE id IN (
    SELECT id FROM audit_events WHERE kind = ?1 AND created_at < (SELECT created_at FROM audit_events
        WHERE kind = ?1 ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET ?2)
    ORDER BY created_at, id LIMIT ?3)";

#[async_trait]
impl Housekeeping for SqliteStore {
    async fn sweep(&self, before: Timestamp, batch: u32) -> Result<Swept, StoreError> {
        self.database
            .write(move |c| {
                let mut until = |text: &'static str, before| -> Result<u64, StoreError> {
                    let statement = sql(text).bind::<Moment, _>(before).bind::<BigInt, _>(i64::from(batch));
                    Ok(u64::try_from(execute(c, statement)?).unwrap_or(u64::MAX))
                };
                let answers = until(ANSWERS, before.plus(-KEPT_FOR))?;
                let mut step = |text| until(text, before);
                let tickets = step(TICKETS)?;
                let sessions = step(SESSIONS)?;
                // All select the same messages: their history goes with them, and so do reactions and mentions.
                step(HISTORY)?;
                for text in ANNOTATIONS {
                    step(text)?;
                }
                let messages = step(MESSAGES)?;
                let words = step(WORDS)?;
                let memberships = step(MEMBERSHIPS)?;
                let rooms = step(ROOMS)?;
                let folded = fold_rooms(c, batch)?;
                let marked = mark_memberships(c, batch)?;
                Ok(Swept { sessions, tickets, answers, messages, words, memberships, rooms, folded, marked })
            })
            .await
    }

    async fn sweep_audit(
        &self,
        before: Timestamp,
        most_by_strangers: u32,
        batch: u32,
    ) -> Result<u64, StoreError> {
        let batch = i64::from(batch);
        self.database
            .write(move |c| {
                let old = sql(AUDIT).bind::<Moment, _>(before).bind::<BigInt, _>(batch);
                let mut removed = execute(c, old)?;
                for kind in AuditKind::ALL.iter().filter(|kind| kind.is_by_strangers()) {
                    let beyond = sql(BY_STRANGERS)
                        .bind::<Code, _>(*kind)
                        .bind::<BigInt, _>(i64::from(most_by_strangers.saturating_sub(1)))
                        .bind::<BigInt, _>(batch);
                    removed += execute(c, beyond)?;
                }
                Ok(u64::try_from(removed).unwrap_or(u64::MAX))
            })
            .await
    }
}

/// Folds the texts of rooms that another release wrote.
fn fold_rooms(c: &mut SqliteConnection, batch: u32) -> Result<u64, StoreError> {
    let mut folded = 0;
    for (room, read, text) in all::<UnfoldedRow>(c, statements::unfolded_rooms(batch))? {
        folded += u64::try_from(execute(c, statements::fold_room(room, read, text))?).unwrap_or(u64::MAX);
    }
    Ok(folded)
}

/// Marks memberships of a room whose visibility changed.
fn mark_memberships(c: &mut SqliteConnection, batch: u32) -> Result<u64, StoreError> {
    let Some((room, from, private)) = one::<VisibilityChangeRow>(c, statements::visibility_change())? else {
        return Ok(0);
    };
    let last = one::<UserIdRow>(c, statements::last_to_mark(room, from, batch))?;
    execute(c, statements::mark_memberships(room, from, last, private))?;
    execute(c, statements::marked(room, last))?;
    Ok(1)
}
