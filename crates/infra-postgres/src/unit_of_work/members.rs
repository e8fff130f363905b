//! What a unit of work reads and writes of memberships.

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use domain::account::UserRef;
use domain::membership::Membership;
use domain::room::{Revision, Seq};
use domain::{RoomId, StoreError, Timestamp, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::pool::Link;
use crate::rows::{CountRow, moment, role, role_number, user_ref};
use crate::statement::sql;

type Done = Result<(), StoreError>;

/// A present membership.
#[derive(QueryableByName)]
struct MembershipRow {
    #[diesel(sql_type = SqlUuid)]
    room_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = SmallInt)]
    role: i16,
    #[diesel(sql_type = Timestamptz)]
    joined_at: OffsetDateTime,
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
            room: RoomId(self.room_id),
            user: UserId(self.user_id),
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
    #[diesel(sql_type = SqlUuid)]
    member_id: Uuid,
    #[diesel(sql_type = Text)]
    username: String,
}

pub(super) async fn membership(
    link: &mut Link,
    room: RoomId,
    user: UserId,
) -> Result<Option<Membership>, StoreError> {
    let statement = sql(
        "SELECT room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision FROM memberships
         WHERE room_id = $1 AND user_id = $2 AND left_at IS NULL",
    )
    .bind::<SqlUuid, _>(room.0)
    .bind::<SqlUuid, _>(user.0);
    let row: Option<MembershipRow> = link.row(statement).await?;
    row.map(|row| row.membership()).transpose()
}

pub(super) async fn admin_count(link: &mut Link, room: RoomId) -> Result<i64, StoreError> {
    let statement =
        sql("SELECT count(*) AS n FROM memberships WHERE room_id = $1 AND role = 0 AND left_at IS NULL")
            .bind::<SqlUuid, _>(room.0);
    Ok(link.row::<CountRow>(statement).await?.map_or(0, |row| row.n))
}

pub(super) async fn save_membership(link: &mut Link, membership: Membership) -> Done {
    let statement = sql(
        "INSERT INTO memberships (room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (room_id, user_id) DO UPDATE SET role = $3, joined_at = $4, revision = $6,
            last_read_seq = greatest(memberships.last_read_seq, $5), joined_revision = $7, left_at = NULL",
    )
    .bind::<SqlUuid, _>(membership.room.0)
    .bind::<SqlUuid, _>(membership.user.0)
    .bind::<SmallInt, _>(role_number(membership.role))
    .bind::<Timestamptz, _>(membership.joined_at.as_datetime())
    .bind::<BigInt, _>(membership.last_read_seq.0)
    .bind::<BigInt, _>(membership.revision.0)
    .bind::<BigInt, _>(membership.joined_revision.0);
    link.execute(statement).await.map(drop)
}

pub(super) async fn end_membership(
    link: &mut Link,
    room: RoomId,
    user: UserId,
    revision: Revision,
    at: Timestamp,
) -> Done {
    let statement = sql("UPDATE memberships SET left_at = $4, revision = $3
         WHERE room_id = $1 AND user_id = $2 AND left_at IS NULL")
    .bind::<SqlUuid, _>(room.0)
    .bind::<SqlUuid, _>(user.0)
    .bind::<BigInt, _>(revision.0)
    .bind::<Timestamptz, _>(at.as_datetime());
    link.execute(statement).await.map(drop)
}

pub(super) async fn insert_memberships(link: &mut Link, memberships: Vec<Membership>) -> Done {
    let all = |column: fn(&Membership) -> i64| memberships.iter().map(column).collect::<Vec<_>>();
    let statement = sql(
        "INSERT INTO memberships (room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision)
         SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind::<Array<SqlUuid>, _>(memberships.iter().map(|m| m.room.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(memberships.iter().map(|m| m.user.0).collect::<Vec<_>>())
    .bind::<Array<SmallInt>, _>(memberships.iter().map(|m| role_number(m.role)).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(memberships.iter().map(|m| m.joined_at.as_datetime()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(all(|m| m.last_read_seq.0))
    .bind::<Array<BigInt>, _>(all(|m| m.revision.0))
    .bind::<Array<BigInt>, _>(all(|m| m.joined_revision.0));
    link.execute(statement).await.map(drop)
}

pub(super) async fn longest_standing(
    link: &mut Link,
    room: RoomId,
    except: UserId,
) -> Result<Option<(UserRef, Membership)>, StoreError> {
    let statement = sql(
        "SELECT m.room_id, m.user_id, m.role, m.joined_at, m.last_read_seq, m.revision, m.joined_revision,
            u.id AS member_id, u.username
         FROM memberships m JOIN users u ON u.id = m.user_id
         WHERE m.room_id = $1 AND m.user_id <> $2 AND m.left_at IS NULL ORDER BY m.joined_revision LIMIT 1",
    )
    .bind::<SqlUuid, _>(room.0)
    .bind::<SqlUuid, _>(except.0);
    let row: Option<NamedMembershipRow> = link.row(statement).await?;
    row.map(|row| Ok((user_ref(row.member_id, row.username), row.membership.membership()?))).transpose()
}
