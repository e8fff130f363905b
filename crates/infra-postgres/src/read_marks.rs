//! Read marks.

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable};
use domain::message::{MarkMove, ReadMarks};
use domain::room::Seq;
use domain::{RoomId, StoreError, UserId};
use store_common::rows::{MarkRow, Row};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;

use crate::PostgresStore;
use crate::pool::Statement;

#[async_trait]
impl ReadMarks for PostgresStore {
    async fn move_mark(&self, room: RoomId, user: UserId, by: MarkMove) -> Result<Option<Seq>, StoreError> {
        let (locked, mark) =
            self.database.one::<AttemptRow>(attempt(room, user, by)).await?.unwrap_or_default();
        if !locked {
            return Ok(mark);
        }
        let waiting =
            async { self.database.one::<MarkRow>(statements::move_read_mark(room, user, by)).await };
        // Boxed, since it is large and seldom waits.
        Box::pin(self.database.room_locks.wait(room, waiting)).await
    }
}

/// Moves a member's read mark as [`statements::move_read_mark`] does, unless another transaction has locked it.
fn attempt(room: RoomId, user: UserId, by: MarkMove) -> Statement {
    let due = format!(
        "FROM memberships m, target t WHERE m.room_id = ?1 AND m.user_id = ?2 AND m.left_at IS NULL
            AND m.last_read_seq {} t.seq",
        statements::compare_marks(by)
    );
    sql(format!(
        "WITH target AS (SELECT least(?3, last_seq) AS seq FROM rooms WHERE id = ?1),
        due AS (SELECT 1 {due}),
        free AS (SELECT m.room_id, m.user_id {due} FOR NO KEY UPDATE OF m SKIP LOCKED),
        moved AS (
            UPDATE memberships m SET last_read_seq = t.seq FROM free, target t
            WHERE m.room_id = free.room_id AND m.user_id = free.user_id RETURNING m.last_read_seq)
        SELECT (SELECT count(*) FROM due) - (SELECT count(*) FROM free) AS locked,
            (SELECT last_read_seq FROM moved) AS mark"
    ))
    .bind::<Id, _>(room)
    .bind::<Id, _>(user)
    .bind::<BigInt, _>(by.target().0)
}

/// The outcome of an attempt: another transaction has locked the mark, or the mark where it moved.
#[derive(QueryableByName)]
struct AttemptRow {
    #[diesel(sql_type = BigInt)]
    locked: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    mark: Option<i64>,
}

impl Row for AttemptRow {
    type Value = (bool, Option<Seq>);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.locked > 0, self.mark.map(Seq)))
    }
}
