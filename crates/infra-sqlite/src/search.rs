//! Searches in messages, and the index of their words.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::sql_types::{BigInt, Text};
use domain::message::Message;
use domain::room::Seq;
use domain::search::{CandidateQuery, Key, SearchIndexer, SearchReader, Unindexed, entries};
use domain::{MessageId, RoomId, StoreError, Timestamp, UserId};
use store_common::message_search::{
    CHUNK, CHUNKS, Place, bind, bit, block, block_has_all, block_term, by_chunk, changed_entries, chunk,
    first_chunk, of_key, of_sender, place_in_block, rooms,
};
use store_common::rows::{
    BlockRow, ChunkRow, GapRow, LackingRoomRow, PlacedRow, SeqRow, TextRow, UnindexedEditRow, count,
};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;
use uuid::Uuid;

use crate::SqliteStore;
use crate::messages::read;
use crate::query::{Statement, all, execute, number, one};
use crate::scans::Scan;

#[async_trait]
impl SearchReader for SqliteStore {
    async fn candidates(&self, user: UserId, query: CandidateQuery) -> Result<Vec<Message>, StoreError> {
        self.database
            .scan(Scan::Messages, move |c| {
                let placed = candidates(c, user, &query)?;
                let mut messages = Vec::with_capacity(placed.len());
                for (_, id) in placed {
                    messages.extend(read(c, statements::message_of_any_room(id))?);
                }
                Ok(messages)
            })
            .await
    }
}

type Placed = Vec<(Timestamp, MessageId)>;

/// A room with the last message there to search, and its blocks that may have messages with every key, newest first.
struct Searched {
    room: RoomId,
    top: i64,
    blocks: Vec<i64>,
}

/// Returns the newest messages that have every key, newest first. The newest one of each room says which rooms can have any
/// of the newest of all: as many rooms as messages. Only those are read further.
fn candidates(c: &mut SqliteConnection, user: UserId, query: &CandidateQuery) -> Result<Placed, StoreError> {
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut rooms: Vec<Searched> = vec![];
    for (room, block, top) in all::<BlockRow>(c, blocks(user, query))? {
        match rooms.last_mut() {
            Some(last) if last.room == room => last.blocks.push(block),
            _ => rooms.push(Searched { room, top, blocks: vec![block] }),
        }
    }
    let mut newest = vec![];
    for room in rooms {
        let first = matches(c, query, &room, 1)?.pop();
        newest.extend(first.map(|first| (first, room)));
    }
    newest.sort_unstable_by_key(|&(first, _)| Reverse(first));
    let mut found = vec![];
    for (_, room) in newest.iter().take(limit) {
        found.extend(matches(c, query, room, limit)?);
    }
    found.sort_unstable_by_key(|&place| Reverse(place));
    found.truncate(limit);
    Ok(found)
}

/// Selects the blocks of the user's rooms that have messages with each key.
fn blocks(user: UserId, query: &CandidateQuery) -> Statement {
    let text = format!(
        "WITH RECURSIVE mine AS MATERIALIZED ({}),
            blocks (room_id, block, top) AS (SELECT room_id, {}, top FROM mine WHERE top > 0
                UNION ALL SELECT room_id, block - 1, top FROM blocks WHERE block > 0)
         SELECT b.room_id, b.block, b.top FROM blocks b WHERE {} ORDER BY b.room_id, b.block DESC",
        rooms(query),
        block_term("top"),
        block_has_all(query, "b.room_id", "b.block"),
    );
    bind(sql(text), user, query)
}

/// Returns the last messages of a room that have every key, newest first.
fn matches(
    c: &mut SqliteConnection,
    query: &CandidateQuery,
    room: &Searched,
    limit: usize,
) -> Result<Placed, StoreError> {
    let mut seqs = vec![];
    for &block in &room.blocks {
        let found = seqs_of(block, chunks(c, query, room.room, block)?).filter(|&seq| seq <= room.top);
        seqs.extend(found.take(limit - seqs.len()));
        if seqs.len() >= limit {
            break;
        }
    }
    if seqs.is_empty() {
        return Ok(vec![]);
    }
    let seqs: Vec<String> = seqs.iter().map(i64::to_string).collect();
    let placed = sql(
        "SELECT id, created_at FROM messages WHERE room_id = ?1 AND seq IN (SELECT value FROM json_each(?2))",
    )
    .bind::<Id, _>(room.room)
    .bind::<Text, _>(format!("[{}]", seqs.join(",")));
    let mut placed = all::<PlacedRow>(c, placed)?;
    placed.sort_unstable_by_key(|&place| Reverse(place));
    Ok(placed)
}

