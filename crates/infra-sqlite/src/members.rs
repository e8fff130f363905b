//! Memberships, read.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
use domain::membership::{Member, MemberReader, Role, RoomStanding, Standing};
use domain::room::Seq;
use domain::{Page, PageRequest, RoomId, StoreError, UserId};

use crate::SqliteStore;
use crate::errors::store_error;
use crate::rows::{CountRow, bytes, count, moment, role, role_number, user_ref, visibility};

#[derive(QueryableByName)]
struct StandingRow {
    #[diesel(sql_type = Integer)]
    visibility: i32,
    #[diesel(sql_type = Nullable<Integer>)]
    role: Option<i32>,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_read_seq: Option<i64>,
    #[diesel(sql_type = Bool)]
    invited: bool,
}

#[derive(QueryableByName)]
struct MemberRow {
    #[diesel(sql_type = Binary)]
    user_id: Vec<u8>,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Integer)]
    role: i32,
    #[diesel(sql_type = BigInt)]
    joined_at: i64,
    #[diesel(sql_type = BigInt)]
    last_read_seq: i64,
}

impl MemberRow {
    fn member(self) -> Result<Member, StoreError> {
        Ok(Member {
            user: user_ref(&self.user_id, self.username)?,
            role: role(self.role)?,
            joined_at: moment(self.joined_at)?,
            last_read_seq: Seq(self.last_read_seq),
        })
    }
}

const MEMBER: &str = "SELECT m.user_id, u.username, m.role, m.joined_at, m.last_read_seq
    FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.room_id = ?1 AND m.left_at IS NULL";
/// The memberships of a deleted room are there for a while, but nobody's.
const OPEN: &str = "EXISTS (SELECT 1 FROM rooms r WHERE r.id = ?1 AND r.deleted_at IS NULL)";

#[async_trait]
impl MemberReader for SqliteStore {
    async fn standing(&self, room: RoomId, user: UserId) -> Result<Option<RoomStanding>, StoreError> {
        self.database
            .read(move |c| {
                let row: Option<StandingRow> = sql_query(
                    "SELECT r.visibility, m.role, m.last_read_seq, i.user_id IS NOT NULL AS invited FROM rooms r
                     LEFT JOIN memberships m ON m.room_id = r.id AND m.user_id = ?2 AND m.left_at IS NULL
                     LEFT JOIN invitations i ON i.room_id = r.id AND i.user_id = ?2
                     WHERE r.id = ?1 AND r.deleted_at IS NULL",
                )
                .bind::<Binary, _>(bytes(room.0))
                .bind::<Binary, _>(bytes(user.0))
                .get_result(c)
                .optional()
                .map_err(store_error)?;
                row.map(|row| {
                    let standing = Standing::of(row.role.map(role).transpose()?, row.invited);
                    let last_read_seq = Seq(row.last_read_seq.unwrap_or_default());
                    Ok(RoomStanding { visibility: visibility(row.visibility)?, standing, last_read_seq })
                })
                .transpose()
            })
            .await
    }

    async fn list(
        &self,
        room: RoomId,
        role: Option<Role>,
        page: PageRequest,
    ) -> Result<Page<Member>, StoreError> {
        let only = role.map(|role| format!(" AND m.role = {}", role_number(role))).unwrap_or_default();
        self.database
            .read(move |c| {
                let total: CountRow = sql_query(format!(
                    "SELECT count(*) AS n FROM memberships m WHERE m.room_id = ?1 AND m.left_at IS NULL{only}
                     AND {OPEN}"
                ))
                .bind::<Binary, _>(bytes(room.0))
                .get_result(c)
                .map_err(store_error)?;
                let rows: Vec<MemberRow> = sql_query(format!(
                    "{MEMBER}{only} AND {OPEN} ORDER BY m.joined_at, m.user_id LIMIT ?2 OFFSET ?3"
                ))
                .bind::<Binary, _>(bytes(room.0))
                .bind::<BigInt, _>(i64::from(page.limit))
                .bind::<BigInt, _>(page.offset())
                .load(c)
                .map_err(store_error)?;
                let items = rows.into_iter().map(MemberRow::member).collect::<Result<_, _>>()?;
                Ok(Page { items, total: count(total.n)? })
            })
            .await
    }

    async fn member(&self, room: RoomId, user: UserId) -> Result<Option<Member>, StoreError> {
        self.database
            .read(move |c| {
                let row: Option<MemberRow> = sql_query(format!("{MEMBER} AND m.user_id = ?2 AND {OPEN}"))
                    .bind::<Binary, _>(bytes(room.0))
                    .bind::<Binary, _>(bytes(user.0))
                    .get_result(c)
                    .optional()
                    .map_err(store_error)?;
                row.map(MemberRow::member).transpose()
            })
            .await
    }
}
