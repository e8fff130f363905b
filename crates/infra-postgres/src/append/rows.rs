//! The rows that an append reads and writes: one statement for each kind of row, however many there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, Text};
use domain::membership::{Role, Standing};
use domain::message::{
    Annotation, Batch, Body, ClientKey, Content, EarlierSend, Fingerprint, LogWrite, Mentions, Message,
    RoomTail, Sender,
};
use domain::search::entries;
use domain::{FileId, MessageId, RoomId, SessionId, StoreError, Timestamp, UserId};
use store_common::message_search::pending::Progress;
use store_common::room_lists::is_noted;
use store_common::rows::{EarlierRow, Incomplete, Row};
use store_common::sql_types::{Code, Id, Moment};
use store_common::statement::sql;

use crate::mentions::placed;
use crate::pool::{Connection, Statement};
use crate::window::Names;
use crate::words::Loaded;

/// The sender of a message, without their name, and its room and session.
#[derive(QueryableByName)]
pub(super) struct SenderRow {
    #[diesel(sql_type = Id)]
    room: RoomId,
    #[diesel(sql_type = Id)]
    session: SessionId,
    #[diesel(sql_type = Id)]
    usr: UserId,
    #[diesel(sql_type = Nullable<Code>)]
    role: Option<Role>,
    #[diesel(sql_type = Bool)]
    invited: bool,
    #[diesel(sql_type = Bool)]
    signed_in: bool,
}

impl Row for SenderRow {
    type Value = Self;

    fn value(self) -> Result<Self, StoreError> {
        Ok(self)
    }
}

/// Adds the senders, with their names.
pub(super) async fn add_senders(
    connection: &mut Connection,
    names: &Names,
    senders: Vec<SenderRow>,
    batch: &mut Batch,
) -> Result<(), StoreError> {
    let users = names.of(connection, senders.iter().map(|sender| sender.usr).collect()).await?;
    batch.senders.extend(senders.into_iter().filter_map(
        |SenderRow { room, session, usr, role, invited, signed_in }| {
            let (user, standing) = (users.get(&usr)?.clone(), Standing::of(role, invited));
            Some(((room, session), Sender { user, standing, signed_in }))
        },
    ));
    Ok(())
}

/// Adds the earlier messages with a client key of the batch.
pub(super) async fn add_earlier(
    connection: &mut Connection,
    earlier: Vec<(Fingerprint, Incomplete)>,
    batch: &mut Batch,
) -> Result<(), StoreError> {
    let (fingerprints, messages): (Vec<_>, Vec<_>) = earlier.into_iter().unzip();
    let messages = crate::extras::complete(connection, messages).await?;
    for (fingerprint, message) in fingerprints.into_iter().zip(messages) {
        if let Some(key) = message.client_key.clone() {
            let key = (message.room, message.sender.id, key);
            batch.earlier.insert(key, EarlierSend { fingerprint, message });
        }
    }
    Ok(())
}

/// Reads what the rules ask for where a write names a message, a file or a person, or annotates.
pub(super) async fn load(
    connection: &mut Connection,
    writes: &[&LogWrite],
    batch: &mut Batch,
) -> Result<(), StoreError> {
    let messages = || writes.iter().filter_map(|write| write.message());
    let named: BTreeSet<MessageId> = messages().flat_map(|new| new.extras.named()).collect();
    if !named.is_empty() {
        let named = crate::extras::named(connection, named.into_iter().collect()).await?;
        batch.named.extend(named.into_iter().map(|(room, named)| ((room, named.quote.id), named)));
    }
    let names = messages().flat_map(|new| {
        let text = new.body.content().map_or("", Content::as_str);
        Mentions::names(text).into_iter().map(move |name| (new.room, name))
    });
    for (room, member) in crate::mentions::members(connection, names.collect()).await? {
        batch.members.entry(room).or_default().insert(member.username.key(), member);
    }
    let annotations: Vec<&Annotation> = writes.iter().filter_map(|write| write.annotation()).collect();
    if !annotations.is_empty() {
        batch.annotations = super::annotations::load(connection, &annotations).await?;
    }
    let files: BTreeSet<FileId> = messages().filter_map(|new| new.body.file()).collect();
    if !files.is_empty() {
        let held = crate::files::hold(connection, files.into_iter().collect()).await?;
        batch.files.extend(held.into_iter().map(|file| (file.id, file)));
    }
    Ok(())
}

