//! The clauses of lists, and the search for a place in a room.

use domain::SortOrder;
use domain::file::{FileQuery, FileSort};

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

/// Returns the seq of the last message `e` of the room `?1` for which the condition holds, 0 where there is none. It holds for each
/// message before that one, and for none after it; so the message is found by halving, without an index of what the
/// condition compares.
pub(crate) fn last_seq_where(holds: &str) -> String {
    last_seq_of("?1", "(SELECT last_seq FROM rooms WHERE id = ?1)", holds)
}

/// Returns the same of another room, of whose last message the seq is known.
pub(crate) fn last_seq_of(room: &str, last_seq: &str, holds: &str) -> String {
    format!(
        "(WITH RECURSIVE half (base, size) AS (
            SELECT CAST(0 AS bigint), {last_seq} + 1
            UNION ALL
            SELECT base + CASE WHEN (SELECT {holds} FROM messages e WHERE e.room_id = {room} AND e.seq >= base + size / 2
                ORDER BY e.seq LIMIT 1) THEN size / 2 ELSE 0 END, size - size / 2 FROM half WHERE size > 1)
        SELECT max(base) FROM half)"
    )
}

/// Removes the row that was read beyond the limit; returns whether there was one.
pub fn truncate<T>(rows: &mut Vec<T>, limit: u32) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    has_more
}
