//! The differences of the databases in lists of rooms.

use diesel::pg::Pg;
use diesel::sqlite::Sqlite;

use super::SEARCHED_TEXT;
use super::active::Active;
use crate::rows::RoomRow;
use crate::statements::StoreBackend;

/// A database that lists rooms.
pub trait ListDialect: StoreBackend {
    /// The columns of listed rooms `r`, and the join that they need.
    const LISTED: (&'static str, &'static str);
    /// The join of the caller's memberships `m` of listed rooms `r`.
    const MEMBERSHIP: &'static str;
    /// The clause after a pattern whose escape character is a backslash.
    const ESCAPE: &'static str;
    /// The name of a listed member `m`.
    const MEMBER_NAME: &'static str;
    /// The public rooms with the times of their newest messages (see [`active`](Self::active)), in the order of an index.
    const ACTIVITY: &'static str;
    /// The limit of the rooms that are read for a shallow page.
    const SHALLOW: &'static str;
    /// True where a page is best read without a table of its own for its places.
    const DIRECT: bool;

    /// Returns the page at `?4` of at most `limit` rows, with the name `few`, of a query in that order.
    fn page(ordered: &str, order: &str, limit: &str) -> String;

    /// Returns the first of the public rooms with messages, and what else may be among them.
    fn active(rooms: &Active<'_>) -> String;

    /// Returns the source of all rooms `r` whose text matches, by the index of text.
    fn matches() -> String;
}

/// A plan is made once for all values. So limits that the planner can't know have constant ones inside: without them it
/// expects a tenth of the table, and prepares for that.
impl ListDialect for Pg {
    /// Names come from a cache.
    const LISTED: (&'static str, &'static str) = (RoomRow::LISTED_UNNAMED, "");
    /// `LIMIT 1` has each looked up by itself: a join compares every room with all memberships of the caller.
    const MEMBERSHIP: &'static str = "LEFT JOIN LATERAL (SELECT * FROM memberships x WHERE x.room_id = r.id
        AND x.user_id = ?1 AND x.left_at IS NULL LIMIT 1) AS m ON true";
    /// It is one already; the clause would make a pattern again for each row.
    const ESCAPE: &'static str = "";
    const MEMBER_NAME: &'static str = "''";
    const ACTIVITY: &'static str = "(SELECT room_id AS id, last_message_at FROM room_activity)";
    const SHALLOW: &'static str = "128";
    const DIRECT: bool = false;

    fn page(ordered: &str, order: &str, limit: &str) -> String {
        format!("SELECT * FROM ({ordered} LIMIT 100 OFFSET ?4) AS few ORDER BY {order} LIMIT {limit}")
    }

    fn active(rooms: &Active<'_>) -> String {
        rooms.by_noted_times()
    }

    /// The index is asked for a part of the text: it would look up every sequence of characters in the text, also those that
    /// most rooms have. (The term is none that has an index.)
    fn matches() -> String {
        let text = SEARCHED_TEXT;
        format!("FROM rooms r WHERE {text} LIKE ?7 AND ({text}) || '' LIKE ?2")
    }
}

impl ListDialect for Sqlite {
    const LISTED: (&'static str, &'static str) = (RoomRow::LISTED, "JOIN users u ON u.id = r.created_by");
    const MEMBERSHIP: &'static str =
        "LEFT JOIN memberships m ON m.room_id = r.id AND m.user_id = ?1 AND m.left_at IS NULL";
    const ESCAPE: &'static str = " ESCAPE '\\'";
    const MEMBER_NAME: &'static str = "(SELECT u.username FROM users u WHERE u.id = m.user_id)";
    const ACTIVITY: &'static str =
        "(SELECT id, last_message_at FROM rooms WHERE deleted_at IS NULL AND visibility = 0)";
    const SHALLOW: &'static str = "?5";
    const DIRECT: bool = true;

    fn page(ordered: &str, _: &str, limit: &str) -> String {
        format!("{ordered} LIMIT {limit} OFFSET ?4")
    }

    fn active(rooms: &Active<'_>) -> String {
        rooms.firsts.to_owned()
    }

    /// The index is of sequences of characters, not of their places, so the text has to match too.
    fn matches() -> String {
        format!(
            "FROM room_texts JOIN rooms r ON r.rowid = room_texts.rowid
             WHERE room_texts MATCH ?6 AND {SEARCHED_TEXT} LIKE ?2 ESCAPE '\\'"
        )
    }
}