/// Selects the senders' sessions and their standing in the rooms.
pub(super) fn senders(writes: &[Arc<LogWrite>]) -> Statement {
    let senders = writes.iter().map(|write| {
        let (user, session, at) = write.by();
        ((write.room(), session), (user, at))
    });
    let senders: BTreeMap<(RoomId, SessionId), (UserId, Timestamp)> = senders.collect();
    let (rooms, sessions): (Vec<_>, Vec<_>) = senders.keys().copied().unzip();
    let (users, moments): (Vec<UserId>, Vec<Timestamp>) = senders.into_values().unzip();
    // Members are not looked up among those invited. A condition on `left_at` would suggest the index of roles, which holds all that is
    // asked for and is read through the room's members.
    sql("SELECT sent.room, sent.session, sent.usr, m.role, s.id IS NOT NULL AS signed_in,
            m.role IS NULL AND (SELECT i.user_id FROM invitations i
                WHERE i.room_id = sent.room AND i.user_id = sent.usr) IS NOT NULL AS invited
         FROM unnest(?1, ?2, ?3, ?4) AS sent (room, session, usr, at)
         LEFT JOIN sessions s ON s.id = sent.session AND s.user_id = sent.usr AND s.ended_at IS NULL
            AND s.expires_at > sent.at
         LEFT JOIN (SELECT room_id, user_id, CASE WHEN left_at IS NULL THEN role END AS role FROM memberships) AS m
            ON m.room_id = sent.room AND m.user_id = sent.usr")
    .bind::<Array<Id>, _>(rooms)
    .bind::<Array<Id>, _>(sessions)
    .bind::<Array<Id>, _>(users)
    .bind::<Array<Moment>, _>(moments)
}

/// Selects the earlier messages with a client key of the batch, as [`EarlierRow`]; `None` where it has no keys.
pub(super) fn earlier(writes: &[Arc<LogWrite>]) -> Option<Statement> {
    let keyed = writes
        .iter()
        .filter_map(|write| write.message())
        .filter_map(|new| new.client_key.as_ref().map(|key| (new.room, new.sender, key.as_str().to_owned())));
    let (mut rooms, mut users, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for (room, user, key) in keyed.collect::<BTreeSet<_>>() {
        rooms.push(room);
        users.push(user);
        keys.push(key);
    }
    if keys.is_empty() {
        return None;
    }
    let statement = sql(format!(
        "{}JOIN unnest(?1, ?2, ?3) AS known (room, usr, key)
            ON s.room_id = known.room AND s.sender_id = known.usr AND s.client_key = known.key",
        EarlierRow::select()
    ))
    .bind::<Array<Id>, _>(rooms)
    .bind::<Array<Id>, _>(users)
    .bind::<Array<Text>, _>(keys);
    Some(statement)
}

/// A message to store, and the fingerprint of its content.
pub(super) type Stored = (Message, Fingerprint);

/// Inserts the messages.
pub(super) fn insert(stored: &[Stored]) -> Statement {
    fn column<T>(stored: &[Stored], value: impl Fn(&Message) -> T) -> Vec<T> {
        stored.iter().map(|(message, _)| value(message)).collect()
    }
    let content =
        |message: &Message| message.body().and_then(Body::content).map(Content::as_str).map(String::from);
    let fingerprint = |(message, print): &Stored| message.client_key.as_ref().map(|_| print.0.to_vec());
    // As many functions in `FROM` would each keep all of their rows before the first is inserted.
    sql(
        "INSERT INTO messages (id, room_id, seq, revision, sender_id, kind, content, file_id, client_key,
            fingerprint, created_at, sent_revision, reply_to, thread_id, metadata, mentions_people, mentions_room)
         SELECT unnest(?1), unnest(?2), unnest(?3), unnest(?4), unnest(?5), unnest(?6), unnest(?7), unnest(?8), unnest(?9),
            unnest(?10), unnest(?11), unnest(?4), unnest(?12), unnest(?13), unnest(?14), unnest(?15), unnest(?16)",
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
    .bind::<Array<Moment>, _>(column(stored, |message| message.created_at))
    .bind::<Array<Nullable<Id>>, _>(column(stored, |message| {
        message.extras().reply_to.as_ref().map(|to| to.id)
    }))
    .bind::<Array<Nullable<Id>>, _>(column(stored, |message| message.extras().thread))
    .bind::<Array<Nullable<Text>>, _>(column(stored, |message| {
        message.extras().metadata.text().map(String::from)
    }))
    .bind::<Array<Bool>, _>(column(stored, |message| !message.extras().mentions.is_empty()))
    .bind::<Array<Bool>, _>(column(stored, |message| message.extras().mentions_room))
}

/// Stores the people whom the messages, which are stored, mention.
pub(super) fn mention(stored: &[Stored]) -> Option<Statement> {
    let mentions = stored.iter().flat_map(|(message, _)| placed(message.id, &message.extras().mentions));
    crate::mentions::insertion(&mentions.collect::<Vec<_>>())
}

/// Writes the words of pending messages, for searches, and those of new messages where they would not be pending.
pub(super) fn index(mut due: Vec<Loaded>, stored: &[Stored], batch: &Batch) -> Vec<Statement> {
    due.retain(|loaded| batch.rooms.contains_key(&loaded.rewrite.room));
    for Loaded { rewrite, texts, .. } in &mut due {
        let new = stored.iter().map(|(message, _)| message);
        let new = new.filter(|message| message.room == rewrite.room && message.seq <= rewrite.last);
        texts.extend(new.map(|message| {
            let text = message.body().and_then(Body::content).map_or("", Content::as_str);
            (message.seq, entries(text))
        }));
    }
    crate::words::write(&due)
}

/// Counts the replies at the first messages of their threads.
pub(super) fn count_replies(stored: &[Stored]) -> Option<Statement> {
    let mut threads: BTreeMap<MessageId, i64> = BTreeMap::new();
    for root in stored.iter().filter_map(|(message, _)| message.extras().thread) {
        *threads.entry(root).or_default() += 1;
    }
    if threads.is_empty() {
        return None;
    }
    let (roots, replies): (Vec<_>, Vec<_>) = threads.into_iter().unzip();
    let statement = sql(
        "UPDATE messages m SET replies = m.replies + more.replies FROM unnest(?1, ?2) AS more (root, replies)
         WHERE m.id = more.root",
    )
    .bind::<Array<Id>, _>(roots)
    .bind::<Array<BigInt>, _>(replies);
    Some(statement)
}

/// A sender has read the messages before their own.
pub(super) fn mark_read(stored: &[Stored]) -> Statement {
    // The batch is in the order of seq, so the last message of each sender remains.
    let marks: BTreeMap<(RoomId, UserId), i64> =
        stored.iter().map(|(message, _)| ((message.room, message.sender.id), message.seq.0)).collect();
    let (mut rooms, mut users, mut seqs) = (Vec::new(), Vec::new(), Vec::new());
    for ((room, user), seq) in marks {
        rooms.push(room);
        users.push(user);
        seqs.push(seq);
    }
    sql("UPDATE memberships m SET last_read_seq = mark.seq, stamp = (SELECT pg_current_xact_id()::text::bigint)
         FROM unnest(?1, ?2, ?3) AS mark (room, usr, seq)
         WHERE m.room_id = mark.room AND m.user_id = mark.usr AND m.last_read_seq < mark.seq")
    .bind::<Array<Id>, _>(rooms)
    .bind::<Array<Id>, _>(users)
    .bind::<Array<BigInt>, _>(seqs)
}

/// Stores the new ends of the rooms' logs, and up to where each has its entries.
pub(super) fn save(batch: &Batch, progress: &Progress) -> Statement {
    let logs = || batch.rooms.values().map(|tail| tail.log);
    sql("UPDATE rooms r SET last_seq = tail.seq, revision = tail.revision, last_message_at = tail.at,
            activity_seq = tail.seq, stamp = (SELECT pg_current_xact_id()::text::bigint),
            words_seq = tail.words
         FROM unnest(?1, ?2, ?3, ?4, ?5) AS tail (room, seq, revision, at, words) WHERE r.id = tail.room")
    .bind::<Array<Id>, _>(batch.rooms.keys().copied().collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(logs().map(|log| log.last_seq.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(logs().map(|log| log.revision.0).collect::<Vec<_>>())
    .bind::<Array<Nullable<Moment>>, _>(logs().map(|log| log.last_message_at).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(batch.rooms.keys().map(|room| progress.indexed(*room).0).collect::<Vec<_>>())
}

/// Notes the activity of rooms, which lists have of those that are public: once a second, as [`is_noted`] says.
pub(super) fn note_activity(before: &HashMap<RoomId, RoomTail>, batch: &Batch) -> Option<Statement> {
    let active = batch.rooms.iter().filter(|(room, tail)| {
        tail.visibility == Visibility::Public
            && before.get(*room).is_none_or(|before| !is_noted(before.log, tail.log))
    });
    let (rooms, times): (Vec<RoomId>, Vec<_>) =
        active.map(|(room, tail)| (*room, tail.log.last_message_at)).unzip();
    if rooms.is_empty() {
        return None;
    }
    let statement =
        sql("UPDATE room_activity a SET last_message_at = tail.at FROM unnest(?1, ?2) AS tail (room, at)
         WHERE a.room_id = tail.room");
    Some(statement.bind::<Array<Id>, _>(rooms).bind::<Array<Nullable<Moment>>, _>(times))
}
