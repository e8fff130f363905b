//! The clauses of lists and windows.

use domain::SortOrder;
use domain::file::{FileQuery, FileSort};
use domain::message::{Anchor, HistoryQuery, Position, Threads};
use domain::room::{RoomQuery, RoomSort, Seq, Visibility};

use crate::sql_types::Coded;

fn direction(order: SortOrder) -> &'static str {
    match order {
        SortOrder::Ascending => "ASC",
        SortOrder::Descending => "DESC",
    }
}

/// A list of rooms: `?1` is the caller, `?2` the pattern to search for, `?5` the end of the page.
pub struct RoomList {
    sources: Vec<String>,
    column: &'static str,
    /// The direction of the order, with the place of nulls.
    direction: String,
    /// The direction of the ids, which decide between equals.
    tie: &'static str,
}

impl RoomList {
    /// Returns the list that the query asks for.
    #[must_use]
    pub fn new(query: &RoomQuery) -> Self {
        let column = match query.sort {
            RoomSort::CreatedAt => "created_at",
            RoomSort::Name => "name_key",
            RoomSort::MemberCount => "member_count",
            RoomSort::LastMessageAt => "last_message_at",
        };
        let nulls = if query.sort == RoomSort::LastMessageAt { " NULLS LAST" } else { "" };
        let tie = direction(query.order);
        Self { sources: sources(query), column, direction: format!("{tie}{nulls}"), tie }
    }

    /// Returns the statement that counts the rooms, as `n`.
    #[must_use]
    pub fn count(&self) -> String {
        let counts = self.sources.iter().map(|source| format!("(SELECT count(*) {source})"));
        format!("SELECT {} AS n", counts.collect::<Vec<_>>().join(" + "))
    }

    /// Returns the query of the ids and sort keys (`place`) of all rooms up to the end of the page, unordered.
    #[must_use]
    pub fn heads(&self) -> String {
        let Self { column, direction, tie, .. } = self;
        let heads = self.sources.iter().map(|source| {
            format!(
                "SELECT * FROM (SELECT r.id, r.{column} AS place {source}
                    ORDER BY r.{column} {direction}, r.id {tie} LIMIT ?5) AS head"
            )
        });
        heads.collect::<Vec<_>>().join(" UNION ALL ")
    }

    /// Returns the order of `table`, whose sort key is `key`.
    #[must_use]
    pub fn order(&self, table: &str, key: Option<&str>) -> String {
        let Self { column, direction, tie, .. } = self;
        format!("{table}.{} {direction}, {table}.id {tie}", key.unwrap_or(column))
    }
}

/// Returns where the rooms come from: public ones from the index of their order, private ones through the caller's
/// memberships. Each room comes from one source.
fn sources(query: &RoomQuery) -> Vec<String> {
    // One read of the caller's memberships for all rooms; a join may become one for each.
    const NOT_JOINED: &str = "AND r.id NOT IN (SELECT m.room_id FROM memberships m WHERE m.user_id = ?1
        AND m.left_at IS NULL)";
    let search = if query.search.is_some() { "AND r.search_text LIKE ?2 ESCAPE '\\'" } else { "" };
    let joined = |only: &str| {
        format!(
            "FROM memberships m JOIN rooms r ON r.id = m.room_id
             WHERE m.user_id = ?1 AND m.left_at IS NULL AND r.deleted_at IS NULL {only} {search}"
        )
    };
    let public =
        |only: &str| format!("FROM rooms r WHERE r.deleted_at IS NULL AND r.visibility = 0 {only} {search}");
    match (query.joined, query.visibility) {
        (Some(true), None) => vec![joined("")],
        (Some(true), Some(Visibility::Public)) => vec![joined("AND r.visibility = 0")],
        (Some(true) | None, Some(Visibility::Private)) => vec![joined("AND r.visibility = 1")],
        (Some(false), Some(Visibility::Private)) => vec![joined("AND false")],
        (Some(false), _) => vec![public(NOT_JOINED)],
        (None, Some(Visibility::Public)) => vec![public("")],
        (None, None) => vec![public(""), joined("AND r.visibility = 1")],
    }
}

/// Returns the `LIKE` pattern of text that contains `part`, whose own wildcards are literal.
#[must_use]
pub fn containing(part: &str) -> String {
    format!("%{}%", part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
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
