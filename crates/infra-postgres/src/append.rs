//! Appends and annotates messages: many callers, one transaction. [`Batch`] decides each write; `rows.rs` and
//! `annotations.rs` load what it asks for, and `stored.rs` stores its decisions.
//!
//! The first attempt takes the rooms that can be locked at once. Those that are locked wait in transactions of their own,
//! as [`Stage`] says.

mod annotations;
mod rows;
mod stored;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::sql_types::{Array, Text};
use domain::event::Change;
use domain::message::{
    Annotation, AppendDecision, Appended, Batch, Fingerprint, LogOutcome, LogWrite, MessageLog, NewMessage,
    RoomTail,
};
use domain::room::Seq;
use domain::{Refusal, RoomId, StoreError};
use rows::{LockedRow, SenderRow, add_earlier, add_senders, earlier, load, senders};
use store_common::group_commit::{GroupCommit, Limits, Outcome, Stage};
use store_common::message_search::pending::Progress;
use store_common::rows::{EarlierRow, Incomplete};
use store_common::sql_types::Id;
use store_common::statement::sql;
use stored::{Stored, count_replies, index, mention, store};

use crate::PostgresStore;
use crate::changes::RoomIdRow;
use crate::pool::{Connection, Database, Statement};
use crate::window::Names;
use crate::words;

/// The outer error is the commit's, the inner one the rules'.
type Written = Result<Result<LogOutcome, Refusal>, StoreError>;
pub(crate) type Appends = GroupCommit<LogWrite, Written>;

const LIMITS: Limits =
    Limits { batch: 256, queue: 10_000, blocked: 1_024, alone: 1, timeout: Duration::from_millis(1_800) };

/// The time that a batch of several rooms waits for a lock: many times that of a commit, in which most locks end. (The first
/// attempt waits for no room, but for read marks and files.)
const MOMENT: Duration = Duration::from_millis(100);
/// The time that the messages of one room wait for its lock: those that arrive meanwhile still have as much before their
/// callers give up.
const LOCK_TIMEOUT: Duration = Duration::from_millis(700);

pub(crate) fn start(database: Arc<Database>, names: Names) -> Appends {
    let limits = Limits { alone: database.lone_rooms(), ..LIMITS };
    GroupCommit::start(limits, LogWrite::room, move |stage, writes| {
        let (database, names) = (database.clone(), names.clone());
        async move { commit(&database, &names, stage, &writes).await }
    })
}

#[async_trait]
impl MessageLog for PostgresStore {
    async fn append(&self, message: NewMessage) -> domain::Result<Appended> {
        Ok(self.write(LogWrite::Send(message)).await?.appended()?)
    }

    async fn annotate(&self, annotation: Annotation) -> domain::Result<Option<Change>> {
        Ok(self.write(LogWrite::Annotate(annotation)).await?.annotated()?)
    }
}

impl PostgresStore {
    async fn write(&self, write: LogWrite) -> domain::Result<LogOutcome> {
        let outcome = self.appends.submit(write).await;
        Ok(outcome.map_err(|error| StoreError::Unavailable(error.to_string()))???)
    }
}

