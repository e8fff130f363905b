//! Memberships.

use diesel::sql_types::BigInt;
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
    sql("SELECT count(*) AS n FROM memberships WHERE room_id = ?1 AND role = 0 AND left_at IS NULL")
        .bind::<Id, _>(room)
}

/// Inserts a present membership, or replaces it. The read mark of a present one stays: it moves without the room's lock.
#[must_use]
pub fn save_membership<DB: StoreBackend>(membership: &Membership) -> Statement<DB> {
    let statement = sql(format!(
        "INSERT INTO memberships ({}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (room_id, user_id) DO UPDATE SET role = ?3, joined_at = ?4, revision = ?6,
            last_read_seq = CASE WHEN memberships.left_at IS NULL THEN memberships.last_read_seq ELSE ?5 END,
            joined_revision = ?7, left_at = NULL",
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
