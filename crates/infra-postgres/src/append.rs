//! Appending messages: many callers, one transaction. What becomes of each is the domain's to say ([`Batch`]); here it
//! is loaded, asked and written, a statement for each kind of row, however many there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use domain::membership::Standing;
use domain::message::{
    AppendDecision, Appended, Batch, Body, ClientKey, Content, EarlierSend, Fingerprint, Message, MessageLog,
    NewMessage, RoomTail, Sender,
};
use domain::room::{Revision, RoomLog, Seq};
use domain::{Refusal, RoomId, SessionId, StoreError};
use group_commit::{GroupCommit, Limits, Work};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::PostgresStore;
use crate::pool::{Database, Link};
use crate::rows::{MessageRow, kind_number, maybe_moment, role, user_ref, visibility};
use crate::statement::sql;

pub(crate) type Append = NewMessage;
/// The outer result is the commit's, the inner one the rules'.
pub(crate) type Outcome = Result<Result<Appended, Refusal>, StoreError>;

const LIMITS: Limits = Limits { batch: 256, queue: 10_000, patience: Duration::from_millis(1_800) };

pub(crate) fn start(database: Arc<Database>) -> GroupCommit<Append, Outcome> {
    GroupCommit::start(Work::Sends, LIMITS, move |news| {
        let database = database.clone();
        async move {
            let waiting = news.len();
            match commit(&database, news).await {
                Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error); waiting],
            }
        }
    })
}

#[async_trait]
impl MessageLog for PostgresStore {
    async fn append(&self, message: NewMessage) -> domain::Result<Appended> {
        let outcome = self.appends.submit(message).await;
        Ok(outcome.map_err(|lost| StoreError::Unavailable(lost.to_string()))???)
    }
}

async fn commit(
    database: &Database,
    news: Vec<NewMessage>,
) -> Result<Vec<Result<Appended, Refusal>>, StoreError> {
    let mut link = database.link().await?;
    link.begin().await?;
    let mut batch = load(&mut link, &news).await?;
    let before = batch.rooms.clone();
    let mut stored = Vec::with_capacity(news.len());
    let outcomes = news
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
        insert(&mut link, &stored).await?;
        mark_read(&mut link, &stored).await?;
        batch.rooms.retain(|room, tail| before.get(room) != Some(tail));
        save(&mut link, &batch).await?;
    }
    link.commit().await?;
    Ok(outcomes)
}

#[derive(QueryableByName)]
struct TailRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SmallInt)]
    visibility: i16,
    #[diesel(sql_type = BigInt)]
    last_seq: i64,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last_message_at: Option<OffsetDateTime>,
}

#[derive(QueryableByName)]
struct SenderRow {
    #[diesel(sql_type = SqlUuid)]
    room: Uuid,
    #[diesel(sql_type = SqlUuid)]
    session: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Nullable<SmallInt>)]
    role: Option<i16>,
    #[diesel(sql_type = Bool)]
    invited: bool,
    #[diesel(sql_type = Bool)]
    signed_in: bool,
}

/// Locks the rooms, always in the order of their ids, and then, in statements that begin after the locks and so see
/// what the locks waited for, reads the rest.
async fn load(link: &mut Link, news: &[NewMessage]) -> Result<Batch, StoreError> {
    let mut batch = Batch::default();
    let rooms: BTreeSet<Uuid> = news.iter().map(|new| new.room.0).collect();
    let statement = sql("SELECT id, visibility, last_seq, revision, last_message_at FROM rooms
         WHERE id = ANY($1) AND deleted_at IS NULL ORDER BY id FOR UPDATE")
    .bind::<Array<SqlUuid>, _>(rooms.into_iter().collect::<Vec<_>>());
    for row in link.rows::<TailRow>(statement).await? {
        let log = RoomLog {
            last_seq: Seq(row.last_seq),
            revision: Revision(row.revision),
            last_message_at: maybe_moment(row.last_message_at)?,
        };
        batch.rooms.insert(RoomId(row.id), RoomTail { visibility: visibility(row.visibility)?, log });
    }
    load_senders(link, news, &mut batch).await?;
    load_earlier(link, news, &mut batch).await?;
    let files: BTreeSet<Uuid> = news.iter().filter_map(|new| Some(new.body.file()?.0)).collect();
    if !files.is_empty() {
        let held = crate::files::hold(link, files.into_iter().collect()).await?;
        batch.files.extend(held.into_iter().map(|file| (file.id, file)));
    }
    Ok(batch)
}

async fn load_senders(link: &mut Link, news: &[NewMessage], batch: &mut Batch) -> Result<(), StoreError> {
    let senders: BTreeMap<(Uuid, Uuid), &NewMessage> =
        news.iter().map(|new| ((new.room.0, new.session.0), new)).collect();
    let (rooms, sessions): (Vec<_>, Vec<_>) = senders.keys().copied().unzip();
    let users: Vec<Uuid> = senders.values().map(|new| new.sender.0).collect();
    let moments: Vec<OffsetDateTime> = senders.values().map(|new| new.at.as_datetime()).collect();
    let statement = sql("SELECT who.room, who.session, u.id, u.username, m.role,
            i.user_id IS NOT NULL AS invited, s.id IS NOT NULL AS signed_in
         FROM unnest($1, $2, $3, $4) AS who (room, session, usr, at) JOIN users u ON u.id = who.usr
         LEFT JOIN sessions s ON s.id = who.session AND s.user_id = who.usr AND s.ended_at IS NULL
            AND s.expires_at > who.at
         LEFT JOIN memberships m ON m.room_id = who.room AND m.user_id = who.usr AND m.left_at IS NULL
         LEFT JOIN invitations i ON i.room_id = who.room AND i.user_id = who.usr")
    .bind::<Array<SqlUuid>, _>(rooms)
    .bind::<Array<SqlUuid>, _>(sessions)
    .bind::<Array<SqlUuid>, _>(users)
    .bind::<Array<Timestamptz>, _>(moments);
    for row in link.rows::<SenderRow>(statement).await? {
        let standing = Standing::of(row.role.map(role).transpose()?, row.invited);
        let user = user_ref(row.id, row.username);
        let sender = Sender { user, standing, signed_in: row.signed_in };
        batch.senders.insert((RoomId(row.room), SessionId(row.session)), sender);
    }
    Ok(())
}

async fn load_earlier(link: &mut Link, news: &[NewMessage], batch: &mut Batch) -> Result<(), StoreError> {
    let keyed = news.iter().filter_map(|new| {
        new.client_key.as_ref().map(|key| (new.room.0, new.sender.0, key.as_str().to_owned()))
    });
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
        "{} JOIN unnest($1, $2, $3) AS known (room, usr, key)
            ON s.room_id = known.room AND s.sender_id = known.usr AND s.client_key = known.key",
        MessageRow::SELECT
    ))
    .bind::<Array<SqlUuid>, _>(rooms)
    .bind::<Array<SqlUuid>, _>(users)
    .bind::<Array<Text>, _>(keys);
    for row in link.rows::<MessageRow>(statement).await? {
        let kept: Option<[u8; 32]> = row.fingerprint.as_deref().and_then(|kept| kept.try_into().ok());
        let message = row.message()?;
        if let (Some(kept), Some(key)) = (kept, message.client_key.clone()) {
            let earlier = EarlierSend { fingerprint: Fingerprint(kept), message };
            batch.earlier.insert((earlier.message.room, earlier.message.sender.id, key), earlier);
        } else {
            return Err(StoreError::Corrupt("a client key without a fingerprint".into()));
        }
    }
    Ok(())
}

