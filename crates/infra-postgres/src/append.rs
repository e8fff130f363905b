//! Appends messages: many callers, one transaction. [`Batch`] decides each message; this module loads what it asks for
//! and stores its decisions, with one statement for each kind of row, however many there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Binary, Nullable, Text};
use domain::message::{
    AppendDecision, Appended, Batch, Body, ClientKey, Content, Fingerprint, Message, MessageLog, NewMessage,
    Sender,
};
use domain::{FileId, Refusal, RoomId, SessionId, StoreError, Timestamp, UserId};
use store_common::group_commit::{GroupCommit, Limits, Work};
use store_common::rows::{EarlierRow, Row, SenderRow, TailRow};
use store_common::sql_types::{Code, Id, Moment};
use store_common::statement::sql;

use crate::PostgresStore;
use crate::pool::{Connection, Database};

pub(crate) type Append = NewMessage;
/// The outer error is the commit's, the inner one the rules'.
pub(crate) type Outcome = Result<Result<Appended, Refusal>, StoreError>;

const LIMITS: Limits = Limits { batch: 256, queue: 10_000, timeout: Duration::from_millis(1_800) };

pub(crate) fn start(database: Arc<Database>) -> GroupCommit<Append, Outcome> {
    GroupCommit::start(Work::Sends, LIMITS, move |batch| {
        let database = database.clone();
        async move {
            let size = batch.len();
            match commit(&database, batch).await {
                Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error); size],
            }
        }
    })
}

#[async_trait]
impl MessageLog for PostgresStore {
    async fn append(&self, message: NewMessage) -> domain::Result<Appended> {
        let outcome = self.appends.submit(message).await;
        Ok(outcome.map_err(|error| StoreError::Unavailable(error.to_string()))???)
    }
}

async fn commit(
    database: &Database,
    messages: Vec<NewMessage>,
) -> Result<Vec<Result<Appended, Refusal>>, StoreError> {
    let mut connection = database.connection().await?;
    connection.begin().await?;
    let mut batch = load(&mut connection, &messages).await?;
    let before = batch.rooms.clone();
    let mut stored = Vec::with_capacity(messages.len());
    let outcomes = messages
        .into_iter()
        .map(|new| match batch.admit(new) {
            AppendDecision::Store(message, fingerprint) => {
                stored.push((message.clone(), fingerprint));
                Ok(Appended::New(message))
            }
            AppendDecision::Replay(message) => Ok(Appended::Replayed(message)),
            AppendDecision::Refuse(refusal) => Err(refusal),
        })
        .collect();
    if !stored.is_empty() {
        insert(&mut connection, &stored).await?;
        mark_read(&mut connection, &stored).await?;
        batch.rooms.retain(|room, tail| before.get(room) != Some(tail));
        save(&mut connection, &batch).await?;
    }
    connection.commit().await?;
    Ok(outcomes)
}

/// A sender, and the room and session of their message.
#[derive(QueryableByName)]
struct KeyedSenderRow {
    #[diesel(sql_type = Id)]
    room: RoomId,
    #[diesel(sql_type = Id)]
    session: SessionId,
    #[diesel(embed)]
    sender: SenderRow,
}

impl Row for KeyedSenderRow {
    type Value = ((RoomId, SessionId), Sender);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok(((self.room, self.session), self.sender.value()?))
    }
}

/// Locks the rooms, always in the order of their ids, and reads the rest afterwards, in statements that begin after the
/// locks and so see what the locks waited for.
async fn load(connection: &mut Connection, messages: &[NewMessage]) -> Result<Batch, StoreError> {
    let mut batch = Batch::default();
    let rooms: BTreeSet<RoomId> = messages.iter().map(|new| new.room).collect();
    let statement = sql(format!("{}id = ANY(?1) ORDER BY id FOR UPDATE", TailRow::SELECT))
        .bind::<Array<Id>, _>(rooms.into_iter().collect::<Vec<_>>());
    batch.rooms.extend(connection.all::<TailRow>(statement).await?);
    load_senders(connection, messages, &mut batch).await?;
    load_earlier(connection, messages, &mut batch).await?;
    let files: BTreeSet<FileId> = messages.iter().filter_map(|new| new.body.file()).collect();
    if !files.is_empty() {
        let held = crate::files::hold(connection, files.into_iter().collect()).await?;
        batch.files.extend(held.into_iter().map(|file| (file.id, file)));
    }
    Ok(batch)
}

async fn load_senders(
    connection: &mut Connection,
    messages: &[NewMessage],
    batch: &mut Batch,
) -> Result<(), StoreError> {
    let senders: BTreeMap<(RoomId, SessionId), &NewMessage> =
        messages.iter().map(|new| ((new.room, new.session), new)).collect();
    let (rooms, sessions): (Vec<_>, Vec<_>) = senders.keys().copied().unzip();
    let users: Vec<UserId> = senders.values().map(|new| new.sender).collect();
    let moments: Vec<Timestamp> = senders.values().map(|new| new.at).collect();
    let statement = sql(format!(
        "SELECT sent.room, sent.session, {}
         FROM unnest(?1, ?2, ?3, ?4) AS sent (room, session, usr, at) JOIN users u ON u.id = sent.usr
         LEFT JOIN sessions s ON s.id = sent.session AND s.user_id = sent.usr AND s.ended_at IS NULL
            AND s.expires_at > sent.at
         LEFT JOIN memberships m ON m.room_id = sent.room AND m.user_id = sent.usr AND m.left_at IS NULL
         LEFT JOIN invitations i ON i.room_id = sent.room AND i.user_id = sent.usr",
        SenderRow::COLUMNS
    ))
    .bind::<Array<Id>, _>(rooms)
    .bind::<Array<Id>, _>(sessions)
    .bind::<Array<Id>, _>(users)
    .bind::<Array<Moment>, _>(moments);
    batch.senders.extend(connection.all::<KeyedSenderRow>(statement).await?);
    Ok(())
}

