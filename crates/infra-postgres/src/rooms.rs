//! Rooms.

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use domain::room::{Access, Description, Revision, Room, RoomQuery, RoomReader, RoomView, RoomWrites, Slug};
use domain::{Page, PageRequest, RoomId, StoreError, Timestamp, UserId};
use store_common::lists::{RoomList, containing};
use store_common::rows::{RoomRow, Row};
use store_common::sql_types::{Code, Id, Moment};
use store_common::statement::sql;

use crate::PostgresStore;
use crate::unit_of_work::PostgresUnitOfWork;

#[async_trait]
impl RoomReader for PostgresStore {
    async fn room(&self, id: RoomId, caller: Option<UserId>) -> Result<Option<RoomView>, StoreError> {
        let statement = sql(format!("{}WHERE r.id = ?2 AND r.deleted_at IS NULL", RoomRow::SELECT))
            .bind::<Nullable<Id>, _>(caller)
            .bind::<Id, _>(id);
        self.database.one::<RoomRow>(statement).await
    }

    async fn list(
        &self,
        query: RoomQuery,
        page: PageRequest,
        caller: Option<UserId>,
    ) -> Result<Page<RoomView>, StoreError> {
        let pattern = query.search.as_ref().map(|search| containing(&search.key()));
        let list = RoomList::new(&query);
        let total =
            sql(list.count()).bind::<Nullable<Id>, _>(caller).bind::<Nullable<Text>, _>(pattern.clone());
        // The ids of the page first, and what is shown of those rooms only: room by room (`LIMIT 1` keeps the planner
        // from turning this into joins of whole tables), since the planner can't know how short a page is.
        let listed = sql(format!(
            "WITH page AS (SELECT head.id, head.place FROM ({}) AS head ORDER BY {} LIMIT ?3 OFFSET ?4)
             SELECT shown.* FROM page CROSS JOIN LATERAL ({}WHERE r.id = page.id LIMIT 1) AS shown ORDER BY {}",
            list.heads(),
            list.order("head", Some("place")),
            RoomRow::SELECT,
            list.order("page", Some("place"))
        ))
        .bind::<Nullable<Id>, _>(caller)
        .bind::<Nullable<Text>, _>(pattern)
        .bind::<BigInt, _>(i64::from(page.limit))
        .bind::<BigInt, _>(page.offset())
        .bind::<BigInt, _>(page.offset().saturating_add(i64::from(page.limit)));
        self.database.page::<RoomRow>(total, listed).await
    }
}

#[async_trait]
impl RoomWrites for PostgresUnitOfWork {
    /// Skips the slugs that are certainly taken, and claims the first of the rest that is still free.
    async fn free_slug(&mut self, candidates: Vec<Slug>) -> Result<Slug, StoreError> {
        let names: Vec<String> = candidates.iter().map(|slug| slug.as_str().to_owned()).collect();
        let statement = sql("SELECT slug FROM rooms WHERE slug = ANY(?1) AND deleted_at IS NULL")
            .bind::<Array<Text>, _>(names);
        let taken = self.connection.all::<SlugRow>(statement).await?;
        for slug in candidates {
            if !taken.contains(&slug) && self.claim_slug(slug.clone()).await? {
                return Ok(slug);
            }
        }
        Err(StoreError::Unavailable("every slug for this name is taken".into()))
    }

    /// Locks the name of the slug first, and so waits for a unit of work that claims it. The check is a statement of its
    /// own, begun after the lock, so that it sees what the last holder committed. There is no deadlock: two units of work
    /// look at the same names in the same order, or have at most one in common.
    async fn claim_slug(&mut self, slug: Slug) -> Result<bool, StoreError> {
        let name = slug.as_str().to_owned();
        let lock = sql("SELECT pg_advisory_xact_lock(hashtextextended('slug:' || ?1, 0))")
            .bind::<Text, _>(name.clone());
        self.execute(lock).await?;
        let taken = sql("SELECT count(*) AS n FROM rooms WHERE slug = ?1 AND deleted_at IS NULL")
            .bind::<Text, _>(name);
        Ok(self.number(taken).await? == 0)
    }

    async fn insert_room(&mut self, room: Room) -> Result<(), StoreError> {
        let statement = sql(
            "INSERT INTO rooms (id, name, name_key, search_text, visibility, created_by, created_at, updated_at,
                member_count, revision, changed_revision, slug)
             VALUES (?1, ?2, ?2, '', 1, ?3, ?4, ?4, 0, 0, 0, NULL)",
        )
        .bind::<Id, _>(room.id)
        .bind::<Text, _>(room.name.as_str().to_owned())
        .bind::<Id, _>(room.created_by.id)
        .bind::<Moment, _>(room.created_at);
        self.execute(statement).await?;
        // One statement writes the mutable columns.
        self.save_room(room).await
    }

    async fn lock_room(&mut self, id: RoomId) -> Result<Option<Room>, StoreError> {
        let statement =
            sql(format!("{}WHERE r.id = ?2 AND r.deleted_at IS NULL FOR UPDATE OF r", RoomRow::SELECT))
                .bind::<Nullable<Id>, _>(None::<UserId>)
                .bind::<Id, _>(id);
        Ok(self.one::<RoomRow>(statement).await?.map(|view| view.room))
    }

    async fn save_room(&mut self, room: Room) -> Result<(), StoreError> {
        let (slug, group) = match &room.access {
            Access::Public { slug } => (Some(slug.as_str().to_owned()), false),
            Access::Private { group } => (None, *group),
        };
        let statement = sql(
            "UPDATE rooms SET name = ?2, name_key = ?3, description = ?4, search_text = ?5, visibility = ?6, slug = ?7,
                is_group = ?8, updated_at = ?9, member_count = ?10, last_seq = ?11, last_message_at = ?12,
                revision = ?13, changed_revision = ?14
             WHERE id = ?1",
        )
        .bind::<Id, _>(room.id)
        .bind::<Text, _>(room.name.as_str().to_owned())
        .bind::<Text, _>(room.name.key())
        .bind::<Nullable<Text>, _>(room.description.as_ref().map(Description::as_str).map(String::from))
        .bind::<Text, _>(room.search_text())
        .bind::<Code, _>(room.access.visibility())
        .bind::<Nullable<Text>, _>(slug)
        .bind::<Bool, _>(group)
        .bind::<Moment, _>(room.updated_at)
        .bind::<BigInt, _>(room.member_count)
        .bind::<BigInt, _>(room.log.last_seq.0)
        .bind::<Nullable<Moment>, _>(room.log.last_message_at)
        .bind::<BigInt, _>(room.log.revision.0)
        .bind::<BigInt, _>(room.changed_revision.0);
        self.execute(statement).await.map(drop)
    }

    async fn delete_room(
        &mut self,
        room: RoomId,
        revision: Revision,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let statement =
            sql("UPDATE rooms SET deleted_at = ?3, revision = ?2, changed_revision = ?2 WHERE id = ?1")
                .bind::<Id, _>(room)
                .bind::<BigInt, _>(revision.0)
                .bind::<Moment, _>(at);
        self.execute(statement).await?;
        let invitations = sql("DELETE FROM invitations WHERE room_id = ?1").bind::<Id, _>(room);
        self.execute(invitations).await.map(drop)
    }
}

#[derive(QueryableByName)]
struct SlugRow {
    #[diesel(sql_type = Text)]
    slug: String,
}

impl Row for SlugRow {
    type Value = Slug;

    fn value(self) -> Result<Slug, StoreError> {
        Ok(Slug::stored(self.slug))
    }
}