type Stored = (Message, Fingerprint);

async fn insert(link: &mut Link, stored: &[Stored]) -> Result<(), StoreError> {
    fn column<T>(stored: &[Stored], value: impl Fn(&Message) -> T) -> Vec<T> {
        stored.iter().map(|(message, _)| value(message)).collect()
    }
    let content =
        |message: &Message| message.body().and_then(Body::content).map(Content::as_str).map(String::from);
    let fingerprint = |(message, print): &Stored| message.client_key.as_ref().map(|_| print.0.to_vec());
    let statement = sql(
        "INSERT INTO messages (id, room_id, seq, revision, sender_id, kind, content, file_id, client_key,
            fingerprint, created_at, sent_revision)
         SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $4)",
    )
    .bind::<Array<SqlUuid>, _>(column(stored, |message| message.id.0))
    .bind::<Array<SqlUuid>, _>(column(stored, |message| message.room.0))
    .bind::<Array<BigInt>, _>(column(stored, |message| message.seq.0))
    .bind::<Array<BigInt>, _>(column(stored, |message| message.revision.0))
    .bind::<Array<SqlUuid>, _>(column(stored, |message| message.sender.id.0))
    .bind::<Array<SmallInt>, _>(column(stored, |message| kind_number(message.kind())))
    .bind::<Array<Nullable<Text>>, _>(column(stored, content))
    .bind::<Array<Nullable<SqlUuid>>, _>(column(stored, |message| {
        message.body().and_then(Body::file).map(|file| file.0)
    }))
    .bind::<Array<Nullable<Text>>, _>(column(stored, |message| {
        message.client_key.as_ref().map(ClientKey::as_str).map(String::from)
    }))
    .bind::<Array<Nullable<Binary>>, _>(stored.iter().map(fingerprint).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(column(stored, |message| message.created_at.as_datetime()));
    link.execute(statement).await.map(drop)
}

/// Whoever sends has read what came before.
async fn mark_read(link: &mut Link, stored: &[Stored]) -> Result<(), StoreError> {
    // The batch is in the order of seq, so that each sender's last message stays.
    let marks: BTreeMap<(Uuid, Uuid), i64> =
        stored.iter().map(|(message, _)| ((message.room.0, message.sender.id.0), message.seq.0)).collect();
    let (mut rooms, mut users, mut seqs) = (Vec::new(), Vec::new(), Vec::new());
    for ((room, user), seq) in marks {
        rooms.push(room);
        users.push(user);
        seqs.push(seq);
    }
    let statement = sql(
        "UPDATE memberships m SET last_read_seq = mark.seq FROM unnest($1, $2, $3) AS mark (room, usr, seq)
         WHERE m.room_id = mark.room AND m.user_id = mark.usr AND m.last_read_seq < mark.seq",
    )
    .bind::<Array<SqlUuid>, _>(rooms)
    .bind::<Array<SqlUuid>, _>(users)
    .bind::<Array<BigInt>, _>(seqs);
    link.execute(statement).await.map(drop)
}

/// Writes the rooms' new ends.
async fn save(link: &mut Link, batch: &Batch) -> Result<(), StoreError> {
    let logs = || batch.rooms.values().map(|tail| tail.log);
    let statement =
        sql("UPDATE rooms r SET last_seq = tail.seq, revision = tail.revision, last_message_at = tail.at
         FROM unnest($1, $2, $3, $4) AS tail (room, seq, revision, at) WHERE r.id = tail.room")
        .bind::<Array<SqlUuid>, _>(batch.rooms.keys().map(|room| room.0).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(logs().map(|log| log.last_seq.0).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(logs().map(|log| log.revision.0).collect::<Vec<_>>())
        .bind::<Array<Nullable<Timestamptz>>, _>(
            logs().map(|log| log.last_message_at.map(domain::Timestamp::as_datetime)).collect::<Vec<_>>(),
        );
    link.execute(statement).await.map(drop)
}