/// The messages of each chunk of a block, as bits.
type Chunks = [i64; CHUNKS];

/// Returns the numbers of the messages of a block, newest first.
fn seqs_of(block: i64, chunks: Chunks) -> impl Iterator<Item = i64> {
    let first = first_chunk(block);
    let chunks: Vec<(i64, i64)> = (first..).zip(chunks).collect();
    chunks.into_iter().rev().flat_map(|(chunk, messages)| {
        let places = (0..CHUNK).rev().filter(move |place| (messages >> place) & 1 == 1);
        places.map(move |place| chunk * CHUNK + place)
    })
}

/// Returns the messages of a block that have every key.
fn chunks(
    c: &mut SqliteConnection,
    query: &CandidateQuery,
    room: RoomId,
    block: i64,
) -> Result<Chunks, StoreError> {
    let mut found: Chunks = [-1; CHUNKS];
    let mut keep = |set: Chunks| found.iter_mut().zip(set).for_each(|(chunk, messages)| *chunk &= messages);
    for key in &query.keys {
        let mut set: Chunks = [0; CHUNKS];
        for (chunk, messages) in all::<ChunkRow>(c, of_word(room, block, key))? {
            set[place_in_block(chunk)] |= messages;
        }
        keep(set);
    }
    if let Some(sender) = query.sender {
        let mut set: Chunks = [0; CHUNKS];
        for seq in all::<SeqRow>(c, sent(room, block, sender))? {
            set[place_in_block(chunk(seq))] |= bit(seq);
        }
        keep(set);
    }
    Ok(found)
}

fn of_word(room: RoomId, block: i64, key: &Key) -> Statement {
    let place = if key.beginning { Place::Beginning(3) } else { Place::Word(3) };
    let statement =
        sql(format!("SELECT w.chunk, w.messages FROM message_words w WHERE {}", of_key("?1", "?2", place)))
            .bind::<Id, _>(room)
            .bind::<BigInt, _>(block)
            .bind::<Text, _>(key.text.clone());
    if key.beginning { statement.bind::<Text, _>(format!("{}{}", key.text, char::MAX)) } else { statement }
}

fn sent(room: RoomId, block: i64, sender: UserId) -> Statement {
    sql(format!("SELECT s.seq FROM messages s WHERE {}", of_sender("?1", "?2")))
        .bind::<Id, _>(room)
        .bind::<BigInt, _>(block)
        // The clause names the fourth.
        .bind::<BigInt, _>(0)
        .bind::<Id, _>(sender)
}

/// The entries of messages: the room, the number, and the words.
pub(crate) type Entries = (RoomId, Seq, BTreeSet<String>);

/// Adds the entries of messages.
pub(crate) fn index(
    c: &mut SqliteConnection,
    entries: impl IntoIterator<Item = Entries>,
) -> Result<(), StoreError> {
    for ((room, chunk), words) in by_chunk(entries) {
        let insertion = sql(
            "INSERT INTO message_words (room_id, block, word, chunk, messages)
             SELECT ?1, ?2, value ->> 0, ?3, value ->> 1 FROM json_each(?4) WHERE TRUE
             ON CONFLICT (room_id, block, word, chunk) DO UPDATE SET messages = messages | excluded.messages",
        )
        .bind::<Id, _>(room)
        .bind::<BigInt, _>(block(chunk))
        .bind::<BigInt, _>(chunk)
        .bind::<Text, _>(json(words.iter().map(|(word, messages)| format!("[{},{messages}]", quoted(word)))));
        execute(c, insertion)?;
    }
    Ok(())
}

