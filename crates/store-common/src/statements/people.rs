//! The users whom others find.

use diesel::sql_types::{Nullable, Text};
use domain::account::Circle;
use domain::{PageRequest, UserId};

use super::{StoreBackend, paged};
use crate::rows::ProfileRow;
use crate::sql_types::Id;
use crate::statement::{Statement, sql};

/// Selects a user who is in the circle, as [`ProfileRow`].
#[must_use]
pub fn profile<DB: StoreBackend>(id: UserId, circle: Circle) -> Statement<DB> {
    let (condition, center) = among(circle, "?2");
    sql(format!("{}u.id = ?1{condition}", ProfileRow::SELECT))
        .bind::<Id, _>(id)
        .bind::<Nullable<Id>, _>(center)
}

/// Counts the users in the circle whose key starts so, and selects one page of them, as [`ProfileRow`].
#[must_use]
pub fn profiles<DB: StoreBackend>(
    start: &str,
    circle: Circle,
    page: PageRequest,
) -> (Statement<DB>, Statement<DB>) {
    let (condition, center) = among(circle, "?3");
    let key = format!("u.username_key{}", DB::BYTEWISE);
    let among = format!("{key} >= ?1 AND {key} < ?2{condition}");
    let end = end_of(start);
    let bound = |text: String| {
        sql(text)
            .bind::<Text, _>(start.to_owned())
            .bind::<Text, _>(end.clone())
            .bind::<Nullable<Id>, _>(center)
    };
    let total = bound(format!("SELECT count(*) AS n FROM users u WHERE {among}"));
    let listed = bound(format!("{}{among} ORDER BY {key} LIMIT ?4 OFFSET ?5", ProfileRow::SELECT));
    (total, paged(listed, page))
}

/// Returns the condition that a user `u` is in the circle, and the user at its center, who is bound to `parameter`. The
/// rooms of each `u` are looked at by themselves (`OFFSET 0`), up to the first that both are in: rooms may have many members.
fn among(circle: Circle, parameter: &str) -> (String, Option<UserId>) {
    let Circle::Of(center) = circle else { return (String::new(), None) };
    let condition = format!(
        " AND (u.id = {parameter} OR EXISTS (SELECT 1 FROM memberships t WHERE t.user_id = u.id AND t.left_at IS NULL
            AND EXISTS (SELECT 1 FROM memberships m WHERE m.room_id = t.room_id AND m.user_id = {parameter}
                AND m.left_at IS NULL LIMIT 1 OFFSET 0)
            AND EXISTS (SELECT 1 FROM rooms r WHERE r.id = t.room_id AND r.deleted_at IS NULL LIMIT 1 OFFSET 0)
            LIMIT 1 OFFSET 0))"
    );
    (condition, Some(center))
}

/// Returns the first text, in the order of bytes, after all that start so.
pub(super) fn end_of(start: &str) -> String {
    let mut end = start.to_owned();
    if let Some(last) = end.pop() {
        end.push(char::from_u32(u32::from(last) + 1).unwrap_or(char::MAX));
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_start_comes_after_every_name_that_starts_so_and_before_any_other() {
        for (start, inside, outside) in
            [("ab", "ab", "ac"), ("ab", "abzzz", "ac"), ("a-", "a-z", "a.b"), ("a_", "a_9", "aa")]
        {
            let end = end_of(start);
            assert!(start <= inside && inside < end.as_str() && end.as_str() <= outside, "{start} {end}");
        }
    }
}
