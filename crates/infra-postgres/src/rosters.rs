//! Rooms with their members.

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Nullable};
use domain::compat::ryos::{RoomKey, RoomWithMembers, RosterReader};
use domain::{StoreError, UserId};
use store_common::rows::RosterRow;
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;

use crate::PostgresStore;

#[async_trait]
impl RosterReader for PostgresStore {
    async fn roster(
        &self,
        key: RoomKey,
        caller: Option<UserId>,
    ) -> Result<Option<RoomWithMembers>, StoreError> {
        self.database.one::<RosterRow>(statements::roster(key, caller)).await
    }

    async fn rosters(&self, member: Option<UserId>, most: u32) -> Result<Vec<RoomWithMembers>, StoreError> {
        // `LATERAL … OFFSET 0` has each room looked up by itself; without it, all users are read for a few names.
        let statement = sql(format!(
            "WITH page AS (
                (SELECT id FROM rooms WHERE deleted_at IS NULL AND visibility = 0
                    ORDER BY created_at DESC, id DESC LIMIT ?2)
                UNION ALL
                (SELECT o.id FROM memberships om JOIN rooms o ON o.id = om.room_id
                    WHERE om.user_id = ?1 AND om.left_at IS NULL AND o.deleted_at IS NULL AND o.visibility = 1
                    ORDER BY o.created_at DESC, o.id DESC LIMIT ?2))
             SELECT roster.* FROM page CROSS JOIN LATERAL ({}WHERE r.id = page.id OFFSET 0) AS roster
             ORDER BY roster.created_at, roster.id",
            RosterRow::select("string_agg")
        ))
        .bind::<Nullable<Id>, _>(member)
        .bind::<BigInt, _>(i64::from(most));
        self.database.all::<RosterRow>(statement).await
    }
}
