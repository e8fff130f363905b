//! Rooms with who is in them, read.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use domain::account::Username;
use domain::compat::ryos::{RoomKey, RoomWithMembers, RosterReader};
use domain::{StoreError, UserId};

use crate::SqliteStore;
use crate::errors::store_error;
use crate::rooms::caller_key;
use crate::rows::{RoomRow, bytes};

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
        "SELECT (SELECT group_concat(mu.username, ',') FROM memberships mm JOIN users mu ON mu.id = mm.user_id
            WHERE r.visibility = 1 AND mm.room_id = r.id AND mm.left_at IS NULL) AS members,",
        1,
    )
}

#[async_trait]
impl RosterReader for SqliteStore {
    async fn roster(
        &self,
        key: RoomKey,
        caller: Option<UserId>,
    ) -> Result<Option<RoomWithMembers>, StoreError> {
        self.database
            .read(move |c| {
                let sql =
                    |which: &str| sql_query(format!("{} WHERE {which} AND r.deleted_at IS NULL", select()));
                let row: Option<RollRow> = match key {
                    RoomKey::Id(id) => sql("r.id = ?2")
                        .bind::<Binary, _>(caller_key(caller))
                        .bind::<Binary, _>(bytes(id.0))
                        .get_result(c),
                    RoomKey::Slug(slug) => sql("r.slug = ?2")
                        .bind::<Binary, _>(caller_key(caller))
                        .bind::<Text, _>(slug.as_str())
                        .get_result(c),
                }
                .optional()
                .map_err(store_error)?;
                row.map(RollRow::roll).transpose()
            })
            .await
    }

    async fn rosters(&self, member: Option<UserId>, most: u32) -> Result<Vec<RoomWithMembers>, StoreError> {
        self.database
            .read(move |c| {
                let rows: Vec<RollRow> = sql_query(format!(
                    "WITH page AS (
                        SELECT id FROM (SELECT id FROM rooms WHERE deleted_at IS NULL AND visibility = 0
                            ORDER BY created_at DESC, id DESC LIMIT ?2)
                        UNION ALL
                        SELECT id FROM (SELECT o.id FROM memberships om JOIN rooms o ON o.id = om.room_id
                            WHERE om.user_id = ?1 AND om.left_at IS NULL AND o.deleted_at IS NULL AND o.visibility = 1
                            ORDER BY o.created_at DESC, o.id DESC LIMIT ?2))
                     {} JOIN page ON page.id = r.id ORDER BY r.created_at, r.id",
                    select()
                ))
                .bind::<Binary, _>(caller_key(member))
                .bind::<BigInt, _>(i64::from(most))
                .load(c)
                .map_err(store_error)?;
                rows.into_iter().map(RollRow::roll).collect()
            })
            .await
    }
}
