//! The clauses of lists and windows.

use domain::SortOrder;
use domain::file::{FileQuery, FileSort};
use domain::message::{Anchor, HistoryQuery, Position, Threads};
use domain::room::Seq;

use crate::sql_types::Coded;

/// Returns the direction of an order.
pub(crate) fn direction(order: SortOrder) -> &'static str {
    match order {
        SortOrder::Ascending => "ASC",
        SortOrder::Descending => "DESC",
    }
}

/// Returns the order of a list of files `f`, which is an index's, from either end; `bytewise` is appended to text that
/// the database would not compare by its bytes.
pub(crate) fn file_order(query: FileQuery, bytewise: &str) -> String {
    let direction = direction(query.order);
    let (column, collation) = match query.sort {
        FileSort::CreatedAt => ("created_at", ""),
        FileSort::Name => ("name", bytewise),
        FileSort::Size => ("size", ""),
    };
    format!("f.{column}{collation} {direction}, f.id {direction}")
}

/// Returns the clauses of a window of messages `s` of the room `?1`, nearest to the anchor first, and the anchor's
/// position, which is `?2`. `?3` limits the rows, `?4` is the sender, `?5` the message that begins a thread.
#[must_use]
pub fn window(query: &HistoryQuery) -> (String, Position) {
    let (position, compare, direction) = match query.anchor {
        Anchor::Newest => (Position::Seq(Seq(i64::MAX)), "<=", "DESC"),
        Anchor::Before(position) => (position, "<", "DESC"),
        Anchor::After(position) => (position, ">", "ASC"),
    };
    // Times rise with seq. So a time becomes the seq at that time, and every index that ends in seq serves both; no
    // index serves a time together with a kind or a sender.
    let edge = match (position, compare) {
        (Position::Seq(_), _) => "?2",
        (Position::Time(_), "<") => {
            "coalesce((SELECT e.seq FROM messages e WHERE e.room_id = ?1 AND e.created_at >= ?2
                ORDER BY e.created_at LIMIT 1), 9223372036854775807)"
        }
        (Position::Time(_), _) => {
            "coalesce((SELECT e.seq FROM messages e WHERE e.room_id = ?1 AND e.created_at <= ?2
                ORDER BY e.created_at DESC LIMIT 1), 0)"
        }
    };
    let kind = query.kind.map(|kind| format!(" AND s.kind = {} AND s.deleted_at IS NULL", kind.code()));
    let sender = query.sender.map(|_| " AND s.sender_id = ?4");
    let (room, thread) = match query.threads {
        Threads::All => ("s.room_id = ?1", ""),
        Threads::Outside => ("s.room_id = ?1", " AND s.thread_id IS NULL"),
        // No index serves this comparison of rooms: the thread's is the one to use, whatever a planner expects.
        Threads::Of(_) => ("(s.room_id = ?1) IS TRUE", " AND s.thread_id = ?5 AND s.deleted_at IS NULL"),
    };
    let clauses = format!(
        "WHERE {room} AND s.seq {compare} {edge}{}{}{thread} ORDER BY s.seq {direction} LIMIT ?3",
        kind.unwrap_or_default(),
        sender.unwrap_or_default(),
    );
    (clauses, position)
}

/// Removes the row that was read beyond the limit; returns whether there was one.
pub fn truncate<T>(rows: &mut Vec<T>, limit: u32) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    has_more
}
