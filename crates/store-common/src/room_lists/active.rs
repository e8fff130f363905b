//! Public rooms in the order of their newest messages, on PostgreSQL.
//!
//! Each new time in `room_activity` is written into an index. So a send writes there only if its message is the first of its room
//! within a second, and notes the last microsecond of that second ([`noted`]). A list looks up in `rooms` when the newest message of
//! such a room really came. Other times are exact: triggers write them where a room becomes public, or is stored with a log. So
//! however many rooms an import gave the same time, a list looks up only those that had messages within one second.

use domain::room::RoomLog;
use domain::{SortOrder, Timestamp};

use crate::lists::direction;

/// The last microsecond of the second of a time `{}`.
macro_rules! last_of {
    ($at:literal) => {
        concat!("date_trunc('second', ", $at, ") + interval '999999 microseconds'")
    };
}

/// The first of the public rooms with messages, by what is noted of them.
pub struct Active<'a> {
    /// The query of the first rooms, as `id` and `place`.
    pub(super) firsts: &'a str,
    /// The condition that rooms `r` satisfy.
    pub(super) only: &'static str,
    pub(super) order: SortOrder,
    /// The limit of the query.
    pub(super) limit: &'static str,
    /// The number of rooms that are before the page in any case; `None` where they are few.
    pub(super) skipped: Option<String>,
}

impl Active<'_> {
    /// Returns the first rooms with the times of their newest messages, and the others of the second in which these rooms end that
    /// may be among them: those of which the second alone is noted, and, where they are noted before the others, as many of
    /// the others as may take their places. Rooms of a second before that in which the page begins keep what is noted: they
    /// are before it by either.
    pub(super) fn by_noted_times(&self) -> String {
        let Self { firsts, only, order, limit, skipped } = self;
        let (back, earlier, next, all, beyond) = match order {
            SortOrder::Ascending => (SortOrder::Descending, "<", "", "infinity", ">"),
            SortOrder::Descending => (SortOrder::Ascending, ">=", " + interval '1 second'", "-infinity", "<"),
        };
        let (direction, back) = (direction(*order), direction(back));
        let rest = |condition: &str, end: &str| {
            format!(
                "UNION ALL SELECT r.id, r.place FROM last CROSS JOIN LATERAL (
                    SELECT r.id, r.last_message_at AS place
                    FROM (SELECT room_id AS id, last_message_at FROM room_activity) AS r
                    WHERE {condition} AND (r.last_message_at, r.id) {beyond} (last.place, last.id) AND {only} {end}) AS r"
            )
        };
        let unsure = rest(concat!("r.last_message_at = ", last_of!("last.place")), "");
        let sure = match order {
            SortOrder::Ascending => String::new(),
            SortOrder::Descending => rest(
                concat!(
                    "r.last_message_at <= last.place AND r.last_message_at >= date_trunc('second', last.place)
                    AND r.last_message_at < ",
                    last_of!("last.place")
                ),
                &format!("ORDER BY r.last_message_at {direction}, r.id {direction} LIMIT {limit}"),
            ),
        };
        let page = skipped.as_ref().map_or(String::new(), |skipped| {
            format!(
                "WHEN place {earlier} coalesce((SELECT date_trunc('second', f.place){next} FROM firsts f
                    ORDER BY f.place {direction}, f.id {direction} LIMIT 1 OFFSET {skipped}), '{all}') THEN place"
            )
        });
        format!(
            "WITH firsts AS MATERIALIZED ({firsts}),
                last AS (SELECT id, place FROM firsts ORDER BY place {back}, id {back} LIMIT 1)
             SELECT id, CASE {page} WHEN place <> {} THEN place
                ELSE (SELECT s.last_message_at FROM rooms s WHERE s.id = known.id) END AS place
             FROM (SELECT id, place FROM firsts {unsure} {sure}) AS known",
            last_of!("place")
        )
    }
}

/// Returns what is to be noted of a room; `None` where it is noted since an earlier log, or there is no message.
#[must_use]
pub fn noted(before: Option<RoomLog>, now: RoomLog) -> Option<Timestamp> {
    const SECOND: i64 = 1_000_000;
    let last = |log: RoomLog| {
        let second = log.last_message_at?.unix_micros().div_euclid(SECOND);
        Timestamp::from_unix_micros(second * SECOND + SECOND - 1)
    };
    last(now).filter(|&noted| before.and_then(last) != Some(noted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_message_of_a_room_within_a_second_is_noted_as_the_end_of_the_second() {
        let at = |micros| Timestamp::from_unix_micros(micros);
        let log = |micros| RoomLog { last_message_at: at(micros), ..RoomLog::default() };
        assert_eq!(noted(Some(RoomLog::default()), log(5_000_000)), at(5_999_999));
        assert_eq!(noted(Some(log(5_000_000)), log(5_999_999)), None);
        assert_eq!(noted(Some(log(5_999_999)), log(6_000_000)), at(6_999_999));
        assert_eq!(noted(None, log(5_999_999)), at(5_999_999));
        assert_eq!(noted(None, RoomLog::default()), None);
    }
}
