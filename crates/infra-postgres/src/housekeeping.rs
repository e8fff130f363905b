//! Removes rows that no reader can reach any more, in short steps between the commits of senders.

use async_trait::async_trait;
use diesel::sql_types::BigInt;
use domain::audit::AuditKind;
use domain::idempotency::KEPT_FOR;
use domain::store::{Housekeeping, Swept};
use domain::{StoreError, Timestamp};
use store_common::rows::{UnfoldedRow, UserIdRow, VisibilityChangeRow, count};
use store_common::sql_types::{Code, Moment};
use store_common::statement::sql;
use store_common::statements;

use crate::PostgresStore;
use crate::pool::Connection;

/// The rows to remove are selected first, from the index of rows that are over, and then passed as an array: whatever the
/// planner estimates, it reads no table for it.
const SESSIONS: &str = "DELETE FROM sessions WHERE id = ANY (ARRAY(
    SELECT id FROM ((SELECT id FROM sessions WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)
        UNION (SELECT id FROM sessions WHERE ended_at < ?1 ORDER BY ended_at LIMIT ?2)) AS over LIMIT ?2))";
const TICKETS: &str = "DELETE FROM tickets WHERE hash = ANY (ARRAY(
    SELECT hash FROM tickets WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2))";
const ANSWERS: &str = "DELETE FROM kept_answers WHERE id = ANY (ARRAY(
    SELECT id FROM kept_answers WHERE created_at < ?1 ORDER BY created_at LIMIT ?2))";
/// The former contents of a message, reactions to it and mentions by it go with it.
const MESSAGES: &str = "WITH removed AS (DELETE FROM messages WHERE id = ANY (ARRAY(
        SELECT s.id FROM (SELECT id FROM rooms WHERE deleted_at < ?1 ORDER BY deleted_at LIMIT ?2) AS r
        CROSS JOIN LATERAL (SELECT id FROM messages WHERE room_id = r.id ORDER BY seq LIMIT ?2) AS s
        LIMIT ?2)) RETURNING id),
    history AS (DELETE FROM message_history WHERE message_id = ANY (ARRAY(SELECT id FROM removed))),
    uses AS (DELETE FROM reactions WHERE message_id = ANY (ARRAY(SELECT id FROM removed))),
    counts AS (DELETE FROM reaction_counts WHERE message_id = ANY (ARRAY(SELECT id FROM removed))),
    named AS (DELETE FROM mentions WHERE message_id = ANY (ARRAY(SELECT id FROM removed)))
    SELECT count(*) AS n FROM removed";
const WORDS: &str = "DELETE FROM word_pages WHERE ctid = ANY (ARRAY(
    SELECT w.ctid FROM (SELECT id FROM rooms WHERE deleted_at < ?1 ORDER BY deleted_at LIMIT ?2) AS r
    CROSS JOIN LATERAL (SELECT ctid FROM word_pages WHERE room_id = r.id ORDER BY start LIMIT ?2) AS w
    LIMIT ?2))";
const MEMBERSHIPS: &str = "DELETE FROM memberships WHERE ctid = ANY (ARRAY(
    SELECT m.ctid FROM (SELECT id FROM rooms WHERE deleted_at < ?1 ORDER BY deleted_at LIMIT ?2) AS r
    CROSS JOIN LATERAL (SELECT ctid FROM memberships WHERE room_id = r.id ORDER BY user_id LIMIT ?2) AS m
    LIMIT ?2))";
/// `OFFSET 0` has each room looked up by itself instead of joined. A room that is locked is left for another time.
const ROOMS: &str = "DELETE FROM rooms WHERE id = ANY (ARRAY(SELECT r.id FROM rooms r WHERE r.deleted_at < ?1
    AND NOT EXISTS (SELECT 1 FROM messages s WHERE s.room_id = r.id OFFSET 0)
    AND NOT EXISTS (SELECT 1 FROM word_pages w WHERE w.room_id = r.id OFFSET 0)
    AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.room_id = r.id OFFSET 0) ORDER BY r.deleted_at LIMIT ?2
    FOR UPDATE OF r SKIP LOCKED))";

