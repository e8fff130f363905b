//! Appends and annotates messages: many callers, one transaction. [`Batch`] decides each write; this module loads what it
//! asks for and stores its decisions. Where the transaction fails, the writes are stored room by room, as [`Stage`] says.

mod annotations;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use domain::event::Change;
use domain::message::{
    Annotation, AppendDecision, Appended, Batch, Body, ClientKey, Content, EarlierSend, Fingerprint,
    LogOutcome, LogWrite, Mentions, Message, MessageLog, NewMessage, RoomTail,
};
use domain::room::Seq;
use domain::{MessageId, Refusal, RoomId, StoreError, UserId};
use store_common::group_commit::{GroupCommit, Limits, Outcome, Stage};
use store_common::message_search::pending::Progress;
use store_common::rows::{EarlierRow, SenderRow, TailRow};
use store_common::sql_types::{Code, Id, Moment};
use store_common::statement::sql;

use crate::SqliteStore;
use crate::pool::Database;
use crate::query::{Named, Statement, execute, execute_named, number, one, one_named};

/// The outer error is the commit's, the inner one the rules'.
type Written = Result<Result<LogOutcome, Refusal>, StoreError>;
pub(crate) type Appends = GroupCommit<LogWrite, Written>;

const LIMITS: Limits =
    Limits { batch: 256, queue: 10_000, blocked: 1_024, alone: 1, timeout: Duration::from_millis(1_800) };

pub(crate) fn start(database: Arc<Database>) -> Appends {
    GroupCommit::start(LIMITS, LogWrite::room, move |stage, writes| {
        let database = database.clone();
        async move { commit(&database, stage, writes).await }
    })
}

#[async_trait]
impl MessageLog for SqliteStore {
    async fn append(&self, message: NewMessage) -> domain::Result<Appended> {
        Ok(self.write(LogWrite::Send(message)).await?.appended()?)
    }

    async fn annotate(&self, annotation: Annotation) -> domain::Result<Option<Change>> {
        Ok(self.write(LogWrite::Annotate(annotation)).await?.annotated()?)
    }
}

impl SqliteStore {
    async fn write(&self, write: LogWrite) -> domain::Result<LogOutcome> {
        let outcome = self.appends.submit(write).await;
        Ok(outcome.map_err(|error| StoreError::Unavailable(error.to_string()))???)
    }
}

async fn commit(database: &Database, stage: Stage, writes: Vec<Arc<LogWrite>>) -> Vec<Outcome<Written>> {
    let size = writes.len();
    let of_all = |outcome: fn(Written) -> Outcome<Written>, error: StoreError| -> Vec<_> {
        (0..size).map(|_| outcome(Err(error.clone()))).collect()
    };
    match database.attempt(move |c| append(c, &writes)).await {
        Ok(Ok(outcomes)) => outcomes.into_iter().map(|outcome| Outcome::Done(Ok(outcome))).collect(),
        Ok(Err(error @ StoreError::Unavailable(_))) if stage == Stage::Alone => {
            of_all(Outcome::Blocked, error)
        }
        // A panic is among the outer errors that say Corrupt; a transaction that ends like this is not committed.
        Ok(Err(error)) | Err(error @ (StoreError::Corrupt(_) | StoreError::Conflict(_))) => {
            of_all(Outcome::Failed, error)
        }
        // The database is unavailable, not a room.
        Err(error @ StoreError::Unavailable(_)) => of_all(Outcome::Done, error),
    }
}

/// Returns the outcome of each write, in their order, which holds once the transaction is committed.
fn append(
    c: &mut SqliteConnection,
    writes: &[Arc<LogWrite>],
) -> Result<Vec<Result<LogOutcome, Refusal>>, StoreError> {
    let (mut batch, indexed) = load(c, writes)?;
    let progress = Progress::of(&batch.rooms, indexed);
    let (rooms, annotations) = (batch.rooms.clone(), batch.annotations.clone());
    let mut outcomes = Vec::with_capacity(writes.len());
    let mut marks = Marks::new();
    for write in writes {
        outcomes.push(match &**write {
            LogWrite::Send(new) => send(c, &mut batch, new.clone(), &mut marks)?,
            LogWrite::Annotate(new) => batch.annotate(new).map(LogOutcome::Annotated),
        });
    }
    annotations::save(c, &batch.annotations.changed_since(&annotations))?;
    batch.rooms.retain(|room, tail| rooms.get(room) != Some(tail));
    if batch.rooms.is_empty() {
        return Ok(outcomes);
    }
    for rewrite in progress.rewrites().filter(|rewrite| batch.rooms.contains_key(&rewrite.room)) {
        crate::words::write(c, &rewrite)?;
    }
    let stamp = number(c, sql("UPDATE change_clock SET now = now + 1 RETURNING now AS n"))?;
    for ((room, user), seq) in marks {
        execute_named(c, mark_read(room, user, seq, stamp))?;
    }
    for (room, tail) in &batch.rooms {
        execute_named(c, save(*room, tail, progress.indexed(*room), stamp))?;
    }
    Ok(outcomes)
}

