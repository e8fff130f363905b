//! The state of all rooms of a user, and what changed of it.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use domain::sync::{Seen, Selected, Selection, SyncReader};
use domain::{RoomId, StoreError, UserId};
use store_common::lists::truncate;
use store_common::rows::{InvitationRow, ListedRow, MessageRow, RoomRow, Row, summaries};
use store_common::statement::sql;
use store_common::statements;

use crate::SqliteStore;
use crate::errors::store_error;
use crate::query::{Statement, all, one};

#[async_trait]
impl SyncReader for SqliteStore {
    async fn select(&self, user: UserId, selection: Selection, limit: u32) -> Result<Selected, StoreError> {
        self.database
            .read(move |c| {
                // One snapshot for all its statements.
                let mut failure = None;
                let selected = c.transaction(|c| {
                    read(c, user, selection, limit).map_err(|error| {
                        failure = Some(error);
                        diesel::result::Error::RollbackTransaction
                    })
                });
                selected.map_err(|error| failure.take().unwrap_or_else(|| store_error(error)))
            })
            .await
    }
}

fn read(
    c: &mut SqliteConnection,
    user: UserId,
    selection: Selection,
    limit: u32,
) -> Result<Selected, StoreError> {
    let now = one::<SeenRow>(c, sql("SELECT epoch, now FROM change_clock"))?;
    let now = now.ok_or_else(|| StoreError::Corrupt("the database has no clock of changes".into()))?;
    let mut begun = None;
    let listed = match selection {
        Selection::Latest { after } => {
            let after = after.map(|(after, seen)| {
                begun = Some(seen);
                after
            });
            statements::latest_rooms(user, after, limit)
        }
        Selection::Changed { since, after } => changed(user, after, limit, since, &now),
    };
    let mut listed = all::<ListedRow>(c, listed)?;
    let has_more = truncate(&mut listed, limit);
    let overtaken = match begun.filter(|_| !has_more) {
        Some(begun) => !all::<ListedRow>(c, changed(user, None, 0, begun, &now))?.is_empty(),
        None => false,
    };
    let (left, rooms): (Vec<_>, Vec<_>) = listed.into_iter().partition(|(_, gone)| *gone);
    let [left, rooms] =
        [left, rooms].map(|rooms| rooms.into_iter().map(|(room, _)| room).collect::<Vec<RoomId>>());
    let (mut views, mut newest) = (vec![], vec![]);
    if !rooms.is_empty() {
        let among = statements::rooms_among(user, &among("?2"));
        views = all::<RoomRow>(c, among.bind::<Binary, _>(joined(&rooms)))?;
        let among = statements::newest_messages_among(&self::among("?1"));
        let read = all::<MessageRow>(c, among.bind::<Binary, _>(joined(&rooms)))?;
        newest = crate::extras::complete(c, read)?;
    }
    let invitations = all::<InvitationRow>(c, statements::all_invitations(user))?;
    let rooms = summaries(&rooms, views, newest);
    Ok(Selected { now, rooms, left, invitations, has_more, overtaken })
}

/// Selects the rooms that changed since. There is one writer, so numbers are committed in their order.
fn changed(user: UserId, after: Option<RoomId>, limit: u32, since: Seen, now: &Seen) -> Statement {
    let since = since.within(now);
    statements::changed_rooms_of(user, after, limit, |stamp| format!("{stamp} >= ?4"))
        .bind::<BigInt, _>(i64::try_from(since.below).unwrap_or(i64::MAX))
}

/// The condition that an id is among those in the parameter, one after the other: a text for every number of parameters
/// would be prepared anew each time.
fn among(parameter: &str) -> String {
    format!(
        "IN (WITH RECURSIVE place (n) AS (SELECT 1 UNION ALL SELECT n + 16 FROM place WHERE n + 16 < length({parameter}))
            SELECT substr({parameter}, n, 16) FROM place)"
    )
}

fn joined(rooms: &[RoomId]) -> Vec<u8> {
    rooms.iter().flat_map(|room| *room.0.as_bytes()).collect()
}

/// The number of the latest change.
#[derive(QueryableByName)]
struct SeenRow {
    #[diesel(sql_type = BigInt)]
    epoch: i64,
    #[diesel(sql_type = BigInt)]
    now: i64,
}

impl Row for SeenRow {
    type Value = Seen;

    fn value(self) -> Result<Seen, StoreError> {
        let seen = || {
            let (epoch, now) = (u32::try_from(self.epoch).ok()?, u64::try_from(self.now).ok()?);
            Some(Seen { epoch, below: now + 1, except: vec![] })
        };
        seen().ok_or_else(|| StoreError::Corrupt(format!("the clock of changes shows {}", self.now)))
    }
}
