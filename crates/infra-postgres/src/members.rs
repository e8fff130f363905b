//! Memberships.

use async_trait::async_trait;
use diesel::sql_types::{Array, BigInt};
use domain::account::UserRef;
use domain::membership::{Member, MemberReader, Membership, MembershipWrites, Reader, Role, RoomStanding};
use domain::room::{Revision, Seq};
use domain::{Page, PageRequest, RoomId, StoreError, Timestamp, UserId};
use store_common::rows::{MemberRow, MembershipRow, NamedMembershipRow, ReaderRow};
use store_common::sql_types::{Code, Id, Moment};
use store_common::statement::sql;
use store_common::statements;

use crate::PostgresStore;
use crate::unit_of_work::PostgresUnitOfWork;

#[async_trait]
impl MemberReader for PostgresStore {
    async fn standing(&self, room: RoomId, user: UserId) -> Result<Option<RoomStanding>, StoreError> {
        self.standings.of(room, user).await
    }

    async fn list(
        &self,
        room: RoomId,
        role: Option<Role>,
        page: PageRequest,
    ) -> Result<Page<Member>, StoreError> {
        self.lists.members(room, role, page).await
    }

    async fn readers(
        &self,
        room: RoomId,
        seq: Seq,
        except: UserId,
        page: PageRequest,
    ) -> Result<Page<Reader>, StoreError> {
        let (total, listed) = statements::readers(room, seq, except, page);
        self.database.page::<ReaderRow>(total, listed).await
    }

    async fn member(&self, room: RoomId, user: UserId) -> Result<Option<Member>, StoreError> {
        self.database.one::<MemberRow>(statements::member(room, user)).await
    }
}

#[async_trait]
impl MembershipWrites for PostgresUnitOfWork {
    async fn membership(&mut self, room: RoomId, user: UserId) -> Result<Option<Membership>, StoreError> {
        self.one::<MembershipRow>(statements::membership(room, user)).await
    }

    async fn members_named(&mut self, room: RoomId, names: Vec<String>) -> Result<Vec<UserRef>, StoreError> {
        let names = names.into_iter().map(|name| (room, name)).collect();
        let members = crate::mentions::members(self.connection(), names).await?;
        Ok(members.into_iter().map(|(_, user)| user).collect())
    }

    async fn admin_count(&mut self, room: RoomId) -> Result<i64, StoreError> {
        self.number(statements::admin_count(room)).await
    }

    async fn save_membership(&mut self, membership: Membership) -> Result<(), StoreError> {
        self.execute(statements::save_membership(&membership)).await.map(drop)
    }

    async fn insert_memberships(&mut self, memberships: Vec<Membership>) -> Result<(), StoreError> {
        fn column<T>(memberships: &[Membership], value: impl Fn(&Membership) -> T) -> Vec<T> {
            memberships.iter().map(value).collect()
        }
        let all = &memberships;
        let statement = sql(format!(
            "INSERT INTO memberships ({columns}, maybe_private)
             SELECT m.*, (SELECT visibility = 1 FROM rooms WHERE id = m.room_id)
             FROM unnest(?1, ?2, ?3, ?4, ?5, ?6, ?7) AS m ({columns})",
            columns = MembershipRow::COLUMNS
        ))
        .bind::<Array<Id>, _>(column(all, |m| m.room))
        .bind::<Array<Id>, _>(column(all, |m| m.user))
        .bind::<Array<Code>, _>(column(all, |m| m.role))
        .bind::<Array<Moment>, _>(column(all, |m| m.joined_at))
        .bind::<Array<BigInt>, _>(column(all, |m| m.last_read_seq.0))
        .bind::<Array<BigInt>, _>(column(all, |m| m.revision.0))
        .bind::<Array<BigInt>, _>(column(all, |m| m.joined_revision.0));
        self.execute(statement).await.map(drop)
    }

    async fn longest_standing(
        &mut self,
        room: RoomId,
        except: UserId,
    ) -> Result<Option<(UserRef, Membership)>, StoreError> {
        self.one::<NamedMembershipRow>(statements::longest_standing(room, except)).await
    }

    async fn end_membership(
        &mut self,
        room: RoomId,
        user: UserId,
        revision: Revision,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(statements::end_membership(room, user, revision, at)).await.map(drop)
    }
}