/// The last message of each sender in a room: they have read those before.
type Marks = BTreeMap<(RoomId, UserId), Seq>;

fn send(
    c: &mut SqliteConnection,
    batch: &mut Batch,
    new: NewMessage,
    marks: &mut Marks,
) -> Result<Result<LogOutcome, Refusal>, StoreError> {
    let appended = match batch.admit(new) {
        AppendDecision::Store(message, fingerprint) => {
            execute_named(c, insert(&message, fingerprint))?;
            if let Some(root) = message.extras().thread {
                execute(c, count_reply(root))?;
            }
            crate::mentions::insert(c, message.id, &message.extras().mentions)?;
            marks.insert((message.room, message.sender.id), message.seq);
            Appended::New(message)
        }
        AppendDecision::Replay(message) => Appended::Replayed(message),
        AppendDecision::Refuse(refusal) => return Ok(Err(refusal)),
    };
    Ok(Ok(LogOutcome::Appended(appended)))
}

/// The names of the statements of every send.
enum Tail {}
enum Sent {}
enum Insert {}
enum MarkRead {}
enum Save {}

/// Looks up each row once, by its key: in-process, that is as quick as one large query. Returns too up to which message each
/// room has its entries for searches.
fn load(
    c: &mut SqliteConnection,
    writes: &[Arc<LogWrite>],
) -> Result<(Batch, HashMap<RoomId, Seq>), StoreError> {
    let (mut batch, mut indexed) = (Batch::default(), HashMap::new());
    for write in writes {
        let (room, (_, session, _)) = (write.room(), write.by());
        if !batch.rooms.contains_key(&room)
            && let Some((room, tail, words)) = one_named::<TailRow, _>(c, tail(room))?
        {
            batch.rooms.insert(room, tail);
            indexed.insert(room, words);
        }
        if !batch.senders.contains_key(&(room, session))
            && let Some(sender) = one_named::<SenderRow, _>(c, sender(write))?
        {
            batch.senders.insert((room, session), sender);
        }
        match &**write {
            LogWrite::Send(new) => load_message(c, new, &mut batch)?,
            LogWrite::Annotate(new) => annotations::load(c, new, &mut batch.annotations)?,
        }
    }
    Ok((batch, indexed))
}

fn load_message(c: &mut SqliteConnection, new: &NewMessage, batch: &mut Batch) -> Result<(), StoreError> {
    if let Some(file) = new.body.file()
        && !batch.files.contains_key(&file)
        && let Some(found) = crate::files::find(c, file)?
    {
        batch.files.insert(file, found);
    }
    if let Some(key) = &new.client_key {
        let key = (new.room, new.sender, key.clone());
        if !batch.earlier.contains_key(&key)
            && let Some((fingerprint, earlier)) = one::<EarlierRow>(c, earlier(new, &key.2))?
            && let Some(message) = crate::extras::complete_one(c, Some(earlier))?
        {
            batch.earlier.insert(key, EarlierSend { fingerprint, message });
        }
    }
    for message in new.extras.named() {
        let named = crate::extras::named(c, message)?;
        batch.named.extend(named.map(|(room, named)| ((room, message), named)));
    }
    for name in Mentions::names(new.body.content().map_or("", Content::as_str)) {
        let members = batch.members.entry(new.room).or_default();
        if !members.contains_key(&name)
            && let Some(member) = crate::mentions::member(c, new.room, &name)?
        {
            members.insert(name, member);
        }
    }
    Ok(())
}