async fn load_earlier(
    connection: &mut Connection,
    messages: &[NewMessage],
    batch: &mut Batch,
) -> Result<(), StoreError> {
    let keyed = messages
        .iter()
        .filter_map(|new| new.client_key.as_ref().map(|key| (new.room, new.sender, key.as_str().to_owned())));
    let (mut rooms, mut users, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for (room, user, key) in keyed.collect::<BTreeSet<_>>() {
        rooms.push(room);
        users.push(user);
        keys.push(key);
    }
    if keys.is_empty() {
        return Ok(());
    }
    let statement = sql(format!(
        "{}JOIN unnest(?1, ?2, ?3) AS known (room, usr, key)
            ON s.room_id = known.room AND s.sender_id = known.usr AND s.client_key = known.key",
        EarlierRow::select()
    ))
    .bind::<Array<Id>, _>(rooms)
    .bind::<Array<Id>, _>(users)
    .bind::<Array<Text>, _>(keys);
    for earlier in connection.all::<EarlierRow>(statement).await? {
        if let Some(key) = earlier.message.client_key.clone() {
            batch.earlier.insert((earlier.message.room, earlier.message.sender.id, key), earlier);
        }
    }
    Ok(())
}

type Stored = (Message, Fingerprint);

async fn insert(connection: &mut Connection, stored: &[Stored]) -> Result<(), StoreError> {
    fn column<T>(stored: &[Stored], value: impl Fn(&Message) -> T) -> Vec<T> {
        stored.iter().map(|(message, _)| value(message)).collect()
    }
    let content =
        |message: &Message| message.body().and_then(Body::content).map(Content::as_str).map(String::from);
    let fingerprint = |(message, print): &Stored| message.client_key.as_ref().map(|_| print.0.to_vec());
    let statement = sql(
        "INSERT INTO messages (id, room_id, seq, revision, sender_id, kind, content, file_id, client_key,
            fingerprint, created_at, sent_revision)
         SELECT * FROM unnest(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?4)",
    )
    .bind::<Array<Id>, _>(column(stored, |message| message.id))
    .bind::<Array<Id>, _>(column(stored, |message| message.room))
    .bind::<Array<BigInt>, _>(column(stored, |message| message.seq.0))
    .bind::<Array<BigInt>, _>(column(stored, |message| message.revision.0))
    .bind::<Array<Id>, _>(column(stored, |message| message.sender.id))
    .bind::<Array<Code>, _>(column(stored, Message::kind))
    .bind::<Array<Nullable<Text>>, _>(column(stored, content))
    .bind::<Array<Nullable<Id>>, _>(column(stored, |message| message.body().and_then(Body::file)))
    .bind::<Array<Nullable<Text>>, _>(column(stored, |message| {
        message.client_key.as_ref().map(ClientKey::as_str).map(String::from)
    }))
    .bind::<Array<Nullable<Binary>>, _>(stored.iter().map(fingerprint).collect::<Vec<_>>())
    .bind::<Array<Moment>, _>(column(stored, |message| message.created_at));
    connection.execute(statement).await.map(drop)
}

/// A sender has read the messages before their own.
async fn mark_read(connection: &mut Connection, stored: &[Stored]) -> Result<(), StoreError> {
    // The batch is in the order of seq, so the last message of each sender remains.
    let marks: BTreeMap<(RoomId, UserId), i64> =
        stored.iter().map(|(message, _)| ((message.room, message.sender.id), message.seq.0)).collect();
    let (mut rooms, mut users, mut seqs) = (Vec::new(), Vec::new(), Vec::new());
    for ((room, user), seq) in marks {
        rooms.push(room);
        users.push(user);
        seqs.push(seq);
    }
    let statement = sql(
        "UPDATE memberships m SET last_read_seq = mark.seq FROM unnest(?1, ?2, ?3) AS mark (room, usr, seq)
         WHERE m.room_id = mark.room AND m.user_id = mark.usr AND m.last_read_seq < mark.seq",
    )
    .bind::<Array<Id>, _>(rooms)
    .bind::<Array<Id>, _>(users)
    .bind::<Array<BigInt>, _>(seqs);
    connection.execute(statement).await.map(drop)
}

/// Stores the new ends of the rooms' logs.
async fn save(connection: &mut Connection, batch: &Batch) -> Result<(), StoreError> {
    let logs = || batch.rooms.values().map(|tail| tail.log);
    let statement =
        sql("UPDATE rooms r SET last_seq = tail.seq, revision = tail.revision, last_message_at = tail.at
         FROM unnest(?1, ?2, ?3, ?4) AS tail (room, seq, revision, at) WHERE r.id = tail.room")
        .bind::<Array<Id>, _>(batch.rooms.keys().copied().collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(logs().map(|log| log.last_seq.0).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(logs().map(|log| log.revision.0).collect::<Vec<_>>())
        .bind::<Array<Nullable<Moment>>, _>(logs().map(|log| log.last_message_at).collect::<Vec<_>>());
    connection.execute(statement).await.map(drop)
}
