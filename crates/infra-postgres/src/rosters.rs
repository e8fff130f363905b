//! Rooms with who is in them, read.

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid};
use domain::account::Username;
use domain::compat::ryos::{RoomKey, RoomWithMembers, RosterReader};
use domain::{StoreError, UserId};

use crate::PostgresStore;
use crate::rows::RoomRow;
use crate::statement::sql;

/// A room, and the names of a private one's members, with commas: no name has one.
#[derive(QueryableByName)]
struct RollRow {
    #[diesel(embed)]
    room: RoomRow,
    #[diesel(sql_type = Nullable<Text>)]
    members: Option<String>,
}

impl RollRow {
    fn roll(self) -> Result<RoomWithMembers, StoreError> {
        let names = self.members.unwrap_or_default();
        let members =
            names.split(',').filter(|name| !name.is_empty()).map(|name| Username::stored(name.into()));
        Ok(RoomWithMembers { view: self.room.view()?, members: members.collect() })
    }
}

/// A room as it is selected everywhere, and its members.
fn select() -> String {
    RoomRow::SELECT.replacen(
        "SELECT",
        "SELECT (SELECT string_agg(mu.username, ',') FROM memberships mm JOIN users mu ON mu.id = mm.user_id
            WHERE r.visibility = 1 AND mm.room_id = r.id AND mm.left_at IS NULL) AS members,",
        1,
    )
}

#[async_trait]
impl RosterReader for PostgresStore {
    async fn roster(
        &self,
        key: RoomKey,
        caller: Option<UserId>,
    ) -> Result<Option<RoomWithMembers>, StoreError> {
        let caller = caller.map(|id| id.0);
        let text = |which: &str| sql(format!("{} WHERE {which} AND r.deleted_at IS NULL", select()));
        let statement = match key {
            RoomKey::Id(id) => {
                text("r.id = $2").bind::<Nullable<SqlUuid>, _>(caller).bind::<SqlUuid, _>(id.0)
            }
            RoomKey::Slug(slug) => text("r.slug = $2")
                .bind::<Nullable<SqlUuid>, _>(caller)
                .bind::<Text, _>(slug.as_str().to_owned()),
        };
        let row: Option<RollRow> = self.database.row(statement).await?;
        row.map(RollRow::roll).transpose()
    }

    async fn rosters(&self, member: Option<UserId>, most: u32) -> Result<Vec<RoomWithMembers>, StoreError> {
        // Without `LATERAL … OFFSET 0`, which has each room looked up by itself, all users are read for a few names.
        let statement = sql(format!(
            "WITH page AS (
                (SELECT id FROM rooms WHERE deleted_at IS NULL AND visibility = 0
                    ORDER BY created_at DESC, id DESC LIMIT $2)
                UNION ALL
                (SELECT o.id FROM memberships om JOIN rooms o ON o.id = om.room_id
                    WHERE om.user_id = $1 AND om.left_at IS NULL AND o.deleted_at IS NULL AND o.visibility = 1
                    ORDER BY o.created_at DESC, o.id DESC LIMIT $2))
             SELECT roll.* FROM page CROSS JOIN LATERAL ({} WHERE r.id = page.id OFFSET 0) AS roll
             ORDER BY roll.created_at, roll.id",
            select()
        ))
        .bind::<Nullable<SqlUuid>, _>(member.map(|id| id.0))
        .bind::<BigInt, _>(i64::from(most));
        let rows: Vec<RollRow> = self.database.link().await?.rows(statement).await?;
        rows.into_iter().map(RollRow::roll).collect()
    }
}
