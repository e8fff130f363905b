//! The statements that store what a batch decided.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, Text};
use domain::message::{Batch, Body, ClientKey, Content, Fingerprint, Message, RoomTail};
use domain::room::Visibility;
use domain::search::entries;
use domain::{MessageId, RoomId, Timestamp, UserId};
use store_common::message_search::pending::Progress;
use store_common::room_lists::noted;
use store_common::sql_types::{Code, Id, Moment};
use store_common::statement::sql;

use crate::mentions::placed;
use crate::pool::Statement;
use crate::words::Loaded;

/// A message to store, and the fingerprint of its content.
pub(super) type Stored = (Message, Fingerprint);

/// The statement that stores messages, the read marks of their senders, the activity of the rooms, the new ends of their logs, and up to
/// where each has its entries: one, since what PostgreSQL and the driver do for each statement costs as much as some messages.
const STORE: &str = "WITH sent AS (
        INSERT INTO messages (id, room_id, seq, revision, sender_id, kind, content, file_id, client_key,
            fingerprint, created_at, sent_revision, reply_to, thread_id, metadata, mentions_people, mentions_room)
        SELECT unnest(?1), unnest(?2), unnest(?3), unnest(?4), unnest(?5), unnest(?6), unnest(?7), unnest(?8), unnest(?9),
            unnest(?10), unnest(?11), unnest(?4), unnest(?12), unnest(?13), unnest(?14), unnest(?15), unnest(?16)),
    marked AS (
        UPDATE memberships m SET last_read_seq = mark.seq, stamp = (SELECT pg_current_xact_id()::text::bigint)
        FROM unnest(?17, ?18, ?19) AS mark (room, usr, seq)
        WHERE m.room_id = mark.room AND m.user_id = mark.usr AND m.last_read_seq < mark.seq),
    noted AS (
        UPDATE room_activity a SET last_message_at = active.at FROM unnest(?25, ?26) AS active (room, at)
        WHERE a.room_id = active.room)
    UPDATE rooms r SET last_seq = tail.seq, revision = tail.revision, last_message_at = tail.at,
        activity_seq = tail.seq, stamp = (SELECT pg_current_xact_id()::text::bigint), words_seq = tail.words
    FROM unnest(?20, ?21, ?22, ?23, ?24) AS tail (room, seq, revision, at, words) WHERE r.id = tail.room";

/// Stores the decisions about messages, as [`STORE`] says, with the rooms as they were before, and those whose activity is not noted.
pub(super) fn store(
    stored: &[Stored],
    (before, unnoted): (&HashMap<RoomId, RoomTail>, &HashSet<RoomId>),
    batch: &Batch,
    progress: &Progress,
) -> Statement {
    let statement = save(mark_read(insert(sql(STORE), stored), stored), batch, progress);
    note_activity(statement, before, unnoted, batch)
}

fn insert(statement: Statement, stored: &[Stored]) -> Statement {
    fn column<T>(stored: &[Stored], value: impl Fn(&Message) -> T) -> Vec<T> {
        stored.iter().map(|(message, _)| value(message)).collect()
    }
    let content =
        |message: &Message| message.body().and_then(Body::content).map(Content::as_str).map(String::from);
    let fingerprint = |(message, print): &Stored| message.client_key.as_ref().map(|_| print.0.to_vec());
    // As many functions in `FROM` would each keep all of their rows before the first is inserted.
    statement
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

/// A sender has read the messages before their own.
fn mark_read(statement: Statement, stored: &[Stored]) -> Statement {
    // The batch is in the order of seq, so the last message of each sender remains.
    let marks: BTreeMap<(RoomId, UserId), i64> =
        stored.iter().map(|(message, _)| ((message.room, message.sender.id), message.seq.0)).collect();
    let (mut rooms, mut users, mut seqs) = (Vec::new(), Vec::new(), Vec::new());
    for ((room, user), seq) in marks {
        rooms.push(room);
        users.push(user);
        seqs.push(seq);
    }
    statement.bind::<Array<Id>, _>(rooms).bind::<Array<Id>, _>(users).bind::<Array<BigInt>, _>(seqs)
}

fn save(statement: Statement, batch: &Batch, progress: &Progress) -> Statement {
    let logs = || batch.rooms.values().map(|tail| tail.log);
    statement
        .bind::<Array<Id>, _>(batch.rooms.keys().copied().collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(logs().map(|log| log.last_seq.0).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(logs().map(|log| log.revision.0).collect::<Vec<_>>())
        .bind::<Array<Nullable<Moment>>, _>(logs().map(|log| log.last_message_at).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(
            batch.rooms.keys().map(|room| progress.indexed(*room).0).collect::<Vec<_>>(),
        )
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

/// Notes the activity of rooms, which lists have of those that are public: once a second, as [`noted`] says.
fn note_activity(
    statement: Statement,
    before: &HashMap<RoomId, RoomTail>,
    unnoted: &HashSet<RoomId>,
    batch: &Batch,
) -> Statement {
    let public = batch.rooms.iter().filter(|(_, tail)| tail.visibility == Visibility::Public);
    let noted = public.filter_map(|(room, tail)| {
        let before = before.get(room).filter(|_| !unnoted.contains(room)).map(|tail| tail.log);
        Some((*room, noted(before, tail.log)?))
    });
    let (rooms, times): (Vec<RoomId>, Vec<Timestamp>) = noted.unzip();
    statement.bind::<Array<Id>, _>(rooms).bind::<Array<Moment>, _>(times)
}
