//! Searches in messages, and the index of their words.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use diesel::sql_types::{Array, BigInt, Text};
use domain::message::Message;
use domain::room::Seq;
use domain::search::{CandidateQuery, Key, SearchIndexer, SearchReader, Unindexed, entries};
use domain::{MessageId, RoomId, StoreError, UserId};
use store_common::message_search::{
    CHUNK, bind, bit, block, block_has_all, block_term, by_chunk, changed_entries, chunk, of_key, of_sender,
    places, rooms,
};
use store_common::rows::{GapRow, LackingRoomRow, MessageIdRow, TextRow, UnindexedEditRow, count};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;
use uuid::Uuid;

use crate::PostgresStore;
use crate::messages::by_ids;
use crate::pool::{Connection, Statement};
use crate::unit_of_work::PostgresUnitOfWork;

#[async_trait]
impl SearchReader for PostgresStore {
    async fn candidates(&self, user: UserId, query: CandidateQuery) -> Result<Vec<Message>, StoreError> {
        let _turn = self.searches.turn(Some(user)).await?;
        let mut connection = self.database.connection().await?;
        let ids = connection.all::<MessageIdRow>(candidates(user, &query)).await?;
        let mut messages = by_ids(&mut connection, ids).await?;
        messages.sort_unstable_by_key(|message| Reverse((message.created_at, message.id)));
        Ok(messages)
    }
}

/// Selects the newest messages that have every key. The newest one of each room says which rooms can have any of the newest
/// of all: as many rooms as messages. Only those are read further.
fn candidates(user: UserId, query: &CandidateQuery) -> Statement {
    let newest = matches(query, "m.room_id", "m.top", "1");
    let found = matches(query, "n.room_id", "n.seq", "?2");
    // With limits of their own, messages are looked up one by one.
    let message = |of: &str| {
        format!(
            "SELECT s.id, s.created_at FROM messages s WHERE s.room_id = {of}.room_id AND s.seq = f.seq LIMIT 1"
        )
    };
    let text = format!(
        "WITH mine AS MATERIALIZED ({}),
            newest AS MATERIALIZED (SELECT m.room_id, f.seq FROM mine m CROSS JOIN LATERAL ({newest}) AS f
                CROSS JOIN LATERAL ({}) AS s ORDER BY s.created_at DESC, s.id DESC LIMIT ?2)
         SELECT s.id FROM newest n CROSS JOIN LATERAL ({found}) AS f CROSS JOIN LATERAL ({}) AS s
         ORDER BY s.created_at DESC, s.id DESC LIMIT ?2",
        rooms(query),
        message("m"),
        message("n"),
    );
    bind(sql(text), user, query)
}

/// Selects the numbers of the last messages of a room, up to `top`, that have every key. A nested loop walks the blocks from
/// the newest to the oldest and ends at the limit.
fn matches(query: &CandidateQuery, room: &str, top: &str, limit: &str) -> String {
    let has_all = if query.keys.len() > 1 || query.sender.is_some() {
        format!(" WHERE {}", block_has_all(query, room, "b.n"))
    } else {
        String::new()
    };
    let chunks = chunks(query, room, top, limit);
    format!(
        "SELECT f.seq FROM generate_series({}, 0, -1) AS b (n)
         CROSS JOIN LATERAL (SELECT c.chunk * {CHUNK} + place.n AS seq FROM ({chunks}) AS c
            CROSS JOIN generate_series({CHUNK} - 1, 0, -1) AS place (n) WHERE (c.messages >> place.n) & 1 = 1
            ORDER BY seq DESC LIMIT {limit}) AS f{has_all}
         LIMIT {limit}",
        block_term(top)
    )
}