/// Takes a message out of the rows of these words, and removes the rows that no message is left in.
fn remove(
    c: &mut SqliteConnection,
    room: RoomId,
    seq: Seq,
    words: &BTreeSet<String>,
) -> Result<(), StoreError> {
    let words = json(words.iter().map(|word| quoted(word)));
    for text in [
        "UPDATE message_words SET messages = messages & ~ ?5 WHERE room_id = ?1 AND block = ?2 AND chunk = ?3
            AND word IN (SELECT value FROM json_each(?4))",
        "DELETE FROM message_words WHERE room_id = ?1 AND block = ?2 AND chunk = ?3
            AND word IN (SELECT value FROM json_each(?4)) AND messages = 0",
    ] {
        let statement = sql(text)
            .bind::<Id, _>(room)
            .bind::<BigInt, _>(block(chunk(seq)))
            .bind::<BigInt, _>(chunk(seq))
            .bind::<Text, _>(words.clone())
            .bind::<BigInt, _>(bit(seq));
        execute(c, statement)?;
    }
    Ok(())
}

/// Returns items as a JSON array.
fn json(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

/// Returns a word as a JSON string. No word has a control character.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Replaces the entries of a living message by those of a new text, before the text is stored.
pub(crate) fn reindex(
    c: &mut SqliteConnection,
    room: RoomId,
    message: MessageId,
    text: &str,
) -> Result<(), StoreError> {
    let Some((seq, former)) = one::<TextRow>(c, statements::living_text(room, message))? else {
        return Ok(());
    };
    let (gone, added) = changed_entries(&former, text);
    if !gone.is_empty() {
        remove(c, room, seq, &gone)?;
    }
    index(c, [(room, seq, added)])
}

#[async_trait]
impl SearchIndexer for SqliteStore {
    async fn unindexed(&self) -> Result<Unindexed, StoreError> {
        self.database
            .read(|c| {
                let messages = count(number(c, statements::unindexed_messages())?)?;
                let edits = count(number(c, statements::unindexed_edits())?)?;
                Ok(Unindexed { messages, edits })
            })
            .await
    }

    async fn index_room(
        &self,
        from: Option<RoomId>,
        batch: u32,
    ) -> Result<Option<(RoomId, u64)>, StoreError> {
        let found = self.database.read(move |c| lacking(c, from)).await?;
        let Some(room) = found else { return Ok(None) };
        let added = self.database.write(move |c| index_next(c, room, batch)).await?;
        Ok(Some((room, added)))
    }

    async fn index_edits(&self, batch: u32) -> Result<u64, StoreError> {
        self.database
            .write(move |c| {
                let edits = all::<UnindexedEditRow>(c, statements::edits_to_index(batch))?;
                index(c, edits.iter().map(|edit| (edit.room, edit.seq, entries(&edit.text))))?;
                for edit in &edits {
                    execute(c, statements::edit_indexed(edit.message, edit.revision))?;
                }
                Ok(u64::try_from(edits.len()).unwrap_or(u64::MAX))
            })
            .await
    }
}

/// Returns the first room, from one on, that lacks entries.
fn lacking(c: &mut SqliteConnection, from: Option<RoomId>) -> Result<Option<RoomId>, StoreError> {
    let mut from = from.unwrap_or(RoomId(Uuid::nil()));
    loop {
        match one::<LackingRoomRow>(c, statements::lacking_room(from))? {
            Some((Some(room), _)) => return Ok(Some(room)),
            Some((None, Some(last))) if last != from => from = last,
            _ => return Ok(None),
        }
    }
}

/// Adds the entries of the next messages of a room; returns the number of messages.
fn index_next(c: &mut SqliteConnection, room: RoomId, batch: u32) -> Result<u64, StoreError> {
    let Some((indexed, last)) = one::<GapRow>(c, statements::lock_gap(room))? else { return Ok(0) };
    let last = last.min(Seq(indexed.0.saturating_add(batch.into())));
    let texts = all::<TextRow>(c, statements::texts_between(room, indexed, last))?;
    index(c, texts.into_iter().map(|(seq, text)| (room, seq, entries(&text))))?;
    execute(c, statements::close_gap(room, last))?;
    count(last.0 - indexed.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_a_json_array() {
        let array = |words: &[&str]| json(words.iter().map(|word| quoted(word)));
        assert_eq!(array(&[]), "[]");
        assert_eq!(array(&["a", "צה\"ל", "\\"]), r#"["a","צה\"ל","\\"]"#);
    }
}
