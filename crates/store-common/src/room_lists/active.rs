//! Public rooms in the order of their newest messages, on PostgreSQL.
//!
//! A send notes the time of its message in `room_activity` only where it is the first in its room within a second: a new time is
//! written into an index. So what is noted of a room is a time in the second of its newest message. The rooms of another second
//! are before or behind it; those of the same second are told apart by the times in `rooms`.

use domain::SortOrder;
use domain::room::RoomLog;

use crate::lists::direction;

/// The first of the public rooms with messages, by what is noted of them.
pub struct Active<'a> {
    /// The query of the first rooms, as `id` and `place`.
    pub(super) firsts: &'a str,
    /// The condition that rooms `r` satisfy.
    pub(super) only: &'static str,
    pub(super) order: SortOrder,
    /// The number of rooms that are before the page in any case; `None` where they are few.
    pub(super) skipped: Option<String>,
}

impl Active<'_> {
    /// Returns the first rooms and the others of the second in which they end, with the times of their newest messages. Rooms of
    /// a second before that in which the page begins keep the noted times: they are before it by either.
    pub(super) fn by_noted_second(&self) -> String {
        let Self { firsts, only, order, skipped } = self;
        let (back, earlier, next, all, rest) = match order {
            SortOrder::Ascending => (
                SortOrder::Descending,
                "<",
                "",
                "infinity",
                "a.last_message_at >= last.place AND a.last_message_at < date_trunc('second', last.place) + interval '1 second'
                    AND (a.last_message_at, a.room_id) > (last.place, last.id)",
            ),
            SortOrder::Descending => (
                SortOrder::Ascending,
                ">=",
                " + interval '1 second'",
                "-infinity",
                "a.last_message_at <= last.place AND a.last_message_at >= date_trunc('second', last.place)
                    AND (a.last_message_at, a.room_id) < (last.place, last.id)",
            ),
        };
        let (direction, back) = (direction(*order), direction(back));
        let exact = "(SELECT s.last_message_at FROM rooms s WHERE s.id = known.id)";
        let place = skipped.as_ref().map_or(exact.to_owned(), |skipped| {
            format!(
                "CASE WHEN place {earlier} coalesce((SELECT date_trunc('second', f.place){next} FROM firsts f
                    ORDER BY f.place {direction}, f.id {direction} LIMIT 1 OFFSET {skipped}), '{all}') THEN place ELSE {exact} END"
            )
        });
        format!(
            "WITH firsts AS MATERIALIZED ({firsts}),
                last AS (SELECT id, place FROM firsts ORDER BY place {back}, id {back} LIMIT 1)
             SELECT id, {place} AS place FROM (SELECT id, place FROM firsts
                UNION ALL SELECT r.id, r.place FROM last CROSS JOIN LATERAL (
                    SELECT a.room_id AS id, a.last_message_at AS place FROM room_activity a WHERE {rest}) AS r
                WHERE {only}) AS known"
        )
    }
}

/// Returns whether what is noted of a room is in the second of its newest message already.
#[must_use]
pub fn is_noted(before: RoomLog, now: RoomLog) -> bool {
    let second = |log: RoomLog| log.last_message_at.map(|at| at.as_datetime().unix_timestamp());
    second(before) == second(now)
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::*;

    #[test]
    fn the_first_message_of_a_room_within_a_second_is_to_be_noted() {
        let log =
            |micros| RoomLog { last_message_at: Timestamp::from_unix_micros(micros), ..RoomLog::default() };
        assert!(!is_noted(RoomLog::default(), log(5_000_000)));
        assert!(is_noted(log(5_000_000), log(5_999_999)));
        assert!(!is_noted(log(5_999_999), log(6_000_000)));
    }
}
