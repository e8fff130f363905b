//! Invitations.

use async_trait::async_trait;
use diesel::sql_types::BigInt;
use domain::invitation::{Invitation, InvitationReader, InvitationWrites, NewInvitation};
use domain::{Page, PageRequest, RoomId, StoreError, UserId};
use store_common::rows::InvitationRow;
use store_common::sql_types::{Id, Moment};
use store_common::statement::sql;

use crate::SqliteStore;
use crate::query::{Statement, page as read_page};
use crate::unit_of_work::SqliteUnitOfWork;

impl SqliteStore {
    /// Returns a page of the invitations whose column `of` is bound by `bind`; `tie` decides between equals.
    async fn invitations(
        &self,
        of: &'static str,
        tie: &'static str,
        bind: impl Fn(Statement) -> Statement,
        page: PageRequest,
    ) -> Result<Page<Invitation>, StoreError> {
        let total = bind(sql(format!(
            "SELECT count(*) AS n FROM invitations i JOIN rooms r ON r.id = i.room_id
             WHERE r.deleted_at IS NULL AND i.{of} = ?1"
        )));
        let listed = bind(sql(format!(
            "{}AND i.{of} = ?1 ORDER BY i.created_at DESC, i.{tie} DESC LIMIT ?2 OFFSET ?3",
            InvitationRow::SELECT
        )))
        .bind::<BigInt, _>(i64::from(page.limit))
        .bind::<BigInt, _>(page.offset());
        self.database.read(move |c| read_page::<InvitationRow>(c, total, listed)).await
    }
}

#[async_trait]
impl InvitationReader for SqliteStore {
    async fn for_room(&self, room: RoomId, page: PageRequest) -> Result<Page<Invitation>, StoreError> {
        self.invitations("room_id", "user_id", |statement| statement.bind::<Id, _>(room), page).await
    }

    async fn for_user(&self, user: UserId, page: PageRequest) -> Result<Page<Invitation>, StoreError> {
        self.invitations("user_id", "room_id", |statement| statement.bind::<Id, _>(user), page).await
    }
}

#[async_trait]
impl InvitationWrites for SqliteUnitOfWork {
    async fn invitation(&mut self, room: RoomId, user: UserId) -> Result<Option<Invitation>, StoreError> {
        let statement = sql(format!("{}AND i.room_id = ?1 AND i.user_id = ?2", InvitationRow::SELECT))
            .bind::<Id, _>(room)
            .bind::<Id, _>(user);
        self.one::<InvitationRow>(statement).await
    }

    async fn insert_invitation(&mut self, new: NewInvitation) -> Result<(), StoreError> {
        let statement =
            sql("INSERT INTO invitations (room_id, user_id, invited_by, created_at) VALUES (?1, ?2, ?3, ?4)")
                .bind::<Id, _>(new.room)
                .bind::<Id, _>(new.user)
                .bind::<Id, _>(new.invited_by)
                .bind::<Moment, _>(new.created_at);
        self.execute(statement).await.map(drop)
    }

    async fn delete_invitation(&mut self, room: RoomId, user: UserId) -> Result<bool, StoreError> {
        let statement = sql("DELETE FROM invitations WHERE room_id = ?1 AND user_id = ?2")
            .bind::<Id, _>(room)
            .bind::<Id, _>(user);
        Ok(self.execute(statement).await? > 0)
    }
}
