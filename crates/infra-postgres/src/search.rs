//! Searches in messages.

use std::cmp::Reverse;

use async_trait::async_trait;
use diesel::pg::Pg;
use domain::message::Message;
use domain::search::{CandidateQuery, Key, SearchReader};
use domain::{RoomId, StoreError, UserId};
use store_common::message_search::pending::{newest_pending, pending_messages};
use store_common::message_search::walk::{Walk, searched_rooms};
use store_common::message_search::{CHUNK, bind, block_has_all, block_term, of_key, of_sender, places, tops};
use store_common::rows::{PendingRow, PlacedRow, SearchedRoomRow};
use store_common::statement::sql;

use crate::PostgresStore;
use crate::messages::by_ids;
use crate::pool::Statement;

#[async_trait]
impl SearchReader for PostgresStore {
    async fn candidates(&self, user: UserId, query: CandidateQuery) -> Result<Vec<Message>, StoreError> {
        // Rooms, and the messages that were found, are read by keys: those take no turn.
        let rooms = self.database.all::<SearchedRoomRow>(searched_rooms(user, &query)).await?;
        let mut walk = Walk::new(rooms, &query);
        let turn = self.searches.turn(true).await?;
        let mut connection = self.database.connection().await?;
        while let Some(rooms) = walk.next_rooms() {
            // The pending first: those that get their entries meanwhile are in the index then.
            let pending = connection.all::<PendingRow>(pending_messages(user, &rooms, &query)).await?;
            walk.add(newest_pending(pending, &query));
            walk.add(connection.all::<PlacedRow>(candidates(user, &rooms, &query)).await?);
        }
        drop(turn);
        let found = walk.found();
        if found.is_empty() {
            return Ok(vec![]);
        }
        let mut messages = by_ids(&mut connection, found).await?;
        messages.sort_unstable_by_key(|message| Reverse((message.created_at, message.id)));
        Ok(messages)
    }
}

/// Selects the newest messages of those rooms that have every key. The newest one of each room says which rooms can have any of
/// the newest of all: as many rooms as messages. Only those are read further.
fn candidates(user: UserId, rooms: &[RoomId], query: &CandidateQuery) -> Statement {
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
         SELECT s.id, s.created_at FROM newest n CROSS JOIN LATERAL ({found}) AS f CROSS JOIN LATERAL ({}) AS s
         ORDER BY s.created_at DESC, s.id DESC LIMIT ?2",
        tops::<Pg>(query),
        message("m"),
        message("n"),
    );
    bind(sql(text), user, rooms, query)
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
