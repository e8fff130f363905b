//! Invitations.

use async_trait::async_trait;
use domain::invitation::{Invitation, InvitationReader, InvitationWrites, NewInvitation};
use domain::{Page, PageRequest, RoomId, StoreError, UserId};
use store_common::rows::InvitationRow;
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;

use crate::SqliteStore;
use crate::query::{Statement, page as read_page};
use crate::scans::Scan;
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
        )));
        let listed = statements::paged(listed, page);
        self.database.scan(Scan::List, move |c| read_page::<InvitationRow>(c, total, listed)).await
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
        self.one::<InvitationRow>(statements::invitation(room, user)).await
    }

    async fn insert_invitation(&mut self, new: NewInvitation) -> Result<(), StoreError> {
        self.execute(statements::insert_invitation(new)).await.map(drop)
    }

    async fn delete_invitation(&mut self, room: RoomId, user: UserId) -> Result<bool, StoreError> {
        Ok(self.execute(statements::delete_invitation(room, user)).await? > 0)
    }
}
