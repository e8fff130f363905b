//! Changes after a revision.

use diesel::sql_types::{BigInt, Nullable};
use domain::room::Revision;
use domain::{RoomId, UserId};

use super::StoreBackend;
use crate::rows::{HeadRow, MemberChangeRow, MessageChangeRow, RoomRow};
use crate::sql_types::Id;
use crate::statement::{Statement, sql};

/// Selects the revision of a room, as [`HeadRow`].
#[must_use]
pub fn head<DB: StoreBackend>(room: RoomId) -> Statement<DB> {
    sql(HeadRow::SELECT).bind::<Id, _>(room)
}

/// Selects the first messages that changed after `since`, up to `upto`, as [`MessageChangeRow`]; one more than `limit`.
#[must_use]
pub fn message_changes<DB: StoreBackend>(
    room: RoomId,
    since: Revision,
    upto: Revision,
    limit: u32,
) -> Statement<DB> {
    between(sql(MessageChangeRow::select()), room, since, upto, limit)
}

/// Selects the first memberships that changed after `since`, up to `upto`, as [`MemberChangeRow`]; one more than `limit`.
#[must_use]
pub fn member_changes<DB: StoreBackend>(
    room: RoomId,
    since: Revision,
    upto: Revision,
    limit: u32,
) -> Statement<DB> {
    between(sql(MemberChangeRow::SELECT), room, since, upto, limit)
}

fn between<DB: StoreBackend>(
    statement: Statement<DB>,
    room: RoomId,
    since: Revision,
    upto: Revision,
    limit: u32,
) -> Statement<DB> {
    statement
        .bind::<Id, _>(room)
        .bind::<BigInt, _>(since.0)
        .bind::<BigInt, _>(upto.0)
        .bind::<BigInt, _>(i64::from(limit) + 1)
}

/// Selects a room, as [`RoomRow`], unless it changed after `upto`.
#[must_use]
pub fn room_change<DB: StoreBackend>(room: RoomId, upto: Revision) -> Statement<DB> {
    sql(format!("{}WHERE r.id = ?2 AND r.changed_revision <= ?3", RoomRow::SELECT))
        .bind::<Nullable<Id>, _>(None::<UserId>)
        .bind::<Id, _>(room)
        .bind::<BigInt, _>(upto.0)
}
