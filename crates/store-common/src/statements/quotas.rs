//! Counts of what users and rooms own, up to a quota.

use diesel::sql_types::BigInt;
use domain::{RoomId, UserId};

use super::StoreBackend;
use crate::sql_types::Id;
use crate::statement::{Statement, sql};

/// Counts the living rooms that a user created, at most `most`.
#[must_use]
pub fn owned_rooms<DB: StoreBackend>(creator: UserId, most: u32) -> Statement<DB> {
    sql("SELECT count(*) AS n FROM (SELECT 1 FROM rooms WHERE created_by = ?1 AND deleted_at IS NULL LIMIT ?2) AS head")
        .bind::<Id, _>(creator)
        .bind::<BigInt, _>(i64::from(most))
}

/// Returns the expression that counts the present memberships in living rooms, but direct ones, of the user `user`, at most
/// `?2`. The index alone is counted first, with the memberships of direct rooms and of rooms that were deleted and not
/// swept yet; rooms are looked at only for a user who would be at the quota with those, one by one (`OFFSET 0`).
#[must_use]
pub fn memberships_of(user: &str) -> String {
    let present = format!("FROM memberships m WHERE m.user_id = {user} AND m.left_at IS NULL");
    format!(
        "(SELECT CASE WHEN head.n < ?2 THEN head.n ELSE (SELECT count(*) FROM (SELECT 1 {present}
            AND EXISTS (SELECT 1 FROM rooms r WHERE r.id = m.room_id AND r.deleted_at IS NULL
                AND r.direct_key IS NULL LIMIT 1 OFFSET 0)
            LIMIT ?2) AS head) END
         FROM (SELECT count(*) AS n FROM (SELECT 1 {present} LIMIT ?2) AS head) AS head)"
    )
}

/// Counts the open invitations to a room, at most `most`.
#[must_use]
pub fn open_invitations<DB: StoreBackend>(room: RoomId, most: u32) -> Statement<DB> {
    sql("SELECT count(*) AS n FROM (SELECT 1 FROM invitations WHERE room_id = ?1 LIMIT ?2) AS head")
        .bind::<Id, _>(room)
        .bind::<BigInt, _>(i64::from(most))
}