/// Selects the last chunks of the block `b.n` with messages up to `top` that have every key.
fn chunks(query: &CandidateQuery, room: &str, top: &str, limit: &str) -> String {
    let up_to_top = format!("w.chunk <= {top} / {CHUNK}");
    // The messages of the last chunk after `top` are cut off.
    let cut = |messages: &str| {
        format!(
            "CASE WHEN w.chunk = {top} / {CHUNK} THEN {messages} & ((CAST(2 AS bigint) << CAST({top} % {CHUNK} AS int)) - 1)
                ELSE {messages} END AS messages"
        )
    };
    let last = |chunks: String| {
        format!("SELECT * FROM ({chunks}) AS w WHERE messages <> 0 ORDER BY chunk DESC LIMIT {limit}")
    };
    let mut keys: Vec<String> = places(&query.keys)
        .map(|key| format!("message_words w WHERE {} AND {up_to_top}", of_key(room, "b.n", key)))
        .collect();
    if let ([key], [Key { beginning: false, .. }], None) = (&keys[..], &query.keys[..], query.sender) {
        // In the order of the primary key, so that no more are read.
        return last(format!("SELECT w.chunk, {} FROM {key}", cut("w.messages")));
    }
    for rows in &mut keys {
        *rows = format!("SELECT w.chunk, bit_or(w.messages) AS messages FROM {rows} GROUP BY w.chunk");
    }
    if query.sender.is_some() {
        keys.push(format!(
            "SELECT s.seq / {CHUNK} AS chunk, bit_or(CAST(1 AS bigint) << CAST(s.seq % {CHUNK} AS int)) AS messages
             FROM messages s WHERE {} GROUP BY s.seq / {CHUNK}",
            of_sender(room, "b.n")
        ));
    }
    // Each at most a block's chunks, read once.
    let sets = keys.iter().enumerate().map(|(n, rows)| format!("k{n} AS MATERIALIZED ({rows})"));
    let sets = sets.collect::<Vec<_>>().join(", ");
    let joins: Vec<String> = (1..keys.len()).map(|n| format!("JOIN k{n} USING (chunk)")).collect();
    let all: Vec<String> = (0..keys.len()).map(|n| format!("k{n}.messages")).collect();
    let both = format!("SELECT chunk, {} AS messages FROM k0 {}", all.join(" & "), joins.join(" "));
    last(format!("WITH {sets} SELECT w.chunk, {} FROM ({both}) AS w", cut("w.messages")))
}

/// The entries of messages: the room, the number, and the words.
type Entries = (RoomId, Seq, BTreeSet<String>);

