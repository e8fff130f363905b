//! Invitations, read.

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid};
use domain::invitation::{Invitation, InvitationReader};
use domain::room::RoomName;
use domain::{Page, PageRequest, RoomId, StoreError, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::PostgresStore;
use crate::rows::{CountRow, count, moment, user_ref};
use crate::statement::sql;

#[derive(QueryableByName)]
pub(crate) struct InvitationRow {
    #[diesel(sql_type = SqlUuid)]
    room_id: Uuid,
    #[diesel(sql_type = Text)]
    room_name: String,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = SqlUuid)]
    invited_by: Uuid,
    #[diesel(sql_type = Text)]
    inviter: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: OffsetDateTime,
}

impl InvitationRow {
    pub(crate) const SELECT: &str =
        "SELECT i.room_id, r.name AS room_name, i.user_id, u.username, i.invited_by,
            b.username AS inviter, i.created_at
        FROM invitations i JOIN rooms r ON r.id = i.room_id JOIN users u ON u.id = i.user_id
        JOIN users b ON b.id = i.invited_by WHERE r.deleted_at IS NULL ";

    pub(crate) fn invitation(self) -> Result<Invitation, StoreError> {
        Ok(Invitation {
            room: RoomId(self.room_id),
            room_name: RoomName::stored(self.room_name),
            user: user_ref(self.user_id, self.username),
            invited_by: user_ref(self.invited_by, self.inviter),
            created_at: moment(self.created_at)?,
        })
    }
}

impl PostgresStore {
    async fn invitations(
        &self,
        of: &'static str,
        tie: &'static str,
        id: Uuid,
        page: PageRequest,
    ) -> Result<Page<Invitation>, StoreError> {
        // Rooms that are gone have none, so they need not be asked.
        let total =
            sql(format!("SELECT count(*) AS n FROM invitations i WHERE i.{of} = $1")).bind::<SqlUuid, _>(id);
        // The names are looked up for the page alone, one by one (see `rooms::listing`).
        let listed = sql(format!(
            "SELECT shown.* FROM (SELECT i.room_id, i.user_id, i.created_at FROM invitations i WHERE i.{of} = $1
                ORDER BY i.created_at DESC, i.{tie} DESC LIMIT $2 OFFSET $3) AS page
             CROSS JOIN LATERAL ({} AND i.room_id = page.room_id AND i.user_id = page.user_id LIMIT 1) AS shown
             ORDER BY page.created_at DESC, page.{tie} DESC",
            InvitationRow::SELECT
        ))
        .bind::<SqlUuid, _>(id)
        .bind::<BigInt, _>(i64::from(page.limit))
        .bind::<BigInt, _>(page.offset());
        let mut link = self.database.link().await?;
        let total: Option<CountRow> = link.row(total).await?;
        let rows: Vec<InvitationRow> = link.rows(listed).await?;
        let items = rows.into_iter().map(InvitationRow::invitation).collect::<Result<_, _>>()?;
        Ok(Page { items, total: count(total.map_or(0, |total| total.n))? })
    }
}

#[async_trait]
impl InvitationReader for PostgresStore {
    async fn for_room(&self, room: RoomId, page: PageRequest) -> Result<Page<Invitation>, StoreError> {
        self.invitations("room_id", "user_id", room.0, page).await
    }

    async fn for_user(&self, user: UserId, page: PageRequest) -> Result<Page<Invitation>, StoreError> {
        self.invitations("user_id", "room_id", user.0, page).await
    }
}
