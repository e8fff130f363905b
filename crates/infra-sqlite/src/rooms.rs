//! Rooms.

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use domain::room::{Access, Description, Revision, Room, RoomQuery, RoomReader, RoomView, RoomWrites, Slug};
use domain::{Page, PageRequest, RoomId, StoreError, Timestamp, UserId};
use store_common::lists::{RoomList, containing};
use store_common::rows::RoomRow;
use store_common::sql_types::{Code, Id, Moment};
use store_common::statement::sql;

use crate::SqliteStore;
use crate::query::{number, page as read_page};
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl RoomReader for SqliteStore {
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
        // The ids of the page first, and what is shown of those rooms only.
        let listed = sql(format!(
            "{}WHERE r.id IN (SELECT head.id FROM ({}) AS head ORDER BY {} LIMIT ?3 OFFSET ?4) ORDER BY {}",
            RoomRow::SELECT,
            list.heads(),
            list.order("head", Some("place")),
            list.order("r", None)
        ))
        .bind::<Nullable<Id>, _>(caller)
        .bind::<Nullable<Text>, _>(pattern)
        .bind::<BigInt, _>(i64::from(page.limit))
        .bind::<BigInt, _>(page.offset())
        .bind::<BigInt, _>(page.offset().saturating_add(i64::from(page.limit)));
        self.database.read(move |c| read_page::<RoomRow>(c, total, listed)).await
    }
}

#[async_trait]
impl RoomWrites for SqliteUnitOfWork {
    async fn free_slug(&mut self, candidates: Vec<Slug>) -> Result<Slug, StoreError> {
        self.run(move |c| {
            for slug in candidates {
                if is_free(c, &slug)? {
                    return Ok(slug);
                }
            }
            Err(StoreError::Unavailable("every slug for this name is taken".into()))
        })
        .await
    }

    async fn claim_slug(&mut self, slug: Slug) -> Result<bool, StoreError> {
        self.run(move |c| is_free(c, &slug)).await
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
        let statement = sql(format!("{}WHERE r.id = ?2 AND r.deleted_at IS NULL", RoomRow::SELECT))
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

/// Returns whether no living room has that slug. The only writer reads, so it stays free until its transaction ends.
fn is_free(c: &mut SqliteConnection, slug: &Slug) -> Result<bool, StoreError> {
    let taken = sql("SELECT count(*) AS n FROM rooms WHERE slug = ?1 AND deleted_at IS NULL");
    Ok(number(c, taken.bind::<Text, _>(slug.as_str().to_owned()))? == 0)
}
