//! Memberships.

use diesel::sql_types::{BigInt, Bool};
use domain::membership::Membership;
use domain::room::Revision;
use domain::{RoomId, Timestamp, UserId};

use super::StoreBackend;
use crate::rows::{MemberRow, MembershipRow, NamedMembershipRow, ROOM_IS_LIVING, StandingRow};
use crate::sql_types::{Code, Id, Moment};
use crate::statement::{Statement, sql};

/// Selects the relation of a user to a room, as [`StandingRow`].
#[must_use]
pub fn standing<DB: StoreBackend>(room: RoomId, user: UserId) -> Statement<DB> {
    sql(StandingRow::SELECT).bind::<Id, _>(room).bind::<Id, _>(user)
}

/// Selects a member, as [`MemberRow`].
#[must_use]
pub fn member<DB: StoreBackend>(room: RoomId, user: UserId) -> Statement<DB> {
    sql(format!("{}AND m.user_id = ?2 AND {ROOM_IS_LIVING}", MemberRow::SELECT))
        .bind::<Id, _>(room)
        .bind::<Id, _>(user)
}

/// Selects a present membership, as [`MembershipRow`].
#[must_use]
pub fn membership<DB: StoreBackend>(room: RoomId, user: UserId) -> Statement<DB> {
    sql(format!(
        "SELECT {} FROM memberships WHERE room_id = ?1 AND user_id = ?2 AND left_at IS NULL",
        MembershipRow::COLUMNS
    ))
    .bind::<Id, _>(room)
    .bind::<Id, _>(user)
}

/// Counts the admins of a room.
#[must_use]
pub fn admin_count<DB: StoreBackend>(room: RoomId) -> Statement<DB> {
    sql(format!(
        "SELECT count(*) AS n FROM {} WHERE a.room_id = ?1 AND a.role = 0 AND a.left_at IS NULL",
        DB::BY_ROLE
    ))
    .bind::<Id, _>(room)
}

/// Inserts a present membership, or replaces it. The read mark of a present one stays: it moves without the room's lock.
#[must_use]
pub fn save_membership<DB: StoreBackend>(membership: &Membership) -> Statement<DB> {
    let statement = sql(format!(
        "INSERT INTO memberships ({}, maybe_private)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, (SELECT visibility = 1 FROM rooms WHERE id = ?1))
         ON CONFLICT (room_id, user_id) DO UPDATE SET role = ?3, joined_at = ?4, revision = ?6,
            last_read_seq = CASE WHEN memberships.left_at IS NULL THEN memberships.last_read_seq ELSE ?5 END,
            joined_revision = ?7, left_at = NULL, maybe_private = excluded.maybe_private",
        MembershipRow::COLUMNS
    ));
    bind_membership(statement, membership)
}

/// Binds the values of [`MembershipRow::COLUMNS`].
#[must_use]
pub fn bind_membership<DB: StoreBackend>(statement: Statement<DB>, membership: &Membership) -> Statement<DB> {
    statement
        .bind::<Id, _>(membership.room)
        .bind::<Id, _>(membership.user)
        .bind::<Code, _>(membership.role)
        .bind::<Moment, _>(membership.joined_at)
        .bind::<BigInt, _>(membership.last_read_seq.0)
        .bind::<BigInt, _>(membership.revision.0)
        .bind::<BigInt, _>(membership.joined_revision.0)
}

/// Selects the member who joined first, other than `except`, as [`NamedMembershipRow`].
#[must_use]
pub fn longest_standing<DB: StoreBackend>(room: RoomId, except: UserId) -> Statement<DB> {
    sql(NamedMembershipRow::LONGEST_STANDING).bind::<Id, _>(room).bind::<Id, _>(except)
}

/// Ends a present membership.
#[must_use]
pub fn end_membership<DB: StoreBackend>(
    room: RoomId,
    user: UserId,
    revision: Revision,
    at: Timestamp,
) -> Statement<DB> {
    sql("UPDATE memberships SET left_at = ?4, revision = ?3
         WHERE room_id = ?1 AND user_id = ?2 AND left_at IS NULL")
    .bind::<Id, _>(room)
    .bind::<Id, _>(user)
    .bind::<BigInt, _>(revision.0)
    .bind::<Moment, _>(at)
}

/// Selects a room whose visibility changed since its memberships were marked by it, as
/// [`VisibilityChangeRow`](crate::rows::VisibilityChangeRow).
#[must_use]
pub fn visibility_change<DB: StoreBackend>() -> Statement<DB> {
    sql("SELECT v.room_id, v.marked_to, r.visibility = 1 AS private FROM visibility_changes v
        CROSS JOIN rooms r WHERE r.id = v.room_id ORDER BY v.room_id LIMIT 1")
}

/// Selects the last user of a batch of memberships after `marked_to`, as [`UserIdRow`](crate::rows::UserIdRow); none where fewer
/// remain.
#[must_use]
pub fn last_to_mark<DB: StoreBackend>(room: RoomId, marked_to: UserId, batch: u32) -> Statement<DB> {
    sql("SELECT user_id FROM memberships WHERE room_id = ?1 AND user_id > ?2 ORDER BY user_id LIMIT 1 OFFSET ?3")
        .bind::<Id, _>(room)
        .bind::<Id, _>(marked_to)
        .bind::<BigInt, _>(i64::from(batch.saturating_sub(1)))
}

/// Marks the memberships after `marked_to`, up to that of `last`, by whether their room is private.
#[must_use]
pub fn mark_memberships<DB: StoreBackend>(
    room: RoomId,
    marked_to: UserId,
    last: Option<UserId>,
    private: bool,
) -> Statement<DB> {
    let statement = sql("UPDATE memberships SET maybe_private = ?3
        WHERE room_id = ?1 AND user_id > ?2 AND maybe_private <> ?3")
    .bind::<Id, _>(room)
    .bind::<Id, _>(marked_to)
    .bind::<Bool, _>(private);
    match last {
        Some(last) => statement.followed_by(" AND user_id <= ?4").bind::<Id, _>(last),
        None => statement,
    }
}

/// Stores that the memberships of a room are marked up to that of `last`, or all.
#[must_use]
pub fn marked<DB: StoreBackend>(room: RoomId, last: Option<UserId>) -> Statement<DB> {
    match last {
        Some(last) => sql("UPDATE visibility_changes SET marked_to = ?2 WHERE room_id = ?1")
            .bind::<Id, _>(room)
            .bind::<Id, _>(last),
        None => sql("DELETE FROM visibility_changes WHERE room_id = ?1").bind::<Id, _>(room),
    }
}
