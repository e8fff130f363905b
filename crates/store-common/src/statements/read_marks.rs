//! Read marks, and who has read a message.

use diesel::sql_types::BigInt;
use domain::message::MarkMove;
use domain::room::Seq;
use domain::{PageRequest, RoomId, UserId};

use super::{StoreBackend, paged};
use crate::rows::ROOM_IS_LIVING;
use crate::sql_types::Id;
use crate::statement::{Statement, sql};

/// Returns the comparison of a mark with the one that it moves to, where it does.
#[must_use]
pub fn compare_marks(by: MarkMove) -> &'static str {
    match by {
        MarkMove::Forward(_) => "<",
        MarkMove::To(_) => "<>",
    }
}

/// Moves a member's read mark, to the newest message at most; selects it where it moved, as
/// [`MarkRow`](crate::rows::MarkRow).
#[must_use]
pub fn move_read_mark<DB: StoreBackend>(room: RoomId, user: UserId, by: MarkMove) -> Statement<DB> {
    let target = format!("{}(?3, (SELECT last_seq FROM rooms WHERE id = ?1))", DB::LEAST);
    sql(format!(
        "UPDATE memberships SET last_read_seq = {target}
         WHERE room_id = ?1 AND user_id = ?2 AND left_at IS NULL AND last_read_seq {} {target}
         RETURNING last_read_seq",
        compare_marks(by)
    ))
    .bind::<Id, _>(room)
    .bind::<Id, _>(user)
    .bind::<BigInt, _>(by.target().0)
}

/// Counts the members but `except` who have read up to `seq`, and selects one page of them, as
/// [`ReaderRow`](crate::rows::ReaderRow). Both read all members of the room: an index by read marks would have to change with
/// every send. The names are looked up for this page only.
#[must_use]
pub fn readers<DB: StoreBackend>(
    room: RoomId,
    seq: Seq,
    except: UserId,
    page: PageRequest,
) -> (Statement<DB>, Statement<DB>) {
    let among = format!(
        "FROM memberships m WHERE m.room_id = ?1 AND m.left_at IS NULL AND m.last_read_seq >= ?2 AND m.user_id <> ?3
            AND {ROOM_IS_LIVING}"
    );
    let bound = |text: String| sql(text).bind::<Id, _>(room).bind::<BigInt, _>(seq.0).bind::<Id, _>(except);
    let total = bound(format!("SELECT count(*) AS n {among}"));
    let listed = bound(format!(
        "SELECT page.user_id, (SELECT u.username FROM users u WHERE u.id = page.user_id) AS username, page.last_read_seq
         FROM (SELECT m.user_id, m.last_read_seq {among} ORDER BY m.last_read_seq DESC, m.user_id LIMIT ?4 OFFSET ?5) AS page
         ORDER BY page.last_read_seq DESC, page.user_id"
    ));
    (total, paged(listed, page))
}
