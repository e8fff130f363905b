//! What a unit of work reads and writes of memberships.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Integer, Text};
use diesel::sqlite::Sqlite;
use domain::account::UserRef;
use domain::membership::Membership;
use domain::room::{Revision, Seq};
use domain::{RoomId, StoreError, Timestamp, UserId};

use crate::errors::store_error;
use crate::rows::{CountRow, bytes, moment, role, role_number, user_ref, uuid};

type Done = Result<(), StoreError>;

/// A present membership.
#[derive(QueryableByName)]
struct MembershipRow {
    #[diesel(sql_type = Binary)]
    room_id: Vec<u8>,
    #[diesel(sql_type = Binary)]
    user_id: Vec<u8>,
    #[diesel(sql_type = Integer)]
    role: i32,
    #[diesel(sql_type = BigInt)]
    joined_at: i64,
    #[diesel(sql_type = BigInt)]
    last_read_seq: i64,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = BigInt)]
    joined_revision: i64,
}

impl MembershipRow {
    fn membership(&self) -> Result<Membership, StoreError> {
        Ok(Membership {
            room: RoomId(uuid(&self.room_id)?),
            user: UserId(uuid(&self.user_id)?),
            role: role(self.role)?,
            joined_at: moment(self.joined_at)?,
            last_read_seq: Seq(self.last_read_seq),
            revision: Revision(self.revision),
            joined_revision: Revision(self.joined_revision),
        })
    }
}

/// A membership and its member's name.
#[derive(QueryableByName)]
struct NamedMembershipRow {
    #[diesel(embed)]
    membership: MembershipRow,
    #[diesel(sql_type = Binary)]
    member_id: Vec<u8>,
    #[diesel(sql_type = Text)]
    username: String,
}

pub(super) fn membership(
    c: &mut SqliteConnection,
    room: RoomId,
    user: UserId,
) -> Result<Option<Membership>, StoreError> {
    let row: Option<MembershipRow> = sql_query(
        "SELECT room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision FROM memberships
         WHERE room_id = ?1 AND user_id = ?2 AND left_at IS NULL",
    )
    .bind::<Binary, _>(bytes(room.0))
    .bind::<Binary, _>(bytes(user.0))
    .get_result(c)
    .optional()
    .map_err(store_error)?;
    row.map(|row| row.membership()).transpose()
}

pub(super) fn admin_count(c: &mut SqliteConnection, room: RoomId) -> Result<i64, StoreError> {
    let row: CountRow = sql_query(
        "SELECT count(*) AS n FROM memberships WHERE room_id = ?1 AND role = 0 AND left_at IS NULL",
    )
    .bind::<Binary, _>(bytes(room.0))
    .get_result(c)
    .map_err(store_error)?;
    Ok(row.n)
}

pub(super) fn save_membership(c: &mut SqliteConnection, membership: &Membership) -> Done {
    sql_query(
        "INSERT INTO memberships (room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (room_id, user_id) DO UPDATE SET role = ?3, joined_at = ?4, revision = ?6,
            last_read_seq = max(memberships.last_read_seq, ?5), joined_revision = ?7, left_at = NULL",
    )
    .bind::<Binary, _>(bytes(membership.room.0))
    .bind::<Binary, _>(bytes(membership.user.0))
    .bind::<Integer, _>(role_number(membership.role))
    .bind::<BigInt, _>(membership.joined_at.unix_micros())
    .bind::<BigInt, _>(membership.last_read_seq.0)
    .bind::<BigInt, _>(membership.revision.0)
    .bind::<BigInt, _>(membership.joined_revision.0)
    .execute(c)
    .map_err(store_error)?;
    Ok(())
}

pub(super) fn end_membership(
    c: &mut SqliteConnection,
    room: RoomId,
    user: UserId,
    revision: Revision,
    at: Timestamp,
) -> Done {
    sql_query(
        "UPDATE memberships SET left_at = ?4, revision = ?3
         WHERE room_id = ?1 AND user_id = ?2 AND left_at IS NULL",
    )
    .bind::<Binary, _>(bytes(room.0))
    .bind::<Binary, _>(bytes(user.0))
    .bind::<BigInt, _>(revision.0)
    .bind::<BigInt, _>(at.unix_micros())
    .execute(c)
    .map_err(store_error)?;
    Ok(())
}

pub(super) fn insert_memberships(c: &mut SqliteConnection, memberships: &[Membership]) -> Done {
    if memberships.is_empty() {
        return Ok(());
    }
    let rows = vec!["(?, ?, ?, ?, ?, ?, ?)"; memberships.len()].join(", ");
    let mut insert = sql_query(format!(
        "INSERT INTO memberships (room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision)
         VALUES {rows}"
    ))
    .into_boxed::<Sqlite>();
    for membership in memberships {
        insert = insert
            .bind::<Binary, _>(bytes(membership.room.0))
            .bind::<Binary, _>(bytes(membership.user.0))
            .bind::<Integer, _>(role_number(membership.role))
            .bind::<BigInt, _>(membership.joined_at.unix_micros())
            .bind::<BigInt, _>(membership.last_read_seq.0)
            .bind::<BigInt, _>(membership.revision.0)
            .bind::<BigInt, _>(membership.joined_revision.0);
    }
    insert.execute(c).map_err(store_error)?;
    Ok(())
}

pub(super) fn longest_standing(
    c: &mut SqliteConnection,
    room: RoomId,
    except: UserId,
) -> Result<Option<(UserRef, Membership)>, StoreError> {
    let row: Option<NamedMembershipRow> = sql_query(
        "SELECT m.room_id, m.user_id, m.role, m.joined_at, m.last_read_seq, m.revision, m.joined_revision,
            u.id AS member_id, u.username
         FROM memberships m JOIN users u ON u.id = m.user_id
         WHERE m.room_id = ?1 AND m.user_id <> ?2 AND m.left_at IS NULL ORDER BY m.joined_revision LIMIT 1",
    )
    .bind::<Binary, _>(bytes(room.0))
    .bind::<Binary, _>(bytes(except.0))
    .get_result(c)
    .optional()
    .map_err(store_error)?;
    row.map(|row| Ok((user_ref(&row.member_id, row.username)?, row.membership.membership()?))).transpose()
}
