//! Searches in messages.

use std::cmp::Reverse;

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use domain::message::Message;
use domain::search::{CandidateQuery, Key, SearchReader};
use domain::{RoomId, StoreError, UserId};
use store_common::message_search::pending::{newest_pending, pending_messages};
use store_common::message_search::walk::{Placed, Walk, searched_rooms};
use store_common::message_search::{
    CHUNK, CHUNKS, Place, bind, bit, block_has_all, block_term, chunk, first_chunk, of_key, of_sender,
    place_in_block, tops,
};
use store_common::rows::{BlockRow, ChunkRow, PendingRow, PlacedRow, SearchedRoomRow, SeqRow};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;

use crate::SqliteStore;
use crate::messages::read;
use crate::query::{Statement, all};
use crate::scans::Scan;

#[async_trait]
impl SearchReader for SqliteStore {
    async fn candidates(&self, user: UserId, query: CandidateQuery) -> Result<Vec<Message>, StoreError> {
        self.database
            .scan(Scan::Messages, move |c| {
                let rooms = all::<SearchedRoomRow>(c, searched_rooms(user, &query))?;
                let mut walk = Walk::new(rooms, &query);
                while let Some(rooms) = walk.next_rooms() {
                    // The pending first: those that get their entries meanwhile are in the index then.
                    let pending = all::<PendingRow>(c, pending_messages(user, &rooms, &query))?;
                    walk.add(newest_pending(pending, &query));
                    walk.add(candidates(c, user, &rooms, &query)?);
                }
                let mut messages = vec![];
                for id in walk.found() {
                    messages.extend(read(c, statements::message_of_any_room(id))?);
                }
                Ok(messages)
            })
            .await
    }
}

/// A room with the last message there to search, and its blocks that may have messages with every key, newest first.
struct Searched {
    room: RoomId,
    top: i64,
    blocks: Vec<i64>,
}

/// Returns the newest messages of those rooms that have every key. The newest one of each room says which rooms can have any of
/// the newest of all: as many rooms as messages. Only those are read further.
fn candidates(
    c: &mut SqliteConnection,
    user: UserId,
    rooms: &[RoomId],
    query: &CandidateQuery,
) -> Result<Vec<Placed>, StoreError> {
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut searched: Vec<Searched> = vec![];
    for (room, block, top) in all::<BlockRow>(c, blocks(user, rooms, query))? {
        match searched.last_mut() {
            Some(last) if last.room == room => last.blocks.push(block),
            _ => searched.push(Searched { room, top, blocks: vec![block] }),
        }
    }
    let mut newest = vec![];
    for room in searched {
        let first = matches(c, query, &room, 1)?.pop();
        newest.extend(first.map(|first| (first, room)));
    }
    newest.sort_unstable_by_key(|&(first, _)| Reverse(first));
    let mut found = vec![];
    for (_, room) in newest.iter().take(limit) {
        found.extend(matches(c, query, room, limit)?);
    }
    Ok(found)
}

/// Selects the blocks of those rooms of the user that have messages with each key.
fn blocks(user: UserId, rooms: &[RoomId], query: &CandidateQuery) -> Statement {
    let text = format!(
        "WITH RECURSIVE mine AS MATERIALIZED ({}),
            blocks (room_id, block, top) AS (SELECT room_id, {}, top FROM mine WHERE top > 0
                UNION ALL SELECT room_id, block - 1, top FROM blocks WHERE block > 0)
         SELECT b.room_id, b.block, b.top FROM blocks b WHERE {} ORDER BY b.room_id, b.block DESC",
        tops::<Sqlite>(query),
        block_term("top"),
        block_has_all(query, "b.room_id", "b.block"),
    );
    bind(sql(text), user, rooms, query)
}

/// Returns the last messages of a room that have every key, newest first.
fn matches(
    c: &mut SqliteConnection,
    query: &CandidateQuery,
    room: &Searched,
    limit: usize,
) -> Result<Vec<Placed>, StoreError> {
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
