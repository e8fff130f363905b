//! Searches in messages, and the index of their words.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::sql_types::{BigInt, Nullable, Text};
use domain::message::Message;
use domain::room::Seq;
use domain::search::{CandidateQuery, SearchIndexer, SearchReader, Unindexed, entries};
use domain::{MessageId, RoomId, StoreError, Timestamp, UserId};
use store_common::message_search::{
    bind, bind_keys, block, block_has_all, block_term, changed_entries, in_block, rooms,
};
use store_common::rows::{BlockRow, GapRow, LackingRoomRow, PlacedRow, TextRow, UnindexedEditRow, count};
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
    let mut found = vec![];
    for &block in &room.blocks {
        found.extend(all::<PlacedRow>(c, placed(query, room, block, limit - found.len()))?);
        if found.len() >= limit {
            break;
        }
    }
    Ok(found)
}

/// Selects the last messages of a block that have every key. A cross join keeps its order.
fn placed(query: &CandidateQuery, room: &Searched, block: i64, limit: usize) -> Statement {
    let text = format!(
        "SELECT s.id, s.created_at FROM ({}) AS f CROSS JOIN messages s ON s.room_id = ?1 AND s.seq = f.seq
         ORDER BY f.seq DESC LIMIT ?2",
        in_block(query, "?1", "?3", "?5")
    );
    let statement = sql(text)
        .bind::<Id, _>(room.room)
        .bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind::<BigInt, _>(block)
        .bind::<Nullable<Id>, _>(query.sender)
        .bind::<BigInt, _>(room.top)
        // Not in the text: the keys follow it.
        .bind::<BigInt, _>(0);
    bind_keys(statement, &query.keys)
}

/// Adds the entries of a new message.
pub(crate) fn index(c: &mut SqliteConnection, room: RoomId, seq: Seq, text: &str) -> Result<(), StoreError> {
    add(c, room, seq, &entries(text), "INSERT")
}

/// Adds the entries of a message, of which some may be there.
fn complete(
    c: &mut SqliteConnection,
    room: RoomId,
    seq: Seq,
    words: &BTreeSet<String>,
) -> Result<(), StoreError> {
    add(c, room, seq, words, "INSERT OR IGNORE")
}

fn add(
    c: &mut SqliteConnection,
    room: RoomId,
    seq: Seq,
    words: &BTreeSet<String>,
    insert: &str,
) -> Result<(), StoreError> {
    if words.is_empty() {
        return Ok(());
    }
    let statement = sql(format!(
        "{insert} INTO message_words (room_id, block, word, seq) SELECT ?1, ?2, value, ?3 FROM json_each(?4)"
    ));
    execute(c, bind_words(statement, room, seq, words)).map(drop)
}

fn bind_words(statement: Statement, room: RoomId, seq: Seq, words: &BTreeSet<String>) -> Statement {
    statement
        .bind::<Id, _>(room)
        .bind::<BigInt, _>(block(seq))
        .bind::<BigInt, _>(seq.0)
        .bind::<Text, _>(json_array(words))
}

/// Returns the words as a JSON array. No word has a control character.
fn json_array(words: &BTreeSet<String>) -> String {
    let mut json = String::from("[");
    for word in words {
        json.push_str(if json.len() > 1 { ",\"" } else { "\"" });
        for c in word.chars() {
            if matches!(c, '"' | '\\') {
                json.push('\\');
            }
            json.push(c);
        }
        json.push('"');
    }
    json.push(']');
    json
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
        let removal = sql("DELETE FROM message_words WHERE room_id = ?1 AND block = ?2 AND seq = ?3
            AND word IN (SELECT value FROM json_each(?4))");
        execute(c, bind_words(removal, room, seq, &gone))?;
    }
    complete(c, room, seq, &added)
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
                for edit in &edits {
                    complete(c, edit.room, edit.seq, &entries(&edit.text))?;
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
    for (seq, text) in all::<TextRow>(c, statements::texts_between(room, indexed, last))? {
        complete(c, room, seq, &entries(&text))?;
    }
    execute(c, statements::close_gap(room, last))?;
    count(last.0 - indexed.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_a_json_array() {
        let array = |words: &[&str]| json_array(&words.iter().map(|&word| word.to_owned()).collect());
        assert_eq!(array(&[]), "[]");
        assert_eq!(array(&["a", "צה\"ל", "\\"]), r#"["\\","a","צה\"ל"]"#);
    }
}
