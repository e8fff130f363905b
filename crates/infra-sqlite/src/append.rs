//! Appending messages: many callers, one transaction. What becomes of each is the domain's to say ([`Batch`]); here it
//! is loaded, asked and written.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use domain::membership::Standing;
use domain::message::{
    AppendDecision, Appended, Batch, EarlierSend, Fingerprint, Message, MessageLog, NewMessage, RoomTail,
    Sender,
};
use domain::room::{Revision, RoomLog, Seq};
use domain::{Refusal, RoomId, StoreError};
use group_commit::{GroupCommit, Limits, Work};

use crate::SqliteStore;
use crate::errors::store_error;
use crate::pool::Database;
use crate::rows::{MessageRow, bytes, kind_number, maybe_moment, role, user_ref, visibility};
use crate::schema::messages;

pub(crate) type Append = NewMessage;
/// The outer result is the commit's, the inner one the rules'.
pub(crate) type Outcome = Result<Result<Appended, Refusal>, StoreError>;

const LIMITS: Limits = Limits { batch: 256, queue: 10_000, patience: Duration::from_millis(1_800) };

pub(crate) fn start(database: Arc<Database>) -> GroupCommit<Append, Outcome> {
    GroupCommit::start(Work::Sends, LIMITS, move |news| {
        let database = database.clone();
        async move {
            let waiting = news.len();
            match database.write(move |c| commit(c, news)).await {
                Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error); waiting],
            }
        }
    })
}

#[async_trait]
impl MessageLog for SqliteStore {
    async fn append(&self, message: NewMessage) -> domain::Result<Appended> {
        let outcome = self.appends.submit(message).await;
        Ok(outcome.map_err(|lost| StoreError::Unavailable(lost.to_string()))???)
    }
}

fn commit(
    c: &mut SqliteConnection,
    news: Vec<NewMessage>,
) -> Result<Vec<Result<Appended, Refusal>>, StoreError> {
    let mut batch = load(c, &news)?;
    let before = batch.rooms.clone();
    let mut outcomes = Vec::with_capacity(news.len());
    for new in news {
        outcomes.push(match batch.admit(new) {
            AppendDecision::Store(message, fingerprint) => {
                insert(c, &message, fingerprint)?;
                mark_read(c, &message)?;
                Ok(Appended::New(message))
            }
            AppendDecision::Replay(message) => Ok(Appended::Replayed(message)),
            AppendDecision::Refuse(refusal) => Err(refusal),
        });
    }
    for (room, tail) in &batch.rooms {
        if before.get(room) != Some(tail) {
            save(c, *room, tail)?;
        }
    }
    Ok(outcomes)
}

#[derive(QueryableByName)]
struct TailRow {
    #[diesel(sql_type = Integer)]
    visibility: i32,
    #[diesel(sql_type = BigInt)]
    last_seq: i64,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_message_at: Option<i64>,
}

#[derive(QueryableByName)]
struct SenderRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Nullable<Integer>)]
    role: Option<i32>,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    invited: bool,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    signed_in: bool,
}

/// Looks up each room, sender and key once, by primary key: in-process, that is as quick as one large query.
fn load(c: &mut SqliteConnection, news: &[NewMessage]) -> Result<Batch, StoreError> {
    let mut batch = Batch::default();
    for new in news {
        if !batch.rooms.contains_key(&new.room)
            && let Some(tail) = tail(c, new.room)?
        {
            batch.rooms.insert(new.room, tail);
        }
        let who = (new.room, new.session);
        if !batch.senders.contains_key(&who)
            && let Some(sender) = sender(c, new)?
        {
            batch.senders.insert(who, sender);
        }
        if let Some(file) = new.body.file()
            && !batch.files.contains_key(&file)
            && let Some(found) = crate::files::one(c, file)?
        {
            batch.files.insert(file, found);
        }
        if let Some(key) = &new.client_key {
            let key = (new.room, new.sender, key.clone());
            if !batch.earlier.contains_key(&key)
                && let Some(earlier) = earlier(c, new, key.2.as_str())?
            {
                batch.earlier.insert(key, earlier);
            }
        }
    }
    Ok(batch)
}

fn tail(c: &mut SqliteConnection, room: RoomId) -> Result<Option<RoomTail>, StoreError> {
    let row: Option<TailRow> = sql_query(
        "SELECT visibility, last_seq, revision, last_message_at FROM rooms WHERE id = ?1 AND deleted_at IS NULL",
    )
    .bind::<Binary, _>(bytes(room.0))
    .get_result(c)
    .optional()
    .map_err(store_error)?;
    row.map(|row| {
        let log = RoomLog {
            last_seq: Seq(row.last_seq),
            revision: Revision(row.revision),
            last_message_at: maybe_moment(row.last_message_at)?,
        };
        Ok(RoomTail { visibility: visibility(row.visibility)?, log })
    })
    .transpose()
}

