//! Rooms.

use async_trait::async_trait;
use diesel::SqliteConnection;
use domain::direct::DirectKey;
use domain::room::{Revision, Room, RoomQuery, RoomReader, RoomView, RoomWrites, Slug};
use domain::{Page, PageRequest, RoomId, StoreError, Timestamp, UserId};
use store_common::lists::{RoomList, containing};
use store_common::rows::RoomRow;
use store_common::statement::sql;
use store_common::statements;

use crate::SqliteStore;
use crate::query::{number, page as read_page};
use crate::scans::Scan;
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl RoomReader for SqliteStore {
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
        let pattern = query.search.as_ref().map(|search| containing(&search.key()));
        let list = RoomList::new(&query);
        let bind = |statement| statements::bind_room_list(statement, caller, pattern.clone(), page);
        let total = bind(sql(list.count()));
        // The ids of the page first, and what is shown of those rooms only.
        let listed = bind(sql(format!(
            "{}WHERE r.id IN (SELECT head.id FROM ({}) AS head ORDER BY {} LIMIT ?3 OFFSET ?4) ORDER BY {}",
            RoomRow::SELECT,
            list.heads(),
            list.order("head", Some("place")),
            list.order("r", None)
        )));
        let scan = Scan::of(caller, query.search.is_some());
        self.database.scan(scan, move |c| read_page::<RoomRow>(c, total, listed)).await
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
        Ok(self.one::<RoomRow>(statements::lock_room(id)).await?.map(|view| view.room))
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

/// Returns whether no living room has that slug. The only writer reads, so it stays free until its transaction ends.
fn is_free(c: &mut SqliteConnection, slug: &Slug) -> Result<bool, StoreError> {
    Ok(number(c, statements::slug_count(slug))? == 0)
}
