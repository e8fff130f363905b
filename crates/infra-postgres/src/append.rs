//! Appends messages: many callers, one transaction. [`Batch`] decides each message; `rows.rs` loads what it asks for
//! and stores its decisions.
//!
//! The first attempt takes the rooms that can be locked at once. Those that are locked wait in transactions of their own,
//! as [`Stage`] says.

mod rows;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::sql_types::Array;
use domain::message::{AppendDecision, Appended, Batch, MessageLog, NewMessage, RoomTail};
use domain::{Refusal, RoomId, StoreError};
use rows::{Stored, count_replies, insert, load, mark_read, save};
use store_common::group_commit::{GroupCommit, Limits, Outcome, Stage, Work};
use store_common::rows::TailRow;
use store_common::sql_types::Id;
use store_common::statement::sql;

use crate::PostgresStore;
use crate::changes::RoomIdRow;
use crate::pool::{Connection, Database};

/// The outer error is the commit's, the inner one the rules'.
type Sent = Result<Result<Appended, Refusal>, StoreError>;
pub(crate) type Appends = GroupCommit<NewMessage, Sent>;

const LIMITS: Limits =
    Limits { batch: 256, queue: 10_000, blocked: 1_024, alone: 1, timeout: Duration::from_millis(1_800) };

/// The time that a batch of several rooms waits for a lock: many times that of a commit, in which most locks end. (The first
/// attempt waits for no room, but for read marks and files.)
const MOMENT: Duration = Duration::from_millis(100);
/// The time that the messages of one room wait for its lock: those that arrive meanwhile still have as much before their
/// callers give up.
const PATIENCE: Duration = Duration::from_millis(700);

pub(crate) fn start(database: Arc<Database>) -> Appends {
    let limits = Limits { alone: database.lone_rooms(), ..LIMITS };
    GroupCommit::start(
        Work::Sends,
        limits,
        |new: &NewMessage| new.room,
        move |stage, messages| {
            let database = database.clone();
            async move { commit(&database, stage, &messages).await }
        },
    )
}

#[async_trait]
impl MessageLog for PostgresStore {
    async fn append(&self, message: NewMessage) -> domain::Result<Appended> {
        let outcome = self.appends.submit(message).await;
        Ok(outcome.map_err(|error| StoreError::Unavailable(error.to_string()))???)
    }
}

async fn commit(database: &Database, stage: Stage, messages: &[Arc<NewMessage>]) -> Vec<Outcome<Sent>> {
    let of_all = |outcome: fn(Sent) -> Outcome<Sent>, error: StoreError| -> Vec<_> {
        messages.iter().map(|_| outcome(Err(error.clone()))).collect()
    };
    let mut connection = match begin(database, stage).await {
        Ok(connection) => connection,
        Err(error) => return of_all(Outcome::Done, error),
    };
    let error = match append(&mut connection, stage, messages).await {
        Ok(outcomes) => {
            return match connection.commit().await {
                Ok(()) => outcomes,
                // It may have been committed: only the callers can repeat it, under their client keys.
                Err(error) => outcomes.into_iter().map(|outcome| unless_blocked(outcome, &error)).collect(),
            };
        }
        Err(error) => error,
    };
    if connection.roll_back().await.is_err() {
        // The database is unavailable, not a room.
        return of_all(Outcome::Done, error);
    }
    match error {
        StoreError::Unavailable(_) if stage == Stage::Alone => of_all(Outcome::Blocked, error),
        _ => of_all(Outcome::Failed, error),
    }
}

fn unless_blocked(outcome: Outcome<Sent>, error: &StoreError) -> Outcome<Sent> {
    match outcome {
        Outcome::Done(_) => Outcome::Done(Err(error.clone())),
        blocked => blocked,
    }
}

async fn begin(database: &Database, stage: Stage) -> Result<Connection, StoreError> {
    let mut connection = database.connection().await?;
    let patience = if stage == Stage::Alone { PATIENCE } else { MOMENT };
    connection.begin_with_lock_timeout(patience).await?;
    Ok(connection)
}

/// Returns the outcome of each message, in their order, which holds once the transaction is committed.
async fn append(
    connection: &mut Connection,
    stage: Stage,
    messages: &[Arc<NewMessage>],
) -> Result<Vec<Outcome<Sent>>, StoreError> {
    let locked = lock(connection, stage, messages).await?;
    let free: Vec<&NewMessage> =
        messages.iter().map(|new| &**new).filter(|new| !locked.elsewhere.contains(&new.room)).collect();
    let mut batch = Batch { rooms: locked.here, ..Batch::default() };
    if !free.is_empty() {
        load(connection, &free, &mut batch).await?;
    }
    let before = batch.rooms.clone();
    let mut stored: Vec<Stored> = Vec::with_capacity(free.len());
    let outcomes = messages
        .iter()
        .map(|new| {
            if locked.elsewhere.contains(&new.room) {
                return Outcome::Blocked(Err(StoreError::Unavailable("the room is locked".into())));
            }
            Outcome::Done(Ok(match batch.admit(NewMessage::clone(new)) {
                AppendDecision::Store(message, fingerprint) => {
                    stored.push((message.clone(), fingerprint));
                    Ok(Appended::New(message))
                }
                AppendDecision::Replay(message) => Ok(Appended::Replayed(message)),
                AppendDecision::Refuse(refusal) => Err(refusal),
            }))
        })
        .collect();
    if !stored.is_empty() {
        insert(connection, &stored).await?;
        count_replies(connection, &stored).await?;
        mark_read(connection, &stored).await?;
        batch.rooms.retain(|room, tail| before.get(room) != Some(tail));
        save(connection, &batch).await?;
    }
    Ok(outcomes)
}

/// The living rooms of a batch.
struct Locked {
    /// Those that this transaction has locked.
    here: HashMap<RoomId, RoomTail>,
    /// Those that another has locked.
    elsewhere: HashSet<RoomId>,
}

/// Locks the rooms, always in the order of their ids. The shared batch skips those that are locked; then a second
/// statement distinguishes them from rooms that do not exist.
async fn lock(
    connection: &mut Connection,
    stage: Stage,
    messages: &[Arc<NewMessage>],
) -> Result<Locked, StoreError> {
    let rooms: BTreeSet<RoomId> = messages.iter().map(|new| new.room).collect();
    let skip = if stage == Stage::Shared { " SKIP LOCKED" } else { "" };
    let statement = sql(format!("{}id = ANY(?1) ORDER BY id FOR UPDATE{skip}", TailRow::SELECT))
        .bind::<Array<Id>, _>(rooms.iter().copied().collect::<Vec<_>>());
    let here: HashMap<_, _> = connection.all::<TailRow>(statement).await?.into_iter().collect();
    let missing: Vec<RoomId> = rooms.into_iter().filter(|room| !here.contains_key(room)).collect();
    let mut elsewhere = HashSet::new();
    if stage == Stage::Shared && !missing.is_empty() {
        let statement = sql("SELECT id FROM rooms WHERE id = ANY(?1) AND deleted_at IS NULL")
            .bind::<Array<Id>, _>(missing);
        elsewhere.extend(connection.all::<RoomIdRow>(statement).await?);
    }
    Ok(Locked { here, elsewhere })
}
