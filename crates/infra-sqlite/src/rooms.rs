//! Rooms, read.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Text};
use domain::room::{RoomQuery, RoomReader, RoomSort, RoomView, Visibility};
use domain::{Page, PageRequest, RoomId, SortOrder, StoreError, UserId};

use crate::SqliteStore;
use crate::errors::store_error;
use crate::rows::{CountRow, RoomRow, bytes, count};

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
                let pattern = query.search.as_ref().map_or_else(|| "%".into(), |search| like(&search.key()));
                let sources = sources(&query);
                let counted =
                    sources.iter().map(|source| format!("(SELECT count(*) {source})")).collect::<Vec<_>>();
                let total: CountRow = sql_query(format!("SELECT {} AS n", counted.join(" + ")))
                    .bind::<Binary, _>(caller_key(caller))
                    .bind::<Text, _>(pattern.clone())
                    .get_result(c)
                    .map_err(store_error)?;
                let rows: Vec<RoomRow> = sql_query(listing(&query, &sources))
                    .bind::<Binary, _>(caller_key(caller))
                    .bind::<Text, _>(pattern)
                    .bind::<BigInt, _>(i64::from(page.limit))
                    .bind::<BigInt, _>(page.offset())
                    .bind::<BigInt, _>(page.offset().saturating_add(i64::from(page.limit)))
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

/// Where the rooms that the query asks for come from: public ones by the index of their order, private ones through the
/// caller's memberships. Each room comes from one of them. `?1` is the caller, `?2` the pattern to look for.
fn sources(query: &RoomQuery) -> Vec<String> {
    // One look at the caller's memberships for all rooms.
    const NOT_MINE: &str = "AND r.id NOT IN (SELECT m.room_id FROM memberships m WHERE m.user_id = ?1
        AND m.left_at IS NULL)";
    let search = if query.search.is_some() { "r.search_text LIKE ?2 ESCAPE '\\'" } else { "?2 = '%'" };
    let joined = |only: &str| {
        format!(
            "FROM memberships m JOIN rooms r ON r.id = m.room_id
             WHERE m.user_id = ?1 AND m.left_at IS NULL AND r.deleted_at IS NULL {only} AND {search}"
        )
    };
    let public = |only: &str| {
        format!("FROM rooms r WHERE r.deleted_at IS NULL AND r.visibility = 0 {only} AND {search}")
    };
    match (query.joined, query.visibility) {
        (Some(true), None) => vec![joined("")],
        (Some(true), Some(Visibility::Public)) => vec![joined("AND r.visibility = 0")],
        (Some(true) | None, Some(Visibility::Private)) => vec![joined("AND r.visibility = 1")],
        (Some(false), Some(Visibility::Private)) => vec![joined("AND false")],
        (Some(false), _) => vec![public(NOT_MINE)],
        (None, Some(Visibility::Public)) => vec![public("")],
        (None, None) => vec![public(""), joined("AND r.visibility = 1")],
    }
}

/// The rooms' ids, page by page, and then the rest of what is shown, of that page only.
fn listing(query: &RoomQuery, sources: &[String]) -> String {
    let way = match query.order {
        SortOrder::Ascending => "ASC",
        SortOrder::Descending => "DESC",
    };
    let column = match query.sort {
        RoomSort::CreatedAt => "created_at",
        RoomSort::Name => "name_key",
        RoomSort::MemberCount => "member_count",
        RoomSort::LastMessageAt => "last_message_at",
    };
    let nulls = if query.sort == RoomSort::LastMessageAt { " NULLS LAST" } else { "" };
    let heads = sources.iter().map(|source| {
        format!(
            "SELECT * FROM (SELECT r.id, r.{column} AS place {source}
                ORDER BY r.{column} {way}{nulls}, r.id {way} LIMIT ?5)"
        )
    });
    let heads = heads.collect::<Vec<_>>().join(" UNION ALL ");
    format!(
        "{} WHERE r.id IN (SELECT id FROM ({heads}) ORDER BY place {way}{nulls}, id {way} LIMIT ?3 OFFSET ?4)
         ORDER BY r.{column} {way}{nulls}, r.id {way}",
        RoomRow::SELECT
    )
}

/// A pattern for text that holds `part`, whose own wildcards are taken literally.
fn like(part: &str) -> String {
    format!("%{}%", part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}
