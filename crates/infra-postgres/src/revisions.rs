//! At which revision rooms are: asked with most requests for history, of many rooms in one query.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use domain::room::Revision;
use domain::{RoomId, StoreError};
use group_commit::{GroupCommit, Limits, Work};
use uuid::Uuid;

use crate::pool::Database;
use crate::statement::sql;

const LIMITS: Limits = Limits { batch: 1_024, queue: 10_000, patience: Duration::from_millis(1_800) };

/// Looks up revisions. A look begins after the questions that it answers were asked, so each hears of every change that
/// was committed before it was.
#[derive(Clone)]
pub(crate) struct Revisions(GroupCommit<RoomId, Answer>);

type Answer = Result<Option<Revision>, StoreError>;

impl Revisions {
    pub(crate) fn start(database: Arc<Database>) -> Self {
        Self(GroupCommit::start(Work::Looks, LIMITS, move |rooms: Vec<RoomId>| {
            let database = database.clone();
            async move {
                match look(&database, &rooms).await {
                    Ok(found) => rooms.iter().map(|room| Ok(found.get(room).copied())).collect(),
                    Err(error) => vec![Err(error); rooms.len()],
                }
            }
        }))
    }

    /// The revision of a room, if there is that room.
    pub(crate) async fn of(&self, room: RoomId) -> Result<Option<Revision>, StoreError> {
        let answer = self.0.submit(room).await;
        answer.map_err(|lost| StoreError::Unavailable(lost.to_string()))?
    }
}

#[derive(QueryableByName)]
struct RevisionRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    revision: i64,
}

async fn look(database: &Database, rooms: &[RoomId]) -> Result<HashMap<RoomId, Revision>, StoreError> {
    let ids: BTreeSet<Uuid> = rooms.iter().map(|room| room.0).collect();
    let statement = sql("SELECT id, revision FROM rooms WHERE id = ANY($1)")
        .bind::<Array<SqlUuid>, _>(ids.into_iter().collect::<Vec<_>>());
    let rows: Vec<RevisionRow> = database.rows(statement).await?;
    Ok(rows.into_iter().map(|row| (RoomId(row.id), Revision(row.revision))).collect())
}
