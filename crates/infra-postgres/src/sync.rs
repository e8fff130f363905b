//! The state of all rooms of a user, and what changed of it.

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Text};
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

use crate::PostgresStore;
use crate::pool::{Connection, Statement};

/// The numbers of changes are those of their transactions. They belong to a database of a server, and to a timeline: a server
/// that was promoted or restored may use numbers again. (A standby has no current place in a timeline.)
const NOW: &str = "SELECT hashtext(concat_ws('/', s.system_identifier, d.oid, f.database_id,
        CASE WHEN NOT pg_is_in_recovery() THEN substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END
    ))::bigint & 4294967295 AS epoch, pg_current_snapshot()::text AS snapshot
    FROM pg_control_system() s, pg_database d, file_store f WHERE d.datname = current_database()";

#[async_trait]
impl SyncReader for PostgresStore {
    async fn select(&self, user: UserId, selection: Selection, limit: u32) -> Result<Selected, StoreError> {
        let mut connection = self.database.connection().await?;
        connection.begin_snapshot().await?;
        let selected = read(&mut connection, user, selection, limit).await?;
        connection.commit().await?;
        Ok(selected)
    }

    async fn seats(&self, user: UserId) -> Result<Vec<Seat>, StoreError> {
        self.database.all::<SeatRow>(statements::seats(user)).await
    }

    async fn rooms(
        &self,
        user: UserId,
        rooms: Vec<RoomId>,
    ) -> Result<(Vec<RoomSummary>, Vec<Invitation>), StoreError> {
        let mut connection = self.database.connection().await?;
        connection.begin_snapshot().await?;
        let read = summarize(&mut connection, user, &rooms).await?;
        connection.commit().await?;
        Ok(read)
    }

    async fn moved_seats(&self, users: Vec<UserId>, since: Option<Seen>) -> Result<MovedSeats, StoreError> {
        let mut connection = self.database.connection().await?;
        // The moment first: what is committed in between is read now, and again the next time.
        let now = now(&mut connection).await?;
        let mut memberships = vec![];
        if let Some(since) = since {
            let moved = sql(format!(
                "SELECT m.user_id, m.room_id, m.last_read_seq FROM memberships m
                 WHERE m.user_id = ANY(?1) AND m.left_at IS NULL AND {}",
                unseen("m.stamp", 2)
            ));
            let moved = bind_unseen(moved.bind::<Array<Id>, _>(users.clone()), since, &now);
            memberships = connection.all::<MovedRow>(moved).await?;
        }
        let open = sql("SELECT user_id, room_id, created_at FROM invitations WHERE user_id = ANY(?1)");
        let invitations = connection.all::<InvitedRow>(open.bind::<Array<Id>, _>(users)).await?;
        Ok(MovedSeats { now, memberships, invitations })
    }
}

async fn read(
    connection: &mut Connection,
    user: UserId,
    selection: Selection,
    limit: u32,
) -> Result<Selected, StoreError> {
    let now = now(connection).await?;
    let changed_since = |after, since| changed(user, after, limit, since, &now);
    let (listed, begun) = statements::selected_rooms(user, selection, limit, changed_since);
    let mut listed = connection.all::<ListedRow>(listed).await?;
    let has_more = truncate(&mut listed, limit);
    let overtaken = match begun.filter(|_| !has_more) {
        Some(begun) => !connection.all::<ListedRow>(changed(user, None, 0, begun, &now)).await?.is_empty(),
        None => false,
    };
    let (rooms, left) = part(listed);
    let (rooms, invitations) = summarize(connection, user, &rooms).await?;
    Ok(Selected { now, rooms, left, invitations, has_more, overtaken })
}

async fn now(connection: &mut Connection) -> Result<Seen, StoreError> {
    let now = connection.one::<SeenRow>(sql(NOW)).await?;
    now.ok_or_else(|| StoreError::Corrupt("the database has no identity".into()))
}

/// Returns the summaries of those rooms that the user is a member of, and all open invitations.
async fn summarize(
    connection: &mut Connection,
    user: UserId,
    rooms: &[RoomId],
) -> Result<(Vec<RoomSummary>, Vec<Invitation>), StoreError> {
    let (mut views, mut newest) = (vec![], vec![]);
    if !rooms.is_empty() {
        views = connection.all::<RoomRow>(statements::rooms_among(user, rooms)).await?;
        let read = connection.all::<MessageRow>(statements::newest_messages_among(rooms)).await?;
        newest = crate::extras::complete(connection, read).await?;
    }
    let invitations = connection.all::<InvitationRow>(statements::all_invitations(user)).await?;
    Ok((summaries(rooms, views, newest), invitations))
}

/// Selects the rooms that changed since. A stamp that no transaction can have yet came with a dump of another server.
fn changed(user: UserId, after: Option<RoomId>, limit: u32, since: Seen, now: &Seen) -> Statement {
    bind_unseen(statements::changed_rooms_of(user, after, limit, |stamp| unseen(stamp, 4)), since, now)
}

/// The condition that a stamp was not seen, whose four parameters begin with that one.
fn unseen(stamp: &str, first: usize) -> String {
    let [low, end, below, open] = [0, 1, 2, 3].map(|n| first + n);
    format!("({stamp} >= ?{low} AND {stamp} < ?{end} AND ({stamp} >= ?{below} OR {stamp} = ANY(?{open})))")
}

/// Binds the parameters of [`unseen`].
fn bind_unseen(statement: Statement, since: Seen, now: &Seen) -> Statement {
    let since = since.within(now);
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let end = if since.is_nothing() { i64::MAX } else { number(now.below) };
    statement
        .bind::<BigInt, _>(number(since.lowest_unseen()))
        .bind::<BigInt, _>(end)
        .bind::<BigInt, _>(number(since.below))
        .bind::<Array<BigInt>, _>(since.except.iter().copied().map(number).collect::<Vec<i64>>())
}

/// A snapshot as `xmin:xmax:xip,…`: the transactions from `xmin` on that were open, and the first that had not begun.
#[derive(QueryableByName)]
struct SeenRow {
    #[diesel(sql_type = BigInt)]
    epoch: i64,
    #[diesel(sql_type = Text)]
    snapshot: String,
}

impl Row for SeenRow {
    type Value = Seen;

    fn value(self) -> Result<Seen, StoreError> {
        let seen = || {
            let mut parts = self.snapshot.split(':').skip(1);
            let below = parts.next()?.parse().ok()?;
            let open = parts.next()?.split(',').filter(|open| !open.is_empty());
            let mut except = open.map(str::parse).collect::<Result<Vec<u64>, _>>().ok()?;
            except.sort_unstable();
            Some(Seen { epoch: u32::try_from(self.epoch).ok()?, below, except })
        };
        seen().ok_or_else(|| StoreError::Corrupt(format!("an unknown snapshot {}", self.snapshot)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_read_with_its_open_transactions() {
        let read = |snapshot: &str| SeenRow { epoch: 7, snapshot: snapshot.to_owned() }.value();
        assert_eq!(read("100:100:").unwrap(), Seen { epoch: 7, below: 100, except: vec![] });
        assert_eq!(read("90:100:95,90").unwrap(), Seen { epoch: 7, below: 100, except: vec![90, 95] });
        for bad in ["", "90", "90:", "90:x:", "90:100:x"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
