//! Invitations.

use async_trait::async_trait;
use domain::invitation::{Invitation, InvitationReader, InvitationWrites, NewInvitation};
use domain::{Page, PageRequest, RoomId, StoreError, UserId};
use store_common::rows::InvitationRow;
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;

use crate::PostgresStore;
use crate::pool::Statement;
use crate::unit_of_work::PostgresUnitOfWork;

impl PostgresStore {
    /// Returns a page of the invitations whose column `of` is bound by `bind`; `tie` decides between equals.
    async fn invitations(
        &self,
        of: &'static str,
        tie: &'static str,
        bind: impl Fn(Statement) -> Statement,
        page: PageRequest,
    ) -> Result<Page<Invitation>, StoreError> {
        // Deleted rooms have no invitations, so the count need not look at rooms.
        let total = bind(sql(format!("SELECT count(*) AS n FROM invitations i WHERE i.{of} = ?1")));
        // The names are looked up for this page only, one by one (see `rooms`).
        let listed = bind(sql(format!(
            "SELECT shown.* FROM (SELECT i.room_id, i.user_id, i.created_at FROM invitations i WHERE i.{of} = ?1
                ORDER BY i.created_at DESC, i.{tie} DESC LIMIT ?2 OFFSET ?3) AS page
             CROSS JOIN LATERAL ({}AND i.room_id = page.room_id AND i.user_id = page.user_id LIMIT 1) AS shown
             ORDER BY page.created_at DESC, page.{tie} DESC",
            InvitationRow::SELECT
        )));
        let listed = statements::paged(listed, page);
        self.database.page::<InvitationRow>(total, listed).await
    }
}

#[async_trait]
impl InvitationReader for PostgresStore {
    async fn for_room(&self, room: RoomId, page: PageRequest) -> Result<Page<Invitation>, StoreError> {
        self.invitations("room_id", "user_id", |statement| statement.bind::<Id, _>(room), page).await
    }

    async fn for_user(&self, user: UserId, page: PageRequest) -> Result<Page<Invitation>, StoreError> {
        self.invitations("user_id", "room_id", |statement| statement.bind::<Id, _>(user), page).await
    }
}

#[async_trait]
impl InvitationWrites for PostgresUnitOfWork {
    async fn invitation(&mut self, room: RoomId, user: UserId) -> Result<Option<Invitation>, StoreError> {
        self.one::<InvitationRow>(statements::invitation(room, user)).await
    }

    async fn insert_invitation(&mut self, new: NewInvitation) -> Result<(), StoreError> {
        self.execute(statements::insert_invitation(new)).await.map(drop)
    }

    async fn delete_invitation(&mut self, room: RoomId, user: UserId) -> Result<bool, StoreError> {
        Ok(self.execute(statements::delete_invitation(room, user)).await? > 0)
    }
}
