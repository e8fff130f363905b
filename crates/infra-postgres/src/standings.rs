//! The standings of users in rooms, which most requests of a room look up unless they are cached: many share one query.

use std::sync::Arc;

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt};
use domain::membership::RoomStanding;
use domain::{RoomId, StoreError, UserId};
use store_common::rows::{Row, StandingRow};
use store_common::shared_reads::{SharedReads, together};
use store_common::sql_types::Id;
use store_common::statement::sql;

use crate::pool::Database;

/// Looks up standings. A query begins after the calls that share it: who has just been let in is in.
#[derive(Clone)]
pub(crate) struct Standings(SharedReads<(), (RoomId, UserId), Option<RoomStanding>>);

impl Standings {
    pub(crate) fn start(database: Arc<Database>) -> Self {
        // One key for all: the query waits for no lock.
        Self(SharedReads::new("standing", move |(), asked: Vec<(RoomId, UserId)>| {
            let database = database.clone();
            async move { together(asked, |asked| look_up(&database, asked)).await }
        }))
    }

    /// Returns the standing of a user in a room, `None` where there is no such room.
    pub(crate) async fn of(&self, room: RoomId, user: UserId) -> Result<Option<RoomStanding>, StoreError> {
        self.0.ask((), (room, user)).await
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
    asked: Vec<(RoomId, UserId)>,
) -> Result<Vec<Option<RoomStanding>>, StoreError> {
    let mut found = vec![None; asked.len()];
    let (rooms, users): (Vec<RoomId>, Vec<UserId>) = asked.into_iter().unzip();
    let statement = sql(StandingRow::SELECT_MANY).bind::<Array<Id>, _>(rooms).bind::<Array<Id>, _>(users);
    for (place, standing) in database.all::<AskedRow>(statement).await? {
        if let Some(asked) = found.get_mut(place) {
            *asked = Some(standing);
        }
    }
    Ok(found)
}