/// Adds entries; `None` where there are none. The room is locked.
pub(crate) fn index(entries: impl IntoIterator<Item = Entries>) -> Option<Statement> {
    // One text for all words of the same messages is quicker to send than a row for each; no word has a space.
    let mut rows: BTreeMap<(RoomId, i64, i64), Vec<String>> = BTreeMap::new();
    for ((room, chunk), words) in by_chunk(entries) {
        for (word, messages) in words {
            rows.entry((room, chunk, messages)).or_default().push(word);
        }
    }
    if rows.is_empty() {
        return None;
    }
    let statement = sql("INSERT INTO message_words AS w (room_id, block, word, chunk, messages)
         SELECT new.room, new.block, word, new.chunk, new.messages
         FROM unnest(?1, ?2, ?3, ?4, ?5) AS new (room, block, chunk, messages, words)
         CROSS JOIN LATERAL unnest(string_to_array(new.words, ' ')) AS word
         ON CONFLICT (room_id, block, word, chunk) DO UPDATE SET messages = w.messages | excluded.messages")
    .bind::<Array<Id>, _>(rows.keys().map(|(room, ..)| *room).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(rows.keys().map(|(_, chunk, _)| block(*chunk)).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(rows.keys().map(|(_, chunk, _)| *chunk).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(rows.keys().map(|(.., messages)| *messages).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.values().map(|words| words.join(" ")).collect::<Vec<_>>());
    Some(statement)
}

async fn add(connection: &mut Connection, entries: Vec<Entries>) -> Result<(), StoreError> {
    match index(entries) {
        Some(insertion) => connection.execute(insertion).await.map(drop),
        None => Ok(()),
    }
}

/// Takes a message out of the rows of these words, and removes the rows that no message is left in.
fn removal(room: RoomId, seq: Seq, words: BTreeSet<String>) -> [Statement; 2] {
    let words: Vec<String> = words.into_iter().collect();
    let of = |text: &'static str| {
        sql(text)
            .bind::<Id, _>(room)
            .bind::<BigInt, _>(block(chunk(seq)))
            .bind::<BigInt, _>(chunk(seq))
            .bind::<Array<Text>, _>(words.clone())
            .bind::<BigInt, _>(bit(seq))
    };
    [
        of("UPDATE message_words SET messages = messages & ~ ?5
            WHERE room_id = ?1 AND block = ?2 AND chunk = ?3 AND word = ANY(?4)"),
        of("DELETE FROM message_words
            WHERE room_id = ?1 AND block = ?2 AND chunk = ?3 AND word = ANY(?4) AND messages = 0"),
    ]
}

impl PostgresUnitOfWork {
    /// Replaces the entries of a living message by those of a new text, before the text is stored.
    pub(crate) async fn reindex(
        &mut self,
        room: RoomId,
        message: MessageId,
        text: &str,
    ) -> Result<(), StoreError> {
        let Some((seq, former)) = self.one::<TextRow>(statements::living_text(room, message)).await? else {
            return Ok(());
        };
        let (gone, added) = changed_entries(&former, text);
        if !gone.is_empty() {
            for statement in removal(room, seq, gone) {
                self.execute(statement).await?;
            }
        }
        add(self.connection(), vec![(room, seq, added)]).await
    }
}

#[async_trait]
impl SearchIndexer for PostgresStore {
    async fn unindexed(&self) -> Result<Unindexed, StoreError> {
        let mut connection = self.database.connection().await?;
        let messages = count(connection.number(statements::unindexed_messages()).await?)?;
        let edits = count(connection.number(statements::unindexed_edits()).await?)?;
        Ok(Unindexed { messages, edits })
    }

    async fn index_room(
        &self,
        from: Option<RoomId>,
        batch: u32,
    ) -> Result<Option<(RoomId, u64)>, StoreError> {
        let mut connection = self.database.connection().await?;
        let mut from = from.unwrap_or(RoomId(Uuid::nil()));
        loop {
            let found = connection.one::<LackingRoomRow>(statements::lacking_room(from)).await?;
            match found {
                Some((Some(room), _)) => {
                    connection.begin().await?;
                    let added = index_next(&mut connection, room, batch).await?;
                    connection.commit().await?;
                    return Ok(Some((room, added)));
                }
                Some((None, Some(last))) if last != from => from = last,
                _ => return Ok(None),
            }
        }
    }

    async fn index_edits(&self, batch: u32) -> Result<u64, StoreError> {
        let mut connection = self.database.connection().await?;
        connection.begin().await?;
        let edits = connection.all::<UnindexedEditRow>(statements::edits_to_index(batch)).await?;
        // As senders do, in the order of their ids.
        let rooms: BTreeSet<RoomId> = edits.iter().map(|edit| edit.room).collect();
        for room in rooms {
            connection.one::<GapRow>(statements::lock_gap(room)).await?;
        }
        let texts = edits.iter().map(|edit| (edit.room, edit.seq, entries(&edit.text)));
        add(&mut connection, texts.collect()).await?;
        for edit in &edits {
            connection.execute(statements::edit_indexed(edit.message, edit.revision)).await?;
        }
        connection.commit().await?;
        Ok(u64::try_from(edits.len()).unwrap_or(u64::MAX))
    }
}

/// Adds the entries of the next messages of a room; returns the number of messages.
async fn index_next(connection: &mut Connection, room: RoomId, batch: u32) -> Result<u64, StoreError> {
    let Some((indexed, last)) = connection.one::<GapRow>(statements::lock_gap(room)).await? else {
        return Ok(0);
    };
    let last = last.min(Seq(indexed.0.saturating_add(batch.into())));
    let texts = connection.all::<TextRow>(statements::texts_between(room, indexed, last)).await?;
    let texts = texts.into_iter().map(|(seq, text)| (room, seq, entries(&text)));
    add(connection, texts.collect()).await?;
    connection.execute(statements::close_gap(room, last)).await?;
    count(last.0 - indexed.0)
}
