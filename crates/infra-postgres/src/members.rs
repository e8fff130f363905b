//! Memberships, read.

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use domain::membership::{Member, MemberReader, Role, RoomStanding, Standing};
use domain::room::Seq;
use domain::{Page, PageRequest, RoomId, StoreError, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::PostgresStore;
use crate::rows::{CountRow, count, moment, role, role_number, user_ref, visibility};
use crate::statement::sql;

#[derive(QueryableByName)]
struct StandingRow {
    #[diesel(sql_type = SmallInt)]
    visibility: i16,
    #[diesel(sql_type = Nullable<SmallInt>)]
    role: Option<i16>,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_read_seq: Option<i64>,
    #[diesel(sql_type = Bool)]
    invited: bool,
}

#[derive(QueryableByName)]
struct MemberRow {
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = SmallInt)]
    role: i16,
    #[diesel(sql_type = Timestamptz)]
    joined_at: OffsetDateTime,
    #[diesel(sql_type = BigInt)]
    last_read_seq: i64,
}

impl MemberRow {
    fn member(self) -> Result<Member, StoreError> {
        Ok(Member {
            user: user_ref(self.user_id, self.username),
            role: role(self.role)?,
            joined_at: moment(self.joined_at)?,
            last_read_seq: Seq(self.last_read_seq),
        })
    }
}

const MEMBER: &str = "SELECT m.user_id, u.username, m.role, m.joined_at, m.last_read_seq
    FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.room_id = $1 AND m.left_at IS NULL";
/// The memberships of a deleted room are there for a while, but nobody's.
const OPEN: &str = "EXISTS (SELECT 1 FROM rooms r WHERE r.id = $1 AND r.deleted_at IS NULL)";

#[async_trait]
impl MemberReader for PostgresStore {
    async fn standing(&self, room: RoomId, user: UserId) -> Result<Option<RoomStanding>, StoreError> {
        let statement =
            sql("SELECT r.visibility, m.role, m.last_read_seq, i.user_id IS NOT NULL AS invited FROM rooms r
             LEFT JOIN memberships m ON m.room_id = r.id AND m.user_id = $2 AND m.left_at IS NULL
             LEFT JOIN invitations i ON i.room_id = r.id AND i.user_id = $2
             WHERE r.id = $1 AND r.deleted_at IS NULL")
            .bind::<SqlUuid, _>(room.0)
            .bind::<SqlUuid, _>(user.0);
        let row: Option<StandingRow> = self.database.row(statement).await?;
        row.map(|row| {
            let standing = Standing::of(row.role.map(role).transpose()?, row.invited);
            let last_read_seq = Seq(row.last_read_seq.unwrap_or_default());
            Ok(RoomStanding { visibility: visibility(row.visibility)?, standing, last_read_seq })
        })
        .transpose()
    }

    async fn list(
        &self,
        room: RoomId,
        role: Option<Role>,
        page: PageRequest,
    ) -> Result<Page<Member>, StoreError> {
        let only = role.map(|role| format!(" AND m.role = {}", role_number(role))).unwrap_or_default();
        let total = sql(format!(
            "SELECT count(*) AS n FROM memberships m WHERE m.room_id = $1 AND m.left_at IS NULL{only} AND {OPEN}"
        ))
        .bind::<SqlUuid, _>(room.0);
        // The names are looked up for the page alone, not for all pages before it.
        let listed = sql(format!(
            "SELECT page.user_id, u.username, page.role, page.joined_at, page.last_read_seq
             FROM (SELECT * FROM memberships m WHERE m.room_id = $1 AND m.left_at IS NULL{only} AND {OPEN}
                ORDER BY m.joined_at, m.user_id LIMIT $2 OFFSET $3) AS page
             CROSS JOIN LATERAL (SELECT username FROM users WHERE id = page.user_id LIMIT 1) AS u
             ORDER BY page.joined_at, page.user_id"
        ))
        .bind::<SqlUuid, _>(room.0)
        .bind::<BigInt, _>(i64::from(page.limit))
        .bind::<BigInt, _>(page.offset());
        let mut link = self.database.link().await?;
        let total: Option<CountRow> = link.row(total).await?;
        let rows: Vec<MemberRow> = link.rows(listed).await?;
        let items = rows.into_iter().map(MemberRow::member).collect::<Result<_, _>>()?;
        Ok(Page { items, total: count(total.map_or(0, |total| total.n))? })
    }

    async fn member(&self, room: RoomId, user: UserId) -> Result<Option<Member>, StoreError> {
        let statement = sql(format!("{MEMBER} AND m.user_id = $2 AND {OPEN}"))
            .bind::<SqlUuid, _>(room.0)
            .bind::<SqlUuid, _>(user.0);
        let row: Option<MemberRow> = self.database.row(statement).await?;
        row.map(MemberRow::member).transpose()
    }
}
