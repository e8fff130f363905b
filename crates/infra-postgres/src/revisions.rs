//! The revisions of rooms, which most requests for history look up: many rooms share one query.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt};
use domain::room::Revision;
use domain::{RoomId, StoreError};
use store_common::rows::Row;
use store_common::shared_reads::{SharedReads, each};
use store_common::sql_types::Id;
use store_common::statement::sql;

use crate::pool::Database;

/// Looks up revisions.
#[derive(Clone)]
pub(crate) struct Revisions(SharedReads<(), RoomId, Option<Revision>>);

impl Revisions {
    pub(crate) fn start(database: Arc<Database>) -> Self {
        // One key for all: the query waits for no lock, and reads nothing that can't be read.
        Self(SharedReads::new("revision", move |(), rooms: Vec<RoomId>| {
            let database = database.clone();
            async move { each(rooms.len(), look_up(&database, &rooms).await) }
        }))
    }

    /// Returns the revision of a room, `None` where there is no such room.
    pub(crate) async fn of(&self, room: RoomId) -> Result<Option<Revision>, StoreError> {
        self.0.ask((), room).await
    }
}

#[derive(QueryableByName)]
struct RevisionRow {
    #[diesel(sql_type = Id)]
    id: RoomId,
    #[diesel(sql_type = BigInt)]
    revision: i64,
}

impl Row for RevisionRow {
    type Value = (RoomId, Revision);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.id, Revision(self.revision)))
    }
}

async fn look_up(database: &Database, rooms: &[RoomId]) -> Result<Vec<Option<Revision>>, StoreError> {
    let ids: BTreeSet<RoomId> = rooms.iter().copied().collect();
    let statement = sql("SELECT id, revision FROM rooms WHERE id = ANY(?1)")
        .bind::<Array<Id>, _>(ids.into_iter().collect::<Vec<_>>());
    let found: HashMap<RoomId, Revision> =
        database.all::<RevisionRow>(statement).await?.into_iter().collect();
    Ok(rooms.iter().map(|room| found.get(room).copied()).collect())
}