fn sender(c: &mut SqliteConnection, new: &NewMessage) -> Result<Option<Sender>, StoreError> {
    let row: Option<SenderRow> = sql_query(
        "SELECT u.id, u.username, m.role, i.user_id IS NOT NULL AS invited, s.id IS NOT NULL AS signed_in FROM users u
         LEFT JOIN sessions s ON s.id = ?3 AND s.user_id = u.id AND s.ended_at IS NULL AND s.expires_at > ?4
         LEFT JOIN memberships m ON m.room_id = ?1 AND m.user_id = u.id AND m.left_at IS NULL
         LEFT JOIN invitations i ON i.room_id = ?1 AND i.user_id = u.id WHERE u.id = ?2",
    )
    .bind::<Binary, _>(bytes(new.room.0))
    .bind::<Binary, _>(bytes(new.sender.0))
    .bind::<Binary, _>(bytes(new.session.0))
    .bind::<BigInt, _>(new.at.unix_micros())
    .get_result(c)
    .optional()
    .map_err(store_error)?;
    row.map(|row| {
        let standing = Standing::of(row.role.map(role).transpose()?, row.invited);
        Ok(Sender { user: user_ref(&row.id, row.username)?, standing, signed_in: row.signed_in })
    })
    .transpose()
}

fn earlier(c: &mut SqliteConnection, new: &NewMessage, key: &str) -> Result<Option<EarlierSend>, StoreError> {
    let row: Option<MessageRow> = sql_query(format!(
        "{} WHERE s.room_id = ?1 AND s.sender_id = ?2 AND s.client_key = ?3",
        MessageRow::SELECT
    ))
    .bind::<Binary, _>(bytes(new.room.0))
    .bind::<Binary, _>(bytes(new.sender.0))
    .bind::<Text, _>(key)
    .get_result(c)
    .optional()
    .map_err(store_error)?;
    row.map(|row| {
        let kept: Option<[u8; 32]> = row.fingerprint.as_deref().and_then(|kept| kept.try_into().ok());
        let kept = kept.ok_or_else(|| StoreError::Corrupt("a client key without a fingerprint".into()))?;
        Ok(EarlierSend { fingerprint: Fingerprint(kept), message: row.message()? })
    })
    .transpose()
}

fn insert(c: &mut SqliteConnection, message: &Message, fingerprint: Fingerprint) -> Result<(), StoreError> {
    let body = message.body();
    let key = message.client_key.as_ref();
    diesel::insert_into(messages::table)
        .values((
            messages::id.eq(bytes(message.id.0)),
            messages::room_id.eq(bytes(message.room.0)),
            messages::seq.eq(message.seq.0),
            messages::revision.eq(message.revision.0),
            messages::sender_id.eq(bytes(message.sender.id.0)),
            messages::kind.eq(kind_number(message.kind())),
            messages::content.eq(body.and_then(|body| body.content()).map(domain::message::Content::as_str)),
            messages::file_id.eq(body.and_then(domain::message::Body::file).map(|file| bytes(file.0))),
            messages::client_key.eq(key.map(domain::message::ClientKey::as_str)),
            messages::fingerprint.eq(key.map(|_| fingerprint.0.to_vec())),
            messages::created_at.eq(message.created_at.unix_micros()),
            messages::sent_revision.eq(message.revision.0),
        ))
        .execute(c)
        .map_err(store_error)?;
    Ok(())
}

/// Whoever sends has read what came before.
fn mark_read(c: &mut SqliteConnection, message: &Message) -> Result<(), StoreError> {
    sql_query("UPDATE memberships SET last_read_seq = ?3 WHERE room_id = ?1 AND user_id = ?2 AND last_read_seq < ?3")
        .bind::<Binary, _>(bytes(message.room.0))
        .bind::<Binary, _>(bytes(message.sender.id.0))
        .bind::<BigInt, _>(message.seq.0)
        .execute(c)
        .map_err(store_error)?;
    Ok(())
}

fn save(c: &mut SqliteConnection, room: RoomId, tail: &RoomTail) -> Result<(), StoreError> {
    sql_query("UPDATE rooms SET last_seq = ?2, revision = ?3, last_message_at = ?4 WHERE id = ?1")
        .bind::<Binary, _>(bytes(room.0))
        .bind::<BigInt, _>(tail.log.last_seq.0)
        .bind::<BigInt, _>(tail.log.revision.0)
        .bind::<Nullable<BigInt>, _>(tail.log.last_message_at.map(domain::Timestamp::unix_micros))
        .execute(c)
        .map_err(store_error)?;
    Ok(())
}
