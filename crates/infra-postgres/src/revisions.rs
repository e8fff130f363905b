//! The revisions of rooms, which most requests for history look up: many rooms share one query.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt};
use domain::room::Revision;
use domain::{RoomId, StoreError};
use store_common::group_commit::{GroupCommit, Limits, Outcome, Work};
use store_common::rows::Row;
use store_common::sql_types::Id;
use store_common::statement::sql;

use crate::pool::Database;

const LIMITS: Limits =
    Limits { batch: 1_024, queue: 10_000, blocked: 10_000, alone: 1, timeout: Duration::from_millis(1_800) };

/// Looks up revisions. A query begins after the calls that share it, so each call sees every change that was committed
/// before it.
#[derive(Clone)]
pub(crate) struct Revisions(GroupCommit<RoomId, Found>);

type Found = Result<Option<Revision>, StoreError>;

impl Revisions {
    pub(crate) fn start(database: Arc<Database>) -> Self {
        // One key for all: the query waits for no lock, and reads nothing that one room could spoil.
        let key = |_: &RoomId| ();
        Self(GroupCommit::start(Work::Lookups("revision"), LIMITS, key, move |_, rooms: Vec<Arc<RoomId>>| {
            let database = database.clone();
            async move {
                let found = look_up(&database, &rooms).await;
                let of = |room: &RoomId| found.as_ref().map(|found| found.get(room).copied());
                rooms.iter().map(|room| Outcome::Done(of(room).map_err(Clone::clone))).collect()
            }
        }))
    }

    /// Returns the revision of a room, `None` where there is no such room.
    pub(crate) async fn of(&self, room: RoomId) -> Result<Option<Revision>, StoreError> {
        let found = self.0.submit(room).await;
        found.map_err(|error| StoreError::Unavailable(error.to_string()))?
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

async fn look_up(
    database: &Database,
    rooms: &[Arc<RoomId>],
) -> Result<HashMap<RoomId, Revision>, StoreError> {
    let ids: BTreeSet<RoomId> = rooms.iter().map(|room| **room).collect();
    let statement = sql("SELECT id, revision FROM rooms WHERE id = ANY(?1)")
        .bind::<Array<Id>, _>(ids.into_iter().collect::<Vec<_>>());
    Ok(database.all::<RevisionRow>(statement).await?.into_iter().collect())
}
