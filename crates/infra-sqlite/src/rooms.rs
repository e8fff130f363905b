//! Rooms, read.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Text};
use diesel::sqlite::Sqlite;
use domain::room::{RoomQuery, RoomReader, RoomSort, RoomView};
use domain::{Page, PageRequest, RoomId, SortOrder, StoreError, UserId};

use crate::SqliteStore;
use crate::errors::store_error;
use crate::rows::{CountRow, RoomRow, bytes, count, visibility_number};

#[async_trait]
impl RoomReader for SqliteStore {
    async fn room(&self, id: RoomId, caller: Option<UserId>) -> Result<Option<RoomView>, StoreError> {
        self.database
            .read(move |c| {
                let row: Option<RoomRow> =
                    sql_query(format!("{} WHERE r.id = ?2 AND r.deleted_at IS NULL", RoomRow::SELECT))
                        .bind::<Binary, _>(caller_key(caller))
                        .bind::<Binary, _>(bytes(id.0))
                        .get_result(c)
                        .optional()
                        .map_err(store_error)?;
                row.map(RoomRow::view).transpose()
            })
            .await
    }

    async fn list(
        &self,
        query: RoomQuery,
        page: PageRequest,
        caller: Option<UserId>,
    ) -> Result<Page<RoomView>, StoreError> {
        self.database
            .read(move |c| {
                let condition = condition(&query);
                let pattern = query.search.as_ref().map_or_else(|| "%".into(), |search| like(&search.key()));
                let total: CountRow = sql_query(format!(
                    "SELECT count(*) AS n FROM rooms r
                     LEFT JOIN memberships m ON m.room_id = r.id AND m.user_id = ?1 AND m.left_at IS NULL
                     WHERE {condition}"
                ))
                .into_boxed::<Sqlite>()
                .bind::<Binary, _>(caller_key(caller))
                .bind::<Text, _>(pattern.clone())
                .get_result(c)
                .map_err(store_error)?;
                let rows: Vec<RoomRow> = sql_query(format!(
                    "{} WHERE {condition} ORDER BY {} LIMIT ?3 OFFSET ?4",
                    RoomRow::SELECT,
                    order(&query)
                ))
                .bind::<Binary, _>(caller_key(caller))
                .bind::<Text, _>(pattern)
                .bind::<BigInt, _>(i64::from(page.limit))
                .bind::<BigInt, _>(page.offset())
                .load(c)
                .map_err(store_error)?;
                let items = rows.into_iter().map(RoomRow::view).collect::<Result<_, _>>()?;
                Ok(Page { items, total: count(total.n)? })
            })
            .await
    }
}

/// The anonymous are nobody: no id is empty.
pub(crate) fn caller_key(caller: Option<UserId>) -> Vec<u8> {
    caller.map(|id| bytes(id.0)).unwrap_or_default()
}

/// Which rooms; `?1` is the caller, `?2` the pattern to look for.
fn condition(query: &RoomQuery) -> String {
    let mut all = vec!["r.deleted_at IS NULL AND (r.visibility = 0 OR m.user_id IS NOT NULL)".to_owned()];
    all.push(
        if query.search.is_some() { "r.search_text LIKE ?2 ESCAPE '\\'" } else { "?2 = '%'" }.to_owned(),
    );
    if let Some(visibility) = query.visibility {
        all.push(format!("r.visibility = {}", visibility_number(visibility)));
    }
    match query.joined {
        Some(true) => all.push("m.user_id IS NOT NULL".to_owned()),
        Some(false) => all.push("m.user_id IS NULL".to_owned()),
        None => {}
    }
    all.join(" AND ")
}

fn order(query: &RoomQuery) -> String {
    let way = match query.order {
        SortOrder::Ascending => "ASC",
        SortOrder::Descending => "DESC",
    };
    match query.sort {
        RoomSort::CreatedAt => format!("r.created_at {way}, r.id {way}"),
        RoomSort::Name => format!("r.name_key {way}, r.id {way}"),
        RoomSort::MemberCount => format!("r.member_count {way}, r.id {way}"),
        RoomSort::LastMessageAt => format!("r.last_message_at {way} NULLS LAST, r.id {way}"),
    }
}

/// A pattern for text that holds `part`, whose own wildcards are taken literally.
fn like(part: &str) -> String {
    format!("%{}%", part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}