const AUDIT: &str = "DELETE FROM audit_events WHERE id = ANY (ARRAY(
    SELECT id FROM audit_events WHERE created_at < ?1 ORDER BY created_at, id LIMIT ?2))";
/// Those before the oldest that stays; none where there is no such.
const BY_STRANGERS: &str = "DELETE FROM audit_events WHERE id = ANY (ARRAY(
    SELECT id FROM audit_events WHERE kind = ?1 AND created_at < (SELECT created_at FROM audit_events
        WHERE kind = ?1 ORDER BY created_at DESC, id DESC OFFSET ?2 LIMIT 1)
    ORDER BY created_at, id LIMIT ?3))";

#[async_trait]
impl Housekeeping for PostgresStore {
    async fn sweep(&self, before: Timestamp, batch: u32) -> Result<Swept, StoreError> {
        let until = |text: &'static str, before| {
            sql(text).bind::<Moment, _>(before).bind::<BigInt, _>(i64::from(batch))
        };
        let step = |text| until(text, before);
        let removed = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
        let mut connection = self.database.connection().await?;
        let tickets = removed(connection.execute(step(TICKETS)).await?);
        let sessions = removed(connection.execute(step(SESSIONS)).await?);
        let answers = removed(connection.execute(until(ANSWERS, before.plus(-KEPT_FOR))).await?);
        let messages = count(connection.number(step(MESSAGES)).await?)?;
        let words = removed(connection.execute(step(WORDS)).await?);
        let memberships = removed(connection.execute(step(MEMBERSHIPS)).await?);
        let rooms = removed(connection.execute(step(ROOMS)).await?);
        let folded = fold_rooms(&mut connection, batch).await?;
        let marked = mark_memberships(connection, batch).await?;
        Ok(Swept { sessions, tickets, answers, messages, words, memberships, rooms, folded, marked })
    }

    async fn sweep_audit(
        &self,
        before: Timestamp,
        most_by_strangers: u32,
        batch: u32,
    ) -> Result<u64, StoreError> {
        let batch = i64::from(batch);
        let old = sql(AUDIT).bind::<Moment, _>(before).bind::<BigInt, _>(batch);
        let mut removed = self.database.execute(old).await?;
        for kind in AuditKind::ALL.iter().filter(|kind| kind.is_by_strangers()) {
            let beyond = sql(BY_STRANGERS)
                .bind::<Code, _>(*kind)
                .bind::<BigInt, _>(i64::from(most_by_strangers.saturating_sub(1)))
                .bind::<BigInt, _>(batch);
            removed += self.database.execute(beyond).await?;
        }
        Ok(u64::try_from(removed).unwrap_or(u64::MAX))
    }
}

/// Folds the texts of rooms that another release wrote.
async fn fold_rooms(connection: &mut Connection, batch: u32) -> Result<u64, StoreError> {
    let rooms = connection.all::<UnfoldedRow>(statements::unfolded_rooms(batch)).await?;
    let mut folded = 0;
    for (room, read, text) in rooms {
        let changed = connection.execute(statements::fold_room(room, read, text)).await?;
        folded += u64::try_from(changed).unwrap_or(u64::MAX);
    }
    Ok(folded)
}

/// Marks memberships of a room whose visibility changed. Both rows are locked before the memberships are read: so the visibility
/// stays, no membership begins meanwhile, and no sender locks those that this one waits for. A room that is locked is left for
/// another time.
async fn mark_memberships(mut connection: Connection, batch: u32) -> Result<u64, StoreError> {
    let change = statements::visibility_change().followed_by(" FOR UPDATE SKIP LOCKED");
    let Some((room, from, private)) = connection.begin_with::<VisibilityChangeRow>(change).await? else {
        connection.commit().await?;
        return Ok(0);
    };
    let last = connection.one::<UserIdRow>(statements::last_to_mark(room, from, batch)).await?;
    connection.execute(statements::mark_memberships(room, from, last, private)).await?;
    connection.execute(statements::marked(room, last)).await?;
    connection.commit().await?;
    Ok(1)
}