fn tail(room: RoomId) -> Named<Tail> {
    sql(format!("SELECT {} FROM rooms WHERE deleted_at IS NULL AND id = ?1", TailRow::COLUMNS))
        .bind::<Id, _>(room)
        .named()
}

fn sender(write: &LogWrite) -> Named<Sent> {
    let (user, session, at) = write.by();
    sql(format!(
        "SELECT {} FROM users u
         LEFT JOIN sessions s ON s.id = ?3 AND s.user_id = u.id AND s.ended_at IS NULL AND s.expires_at > ?4
         LEFT JOIN memberships m ON m.room_id = ?1 AND m.user_id = u.id AND m.left_at IS NULL WHERE u.id = ?2",
        SenderRow::COLUMNS
    ))
    .bind::<Id, _>(write.room())
    .bind::<Id, _>(user)
    .bind::<Id, _>(session)
    .bind::<Moment, _>(at)
    .named()
}

fn earlier(new: &NewMessage, key: &ClientKey) -> Statement {
    sql(format!("{}WHERE s.room_id = ?1 AND s.sender_id = ?2 AND s.client_key = ?3", EarlierRow::select()))
        .bind::<Id, _>(new.room)
        .bind::<Id, _>(new.sender)
        .bind::<Text, _>(key.as_str().to_owned())
}

fn insert(message: &Message, fingerprint: Fingerprint) -> Named<Insert> {
    let body = message.body();
    let key = message.client_key.as_ref();
    sql("INSERT INTO messages (id, room_id, seq, revision, sender_id, kind, content, file_id, client_key,
            fingerprint, created_at, sent_revision, reply_to, thread_id, metadata, mentions_people, mentions_room)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?4, ?12, ?13, ?14, ?15, ?16)")
    .bind::<Id, _>(message.id)
    .bind::<Id, _>(message.room)
    .bind::<BigInt, _>(message.seq.0)
    .bind::<BigInt, _>(message.revision.0)
    .bind::<Id, _>(message.sender.id)
    .bind::<Code, _>(message.kind())
    .bind::<Nullable<Text>, _>(body.and_then(Body::content).map(Content::as_str).map(String::from))
    .bind::<Nullable<Id>, _>(body.and_then(Body::file))
    .bind::<Nullable<Text>, _>(key.map(ClientKey::as_str).map(String::from))
    .bind::<Nullable<Binary>, _>(key.map(|_| fingerprint.0.to_vec()))
    .bind::<Moment, _>(message.created_at)
    .bind::<Nullable<Id>, _>(message.extras().reply_to.as_ref().map(|to| to.id))
    .bind::<Nullable<Id>, _>(message.extras().thread)
    .bind::<Nullable<Text>, _>(message.extras().metadata.text().map(String::from))
    .bind::<Bool, _>(!message.extras().mentions.is_empty())
    .bind::<Bool, _>(message.extras().mentions_room)
    .named()
}

/// Counts a reply at the first message of its thread.
fn count_reply(root: MessageId) -> Statement {
    sql("UPDATE messages SET replies = replies + 1 WHERE id = ?1").bind::<Id, _>(root)
}

/// Moves a sender's read mark.
fn mark_read(room: RoomId, user: UserId, seq: Seq, stamp: i64) -> Named<MarkRead> {
    sql("UPDATE memberships SET last_read_seq = ?3, stamp = ?4
         WHERE room_id = ?1 AND user_id = ?2 AND last_read_seq < ?3")
    .bind::<Id, _>(room)
    .bind::<Id, _>(user)
    .bind::<BigInt, _>(seq.0)
    .bind::<BigInt, _>(stamp)
    .named()
}

/// Stores the new end of a room's log, and up to where the room has its entries.
fn save(room: RoomId, tail: &RoomTail, indexed: Seq, stamp: i64) -> Named<Save> {
    sql("UPDATE rooms SET last_seq = ?2, revision = ?3, last_message_at = ?4, stamp = ?5, words_seq = ?6 WHERE id = ?1")
    .bind::<Id, _>(room)
    .bind::<BigInt, _>(tail.log.last_seq.0)
    .bind::<BigInt, _>(tail.log.revision.0)
    .bind::<Nullable<Moment>, _>(tail.log.last_message_at)
    .bind::<BigInt, _>(stamp)
    .bind::<BigInt, _>(indexed.0)
    .named()
}