async fn commit(
    database: &Database,
    names: &Names,
    stage: Stage,
    writes: &[Arc<LogWrite>],
) -> Vec<Outcome<Written>> {
    let of_all = |outcome: fn(Written) -> Outcome<Written>, error: StoreError| -> Vec<_> {
        writes.iter().map(|_| outcome(Err(error.clone()))).collect()
    };
    let mut connection = match database.connection().await {
        Ok(connection) => connection,
        Err(error) => return of_all(Outcome::Done, error),
    };
    let error = match append(&mut connection, names, stage, writes).await {
        Ok((outcomes, changes)) => match connection.commit_with(changes).await {
            Ok(Ok(())) => return outcomes,
            Ok(Err(error)) => error,
            // It may have been committed: only the callers can repeat it, under their client keys.
            Err(error) => {
                return outcomes.into_iter().map(|outcome| unless_blocked(outcome, &error)).collect();
            }
        },
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

fn unless_blocked(outcome: Outcome<Written>, error: &StoreError) -> Outcome<Written> {
    match outcome {
        Outcome::Done(_) => Outcome::Done(Err(error.clone())),
        blocked => blocked,
    }
}

/// Begins a transaction. Returns the outcome of each write, in their order, which holds once the transaction is committed with
/// these statements.
async fn append(
    connection: &mut Connection,
    names: &Names,
    stage: Stage,
    writes: &[Arc<LogWrite>],
) -> Result<(Vec<Outcome<Written>>, Vec<Statement>), StoreError> {
    let Begun { locked, senders, earlier } = begin(connection, stage, writes).await?;
    let free: Vec<&LogWrite> = writes
        .iter()
        .map(|write| &**write)
        .filter(|write| !locked.elsewhere.contains(&write.room()))
        .collect();
    let progress = Progress::of(&locked.here, locked.indexed);
    let mut batch = Batch { rooms: locked.here, ..Batch::default() };
    add_senders(connection, names, senders, &mut batch).await?;
    add_earlier(connection, earlier, &mut batch).await?;
    load(connection, &free, &mut batch).await?;
    let due = words::load(connection, progress.rewrites()).await?;
    let (rooms, annotations) = (batch.rooms.clone(), batch.annotations.clone());
    let mut stored: Vec<Stored> = Vec::with_capacity(free.len());
    let outcomes = writes
        .iter()
        .map(|write| {
            if locked.elsewhere.contains(&write.room()) {
                return Outcome::Blocked(Err(StoreError::Unavailable("the room is locked".into())));
            }
            Outcome::Done(Ok(match &**write {
                LogWrite::Send(new) => decide(&mut batch, new.clone(), &mut stored),
                LogWrite::Annotate(new) => batch.annotate(new).map(LogOutcome::Annotated),
            }))
        })
        .collect();
    batch.rooms.retain(|room, tail| rooms.get(room) != Some(tail));
    let mut changes: Vec<Statement> = vec![];
    if !batch.rooms.is_empty() {
        changes.push(store(&stored, (&rooms, &locked.unnoted), &batch, &progress));
        changes.extend(count_replies(&stored));
        changes.extend(index(due, &stored, &batch));
    }
    changes.extend(mention(&stored));
    annotations::save(connection, &batch.annotations.changed_since(&annotations)).await?;
    Ok((outcomes, changes))
}

fn decide(batch: &mut Batch, new: NewMessage, stored: &mut Vec<Stored>) -> Result<LogOutcome, Refusal> {
    let appended = match batch.admit(new) {
        AppendDecision::Store(message, fingerprint) => {
            stored.push((message.clone(), fingerprint));
            Appended::New(message)
        }
        AppendDecision::Replay(message) => Appended::Replayed(message),
        AppendDecision::Refuse(refusal) => return Err(refusal),
    };
    Ok(LogOutcome::Appended(appended))
}

/// The living rooms of a batch.
struct Locked {
    /// Those that this transaction has locked.
    here: HashMap<RoomId, RoomTail>,
    /// Up to which message each of them has its entries for searches.
    indexed: HashMap<RoomId, Seq>,
    /// Those of which a list would not look up the time of their newest message.
    unnoted: HashSet<RoomId>,
    /// Those that another has locked.
    elsewhere: HashSet<RoomId>,
}

/// The rows with which a transaction begins.
struct Begun {
    locked: Locked,
    senders: Vec<SenderRow>,
    earlier: Vec<(Fingerprint, Incomplete)>,
}

/// Begins the transaction, and locks the rooms, always in the order of their ids. The senders, and the earlier messages with client
/// keys of the batch, are read behind the locks, and so as they are after what the locks waited for. The shared batch skips
/// rooms that are locked; then another statement distinguishes them from rooms that do not exist.
async fn begin(
    connection: &mut Connection,
    stage: Stage,
    writes: &[Arc<LogWrite>],
) -> Result<Begun, StoreError> {
    let rooms: BTreeSet<RoomId> = writes.iter().map(|write| write.room()).collect();
    let skip = if stage == Stage::Shared { " SKIP LOCKED" } else { "" };
    let timeout = if stage == Stage::Alone { LOCK_TIMEOUT } else { MOMENT };
    // It is set before the first room is locked, for this statement and those behind it.
    let lock = sql(format!(
        "{}(SELECT set_config('lock_timeout', ?1, true)) IS NOT NULL AND id = ANY(?2) ORDER BY id FOR UPDATE{skip}",
        LockedRow::select()
    ))
    .bind::<Text, _>(timeout.as_millis().to_string())
    .bind::<Array<Id>, _>(rooms.iter().copied().collect::<Vec<_>>());
    let (tails, senders, earlier) = connection
        .begin_with_three::<LockedRow, SenderRow, EarlierRow>(lock, senders(writes), earlier(writes))
        .await?;
    let (mut here, mut indexed) = (HashMap::with_capacity(tails.len()), HashMap::with_capacity(tails.len()));
    let mut unnoted = HashSet::new();
    for (room, tail, words, noted) in tails {
        here.insert(room, tail);
        indexed.insert(room, words);
        if !noted {
            unnoted.insert(room);
        }
    }
    let missing: Vec<RoomId> = rooms.into_iter().filter(|room| !here.contains_key(room)).collect();
    let mut elsewhere = HashSet::new();
    if stage == Stage::Shared && !missing.is_empty() {
        let statement = sql("SELECT id FROM rooms WHERE id = ANY(?1) AND deleted_at IS NULL")
            .bind::<Array<Id>, _>(missing);
        elsewhere.extend(connection.all::<RoomIdRow>(statement).await?);
    }
    Ok(Begun { locked: Locked { here, indexed, unnoted, elsewhere }, senders, earlier })
}
