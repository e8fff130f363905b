//! Rooms.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::sqlite::Sqlite;
use diesel::{RunQueryDsl, SqliteConnection};
use domain::direct::DirectKey;
use domain::room::{Revision, Room, RoomQuery, RoomReader, RoomView, RoomWrites, Slug};
use domain::{Page, PageRequest, RoomId, StoreError, Timestamp, UserId};
use store_common::room_lists::{COMPLETE, Listed, Reach, RoomList, Step};
use store_common::rows::{RoomRow, Row, count};
use store_common::statements;

use crate::SqliteStore;
use crate::deadline;
use crate::errors::store_error;
use crate::query::number;
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
        let list = Arc::new(RoomList::new(&query, page, caller));
        let mut reach = list.first();
        if list.is_bounded(reach) {
            let bounded = list.clone();
            match self.database.read(move |c| look_within_bounds(c, &bounded, reach)).await? {
                Looked::Found(page) => return Ok(page),
                Looked::Lacking(next) => reach = next,
            }
        }
        let scan = Scan::of(caller, query.folded_search().is_some());
        self.database.scan(scan, move |c| look_everywhere(c, &list, reach)).await
    }
}

/// The outcome of one way to look for a page: the page, or the next way.
enum Looked {
    Found(Page<RoomView>),
    Lacking(Reach),
}

/// Looks for a page as long as the ways read a bounded number of rooms.
fn look_within_bounds(
    c: &mut SqliteConnection,
    list: &RoomList,
    mut reach: Reach,
) -> Result<Looked, StoreError> {
    loop {
        match look(c, list, reach)? {
            Looked::Lacking(next) if list.is_bounded(next) => reach = next,
            looked => return Ok(looked),
        }
    }
}

fn look_everywhere(
    c: &mut SqliteConnection,
    list: &RoomList,
    mut reach: Reach,
) -> Result<Page<RoomView>, StoreError> {
    loop {
        match look(c, list, reach)? {
            Looked::Found(page) => return Ok(page),
            Looked::Lacking(next) => reach = next,
        }
    }
}

fn look(c: &mut SqliteConnection, list: &RoomList, reach: Reach) -> Result<Looked, StoreError> {
    deadline::check()?;
    let rows: Vec<Listed> = list.page::<Sqlite>(reach).load(c).map_err(store_error)?;
    let found = match rows.first() {
        Some((_, total, lacks)) => Some((*total, *lacks)),
        None if list.must_count(reach) => Some((number(c, list.count(reach))?, COMPLETE)),
        None => None,
    };
    match list.step(reach, found) {
        Step::Done(total) => {
            let items = rows.into_iter().map(|(row, ..)| row.value()).collect::<Result<_, _>>()?;
            Ok(Looked::Found(Page { items, total: count(total)? }))
        }
        Step::Look(next) => Ok(Looked::Lacking(next)),
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
