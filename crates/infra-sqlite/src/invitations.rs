//! Invitations, read.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Text};
use domain::invitation::{Invitation, InvitationReader};
use domain::room::RoomName;
use domain::{Page, PageRequest, RoomId, StoreError, UserId};

use crate::SqliteStore;
use crate::errors::store_error;
use crate::rows::{CountRow, bytes, count, moment, user_ref, uuid};

#[derive(QueryableByName)]
pub(crate) struct InvitationRow {
    #[diesel(sql_type = Binary)]
    room_id: Vec<u8>,
    #[diesel(sql_type = Text)]
    room_name: String,
    #[diesel(sql_type = Binary)]
    user_id: Vec<u8>,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Binary)]
    invited_by: Vec<u8>,
    #[diesel(sql_type = Text)]
    inviter: String,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
}

impl InvitationRow {
    pub(crate) const SELECT: &str =
        "SELECT i.room_id, r.name AS room_name, i.user_id, u.username, i.invited_by,
            b.username AS inviter, i.created_at
        FROM invitations i JOIN rooms r ON r.id = i.room_id JOIN users u ON u.id = i.user_id
        JOIN users b ON b.id = i.invited_by WHERE r.deleted_at IS NULL ";

    pub(crate) fn invitation(self) -> Result<Invitation, StoreError> {
        Ok(Invitation {
            room: RoomId(uuid(&self.room_id)?),
            room_name: RoomName::stored(self.room_name),
            user: user_ref(&self.user_id, self.username)?,
            invited_by: user_ref(&self.invited_by, self.inviter)?,
            created_at: moment(self.created_at)?,
        })
    }
}

impl SqliteStore {
    async fn invitations(
        &self,
        of: &'static str,
        tie: &'static str,
        id: Vec<u8>,
        page: PageRequest,
    ) -> Result<Page<Invitation>, StoreError> {
        self.database
            .read(move |c| {
                let total: CountRow = sql_query(format!(
                    "SELECT count(*) AS n FROM invitations i JOIN rooms r ON r.id = i.room_id
                     WHERE r.deleted_at IS NULL AND i.{of} = ?1"
                ))
                .bind::<Binary, _>(&id)
                .get_result(c)
                .map_err(store_error)?;
                let rows: Vec<InvitationRow> = sql_query(format!(
                    "{} AND i.{of} = ?1 ORDER BY i.created_at DESC, i.{tie} DESC LIMIT ?2 OFFSET ?3",
                    InvitationRow::SELECT
                ))
                .bind::<Binary, _>(&id)
                .bind::<BigInt, _>(i64::from(page.limit))
                .bind::<BigInt, _>(page.offset())
                .load(c)
                .map_err(store_error)?;
                let items = rows.into_iter().map(InvitationRow::invitation).collect::<Result<_, _>>()?;
                Ok(Page { items, total: count(total.n)? })
            })
            .await
    }
}

#[async_trait]
impl InvitationReader for SqliteStore {
    async fn for_room(&self, room: RoomId, page: PageRequest) -> Result<Page<Invitation>, StoreError> {
        self.invitations("room_id", "user_id", bytes(room.0), page).await
    }

    async fn for_user(&self, user: UserId, page: PageRequest) -> Result<Page<Invitation>, StoreError> {
        self.invitations("user_id", "room_id", bytes(user.0), page).await
    }
}
