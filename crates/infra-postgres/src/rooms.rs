//! Rooms, read.

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid};
use domain::room::{RoomQuery, RoomReader, RoomSort, RoomView, Visibility};
use domain::{Page, PageRequest, RoomId, SortOrder, StoreError, UserId};

use crate::PostgresStore;
use crate::rows::{CountRow, RoomRow, count};
use crate::statement::sql;

#[async_trait]
impl RoomReader for PostgresStore {
    async fn room(&self, id: RoomId, caller: Option<UserId>) -> Result<Option<RoomView>, StoreError> {
        let statement = sql(format!("{} WHERE r.id = $2 AND r.deleted_at IS NULL", RoomRow::SELECT))
            .bind::<Nullable<SqlUuid>, _>(caller.map(|id| id.0))
            .bind::<SqlUuid, _>(id.0);
        let row: Option<RoomRow> = self.database.row(statement).await?;
        row.map(RoomRow::view).transpose()
    }

    async fn list(
        &self,
        query: RoomQuery,
        page: PageRequest,
        caller: Option<UserId>,
    ) -> Result<Page<RoomView>, StoreError> {
        let pattern = query.search.as_ref().map(|search| like(&search.key()));
        let caller = caller.map(|id| id.0);
        let sources = sources(&query);
        let counted = sources.iter().map(|source| format!("(SELECT count(*) {source})")).collect::<Vec<_>>();
        let total = sql(format!("SELECT {} AS n", counted.join(" + ")))
            .bind::<Nullable<SqlUuid>, _>(caller)
            .bind::<Nullable<Text>, _>(pattern.clone());
        let listed = sql(listing(&query, &sources))
            .bind::<Nullable<SqlUuid>, _>(caller)
            .bind::<Nullable<Text>, _>(pattern)
            .bind::<BigInt, _>(i64::from(page.limit))
            .bind::<BigInt, _>(page.offset())
            .bind::<BigInt, _>(page.offset().saturating_add(i64::from(page.limit)));
        let mut link = self.database.link().await?;
        let total: Option<CountRow> = link.row(total).await?;
        let rows: Vec<RoomRow> = link.rows(listed).await?;
        let items = rows.into_iter().map(RoomRow::view).collect::<Result<_, _>>()?;
        Ok(Page { items, total: count(total.map_or(0, |total| total.n))? })
    }
}

/// Where the rooms that the query asks for come from: public ones by the index of their order, private ones through the
/// caller's memberships. Each room comes from one of them. `$1` is the caller, `$2` the pattern to look for.
fn sources(query: &RoomQuery) -> Vec<String> {
    // One look at the caller's memberships for all rooms; a join may come to be one for each.
    const NOT_MINE: &str = "AND r.id NOT IN (SELECT m.room_id FROM memberships m WHERE m.user_id = $1
        AND m.left_at IS NULL)";
    let search =
        if query.search.is_some() { "r.search_text LIKE $2 ESCAPE '\\'" } else { "$2::text IS NULL" };
    let joined = |only: &str| {
        format!(
            "FROM memberships m JOIN rooms r ON r.id = m.room_id
             WHERE m.user_id = $1 AND m.left_at IS NULL AND r.deleted_at IS NULL {only} AND {search}"
        )
    };
    let public = |only: String| {
        format!("FROM rooms r WHERE r.deleted_at IS NULL AND r.visibility = 0 {only} AND {search}")
    };
    match (query.joined, query.visibility) {
        (Some(true), None) => vec![joined("")],
        (Some(true), Some(Visibility::Public)) => vec![joined("AND r.visibility = 0")],
        (Some(true) | None, Some(Visibility::Private)) => vec![joined("AND r.visibility = 1")],
        (Some(false), Some(Visibility::Private)) => vec![joined("AND false")],
        (Some(false), _) => vec![public(NOT_MINE.into())],
        (None, Some(Visibility::Public)) => vec![public("AND ($1::uuid IS NULL OR true)".into())],
        (None, None) => vec![public(String::new()), joined("AND r.visibility = 1")],
    }
}

/// The rooms' ids, page by page, and then the rest of what is shown, of that page only: room by room (`LIMIT 1` keeps
/// the planner from turning this into joins of whole tables), since it can't know how short a page is.
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
            "(SELECT r.id, r.{column} AS place {source} ORDER BY r.{column} {way}{nulls}, r.id {way} LIMIT $5)"
        )
    });
    let heads = heads.collect::<Vec<_>>().join(" UNION ALL ");
    format!(
        "WITH page AS (SELECT id, place FROM ({heads}) AS heads ORDER BY place {way}{nulls}, id {way}
            LIMIT $3 OFFSET $4)
         SELECT shown.* FROM page CROSS JOIN LATERAL ({} WHERE r.id = page.id LIMIT 1) AS shown
         ORDER BY page.place {way}{nulls}, page.id {way}",
        RoomRow::SELECT
    )
}

/// A pattern for text that holds `part`, whose own wildcards are taken literally.
fn like(part: &str) -> String {
    format!("%{}%", part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}
