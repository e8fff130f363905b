//! The standings of users in rooms, which most requests of a room look up unless they are cached: many share one query.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt};
use domain::membership::RoomStanding;
use domain::{RoomId, StoreError, UserId};
use store_common::group_commit::{GroupCommit, Limits, Outcome, Work};
use store_common::rows::{Row, StandingRow};
use store_common::sql_types::Id;
use store_common::statement::sql;

use crate::pool::Database;

const LIMITS: Limits =
    Limits { batch: 1_024, queue: 10_000, blocked: 10_000, alone: 1, timeout: Duration::from_millis(1_800) };

/// Looks up standings. A query begins after the calls that share it, so each call sees every change that was committed
/// before it: who has just been let in is in.
#[derive(Clone)]
pub(crate) struct Standings(GroupCommit<(RoomId, UserId), Found>);

type Found = Result<Option<RoomStanding>, StoreError>;

impl Standings {
    pub(crate) fn start(database: Arc<Database>) -> Self {
        // One key for all: the query waits for no lock, and reads nothing that one room could spoil.
        let key = |_: &(RoomId, UserId)| ();
        Self(GroupCommit::start(Work::Lookups("standing"), LIMITS, key, move |_, asked: Vec<Arc<_>>| {
            let database = database.clone();
            async move {
                let found = look_up(&database, &asked).await;
                let of = |place: usize| found.as_ref().map(|found| found.get(&place).copied());
                (0..asked.len()).map(|place| Outcome::Done(of(place).map_err(Clone::clone))).collect()
            }
        }))
    }

    /// Returns the standing of a user in a room, `None` where there is no such room.
    pub(crate) async fn of(&self, room: RoomId, user: UserId) -> Result<Option<RoomStanding>, StoreError> {
        let found = self.0.submit((room, user)).await;
        found.map_err(|error| StoreError::Unavailable(error.to_string()))?
    }
}

/// The standing at a place among those that were asked for, from 1.
#[derive(QueryableByName)]
struct AskedRow {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(embed)]
    standing: StandingRow,
}

impl Row for AskedRow {
    type Value = (usize, RoomStanding);

    fn value(self) -> Result<Self::Value, StoreError> {
        let place =
            usize::try_from(self.place - 1).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok((place, self.standing.value()?))
    }
}

async fn look_up(
    database: &Database,
    asked: &[Arc<(RoomId, UserId)>],
) -> Result<HashMap<usize, RoomStanding>, StoreError> {
    let (rooms, users): (Vec<RoomId>, Vec<UserId>) = asked.iter().map(|asked| **asked).unzip();
    let statement = sql(StandingRow::SELECT_MANY).bind::<Array<Id>, _>(rooms).bind::<Array<Id>, _>(users);
    Ok(database.all::<AskedRow>(statement).await?.into_iter().collect())
}
