//! Rooms.

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Array, Text};
use domain::direct::DirectKey;
use domain::room::{Revision, Room, RoomQuery, RoomReader, RoomView, RoomWrites, Slug};
use domain::{Page, PageRequest, RoomId, StoreError, Timestamp, UserId};
use store_common::rows::{RoomRow, Row};
use store_common::statement::sql;
use store_common::statements;

use crate::PostgresStore;
use crate::pool::Statement;
use crate::unit_of_work::PostgresUnitOfWork;

#[async_trait]
impl RoomReader for PostgresStore {
    async fn room(&self, id: RoomId, caller: Option<UserId>) -> Result<Option<RoomView>, StoreError> {
        self.database.one::<RoomRow>(statements::room(id, caller)).await
    }

    async fn direct(&self, key: DirectKey, caller: UserId) -> Result<Option<RoomView>, StoreError> {
        self.database.one::<RoomRow>(statements::direct(key, caller)).await
    }

    async fn list(
        &self,
        query: RoomQuery,
        page: PageRequest,
        caller: Option<UserId>,
    ) -> Result<Page<RoomView>, StoreError> {
        self.lists.rooms(query, page, caller).await
    }
}

#[async_trait]
impl RoomWrites for PostgresUnitOfWork {
    /// Skips the slugs that are taken, or that another unit of work claims: it does not wait, since that unit may be one of a
    /// stopped replica. The check is a statement of its own, begun after the lock, as in `claim_slug`.
    async fn free_slug(&mut self, candidates: Vec<Slug>) -> Result<Slug, StoreError> {
        let names: Vec<String> = candidates.iter().map(|slug| slug.as_str().to_owned()).collect();
        let statement = sql("SELECT slug FROM rooms WHERE slug = ANY(?1) AND deleted_at IS NULL")
            .bind::<Array<Text>, _>(names);
        let taken = self.all::<SlugRow>(statement).await?;
        for slug in candidates {
            if taken.contains(&slug) || self.number(try_lock_slug(&slug)).await? == 0 {
                continue;
            }
            if self.number(statements::slug_count(&slug)).await? == 0 {
                return Ok(slug);
            }
        }
        Err(StoreError::Unavailable("every slug for this name is taken".into()))
    }

    /// Locks the name of the slug first, and so waits for a unit of work that claims it. The check is a statement of its
    /// own, begun after the lock, so that it sees what the last holder committed. There is no deadlock: a unit of work waits
    /// for one name only.
    async fn claim_slug(&mut self, slug: Slug) -> Result<bool, StoreError> {
        let lock = sql("SELECT pg_advisory_xact_lock(hashtextextended('slug:' || ?1, 0))")
            .bind::<Text, _>(slug.as_str().to_owned());
        self.execute(lock).await?;
        Ok(self.number(statements::slug_count(&slug)).await? == 0)
    }

    async fn insert_room(&mut self, room: Room) -> Result<(), StoreError> {
        self.execute(statements::insert_room(&room, None)).await?;
        self.save_room(room).await
    }

    async fn insert_direct(&mut self, room: Room, key: DirectKey) -> Result<bool, StoreError> {
        if self.execute(statements::insert_room(&room, Some(key))).await? == 0 {
            return Ok(false);
        }
        self.save_room(room).await?;
        Ok(true)
    }

    async fn lock_room(&mut self, id: RoomId) -> Result<Option<Room>, StoreError> {
        // Boxed, since the wait for a lock is large.
        let locked = Box::pin(PostgresUnitOfWork::lock_room::<RoomRow>(self, id)).await?;
        Ok(locked.map(|view| view.room))
    }

    async fn save_room(&mut self, room: Room) -> Result<(), StoreError> {
        self.execute(statements::save_room(&room)).await.map(drop)
    }

    async fn delete_room(
        &mut self,
        room: RoomId,
        revision: Revision,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(statements::delete_room(room, revision, at)).await?;
        self.execute(statements::delete_invitations(room)).await.map(drop)
    }
}

/// Locks the name of a slug, unless another transaction has; counts 1 where it does.
fn try_lock_slug(slug: &Slug) -> Statement {
    sql("SELECT count(*) AS n FROM (
            SELECT pg_try_advisory_xact_lock(hashtextextended('slug:' || ?1, 0)) AS locked) AS attempt WHERE locked")
    .bind::<Text, _>(slug.as_str().to_owned())
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
