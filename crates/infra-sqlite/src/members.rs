//! Memberships.

use async_trait::async_trait;
use diesel::sql_types::BigInt;
use domain::account::UserRef;
use domain::membership::{Member, MemberReader, Membership, MembershipWrites, Role, RoomStanding};
use domain::room::Revision;
use domain::{Page, PageRequest, RoomId, StoreError, Timestamp, UserId};
use store_common::rows::{MemberRow, MembershipRow, NamedMembershipRow, ROOM_IS_LIVING, StandingRow};
use store_common::sql_types::{Code, Coded, Id, Moment};
use store_common::statement::sql;

use crate::SqliteStore;
use crate::query::{Statement, page as read_page};
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl MemberReader for SqliteStore {
    async fn standing(&self, room: RoomId, user: UserId) -> Result<Option<RoomStanding>, StoreError> {
        let statement = sql(StandingRow::SELECT).bind::<Id, _>(room).bind::<Id, _>(user);
        self.database.one::<StandingRow>(statement).await
    }

    async fn list(
        &self,
        room: RoomId,
        role: Option<Role>,
        page: PageRequest,
    ) -> Result<Page<Member>, StoreError> {
        let only = role.map(|role| format!(" AND m.role = {}", role.code())).unwrap_or_default();
        let total = sql(format!(
            "SELECT count(*) AS n FROM memberships m WHERE m.room_id = ?1 AND m.left_at IS NULL{only}
             AND {ROOM_IS_LIVING}"
        ))
        .bind::<Id, _>(room);
        let listed = sql(format!(
            "{}{only} AND {ROOM_IS_LIVING} ORDER BY m.joined_at, m.user_id LIMIT ?2 OFFSET ?3",
            MemberRow::SELECT
        ))
        .bind::<Id, _>(room)
        .bind::<BigInt, _>(i64::from(page.limit))
        .bind::<BigInt, _>(page.offset());
        self.database.read(move |c| read_page::<MemberRow>(c, total, listed)).await
    }

    async fn member(&self, room: RoomId, user: UserId) -> Result<Option<Member>, StoreError> {
        let statement = sql(format!("{} AND m.user_id = ?2 AND {ROOM_IS_LIVING}", MemberRow::SELECT))
            .bind::<Id, _>(room)
            .bind::<Id, _>(user);
        self.database.one::<MemberRow>(statement).await
    }
}

#[async_trait]
impl MembershipWrites for SqliteUnitOfWork {
    async fn membership(&mut self, room: RoomId, user: UserId) -> Result<Option<Membership>, StoreError> {
        let statement = sql(format!(
            "SELECT {} FROM memberships WHERE room_id = ?1 AND user_id = ?2 AND left_at IS NULL",
            MembershipRow::COLUMNS
        ))
        .bind::<Id, _>(room)
        .bind::<Id, _>(user);
        self.one::<MembershipRow>(statement).await
    }

    async fn admin_count(&mut self, room: RoomId) -> Result<i64, StoreError> {
        let statement =
            sql("SELECT count(*) AS n FROM memberships WHERE room_id = ?1 AND role = 0 AND left_at IS NULL")
                .bind::<Id, _>(room);
        self.number(statement).await
    }

    async fn save_membership(&mut self, membership: Membership) -> Result<(), StoreError> {
        let statement = sql(format!(
            "INSERT INTO memberships ({}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (room_id, user_id) DO UPDATE SET role = ?3, joined_at = ?4, revision = ?6,
                last_read_seq = max(memberships.last_read_seq, ?5), joined_revision = ?7, left_at = NULL",
            MembershipRow::COLUMNS
        ));
        self.execute(bind(statement, &membership)).await.map(drop)
    }

    async fn insert_memberships(&mut self, memberships: Vec<Membership>) -> Result<(), StoreError> {
        if memberships.is_empty() {
            return Ok(());
        }
        let row = |row: usize| {
            let places: Vec<_> = (1..=7).map(|place| format!("?{}", row * 7 + place)).collect();
            format!("({})", places.join(", "))
        };
        let rows: Vec<_> = (0..memberships.len()).map(row).collect();
        let statement =
            sql(format!("INSERT INTO memberships ({}) VALUES {}", MembershipRow::COLUMNS, rows.join(", ")));
        self.execute(memberships.iter().fold(statement, bind)).await.map(drop)
    }

    async fn longest_standing(
        &mut self,
        room: RoomId,
        except: UserId,
    ) -> Result<Option<(UserRef, Membership)>, StoreError> {
        let statement = sql(NamedMembershipRow::LONGEST_STANDING).bind::<Id, _>(room).bind::<Id, _>(except);
        self.one::<NamedMembershipRow>(statement).await
    }

    async fn end_membership(
        &mut self,
        room: RoomId,
        user: UserId,
        revision: Revision,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let statement = sql("UPDATE memberships SET left_at = ?4, revision = ?3
             WHERE room_id = ?1 AND user_id = ?2 AND left_at IS NULL")
        .bind::<Id, _>(room)
        .bind::<Id, _>(user)
        .bind::<BigInt, _>(revision.0)
        .bind::<Moment, _>(at);
        self.execute(statement).await.map(drop)
    }
}

/// Binds the values of [`MembershipRow::COLUMNS`].
fn bind(statement: Statement, membership: &Membership) -> Statement {
    statement
        .bind::<Id, _>(membership.room)
        .bind::<Id, _>(membership.user)
        .bind::<Code, _>(membership.role)
        .bind::<Moment, _>(membership.joined_at)
        .bind::<BigInt, _>(membership.last_read_seq.0)
        .bind::<BigInt, _>(membership.revision.0)
        .bind::<BigInt, _>(membership.joined_revision.0)
}
