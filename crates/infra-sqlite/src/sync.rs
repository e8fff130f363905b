//! The state of all rooms of a user, and what changed of it.

use async_trait::async_trait;
use diesel::sql_types::BigInt;
use diesel::{QueryableByName, SqliteConnection};
use domain::invitation::Invitation;
use domain::sync::{MovedSeats, RoomSummary, Seat, Seen, Selected, Selection, SyncReader};
use domain::{RoomId, StoreError, UserId};
use store_common::lists::truncate;
use store_common::rows::{
    InvitationRow, InvitedRow, ListedRow, MessageRow, MovedRow, RoomRow, Row, SeatRow, part, summaries,
};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;

use crate::SqliteStore;
use crate::query::{Statement, all, in_snapshot, one};

#[async_trait]
impl SyncReader for SqliteStore {
    async fn select(&self, user: UserId, selection: Selection, limit: u32) -> Result<Selected, StoreError> {
        self.database.read(move |c| in_snapshot(c, |c| read(c, user, selection, limit))).await
    }

    async fn seats(&self, user: UserId) -> Result<Vec<Seat>, StoreError> {
        self.database.all::<SeatRow>(statements::seats(user)).await
    }

    async fn rooms(
        &self,
        user: UserId,
        rooms: Vec<RoomId>,
    ) -> Result<(Vec<RoomSummary>, Vec<Invitation>), StoreError> {
        self.database.read(move |c| in_snapshot(c, |c| summarize(c, user, &rooms))).await
    }

    async fn moved_seats(&self, users: Vec<UserId>, since: Option<Seen>) -> Result<MovedSeats, StoreError> {
        self.database
            .read(move |c| {
                let now = now(c)?;
                let since = since.map(|since| number(since.within(&now).below));
                let (mut memberships, mut invitations) = (vec![], vec![]);
                // In-process, a lookup of each by its index is as quick as one large query.
                for user in users {
                    if let Some(since) = since {
                        let moved = "SELECT user_id, room_id, last_read_seq FROM memberships
                            WHERE user_id = ?1 AND left_at IS NULL AND stamp >= ?2";
                        let moved = sql(moved).bind::<Id, _>(user).bind::<BigInt, _>(since);
                        memberships.extend(all::<MovedRow>(c, moved)?);
                    }
                    let open = "SELECT user_id, room_id, created_at FROM invitations WHERE user_id = ?1";
                    invitations.extend(all::<InvitedRow>(c, sql(open).bind::<Id, _>(user))?);
                }
                Ok(MovedSeats { now, memberships, invitations })
            })
            .await
    }
}

fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn read(
    c: &mut SqliteConnection,
    user: UserId,
    selection: Selection,
    limit: u32,
) -> Result<Selected, StoreError> {
    let now = now(c)?;
    let changed_since = |after, since| changed(user, after, limit, since, &now);
    let (listed, begun) = statements::selected_rooms(user, selection, limit, changed_since);
    let mut listed = all::<ListedRow>(c, listed)?;
    let has_more = truncate(&mut listed, limit);
    let overtaken = match begun.filter(|_| !has_more) {
        Some(begun) => !all::<ListedRow>(c, changed(user, None, 0, begun, &now))?.is_empty(),
        None => false,
    };
    let (rooms, left) = part(listed);
    let (rooms, invitations) = summarize(c, user, &rooms)?;
    Ok(Selected { now, rooms, left, invitations, has_more, overtaken })
}

fn now(c: &mut SqliteConnection) -> Result<Seen, StoreError> {
    let now = one::<SeenRow>(c, sql("SELECT epoch, now FROM change_clock"))?;
    now.ok_or_else(|| StoreError::Corrupt("the database has no clock of changes".into()))
}

/// Returns the summaries of those rooms that the user is a member of, and all open invitations.
fn summarize(
    c: &mut SqliteConnection,
    user: UserId,
    rooms: &[RoomId],
) -> Result<(Vec<RoomSummary>, Vec<Invitation>), StoreError> {
    let (mut views, mut newest) = (vec![], vec![]);
    if !rooms.is_empty() {
        views = all::<RoomRow>(c, statements::rooms_among(user, rooms))?;
        let read = all::<MessageRow>(c, statements::newest_messages_among(rooms))?;
        newest = crate::extras::complete(c, read)?;
    }
    let invitations = all::<InvitationRow>(c, statements::all_invitations(user))?;
    Ok((summaries(rooms, views, newest), invitations))
}

/// Selects the rooms that changed since. There is one writer, so numbers are committed in their order.
fn changed(user: UserId, after: Option<RoomId>, limit: u32, since: Seen, now: &Seen) -> Statement {
    let since = since.within(now);
    statements::changed_rooms_of(user, after, limit, |stamp| format!("{stamp} >= ?4"))
        .bind::<BigInt, _>(number(since.below))
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
