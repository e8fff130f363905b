//! Searches in messages, and the index of their words.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use async_trait::async_trait;
use diesel::sql_types::{Array, BigInt, Text};
use domain::message::Message;
use domain::room::Seq;
use domain::search::{CandidateQuery, SearchIndexer, SearchReader, Unindexed, entries};
use domain::{MessageId, RoomId, StoreError, UserId};
use store_common::message_search::{
    bind, block, block_has_all, block_term, changed_entries, in_block, rooms,
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
    let in_block = in_block(query, room, "b.n", top);
    let has_all = if query.keys.len() > 1 || query.sender.is_some() {
        format!(" WHERE {}", block_has_all(query, room, "b.n"))
    } else {
        String::new()
    };
    format!(
        "SELECT f.seq FROM generate_series({}, 0, -1) AS b (n)
         CROSS JOIN LATERAL (SELECT seq FROM ({in_block}) AS found ORDER BY seq DESC LIMIT {limit}) AS f{has_all}
         LIMIT {limit}",
        block_term(top)
    )
}

/// The entries of messages: the room, the number, and the words.
type Entries = (RoomId, Seq, BTreeSet<String>);

/// Inserts the entries of new messages; `None` where there are none.
pub(crate) fn index(new: Vec<Entries>) -> Option<Statement> {
    insertion(new, "")
}

/// Adds entries, of which some may be there.
async fn complete(connection: &mut Connection, entries: Vec<Entries>) -> Result<(), StoreError> {
    match insertion(entries, " ON CONFLICT DO NOTHING") {
        Some(insertion) => connection.execute(insertion).await.map(drop),
        None => Ok(()),
    }
}

fn insertion(mut entries: Vec<Entries>, conflict: &str) -> Option<Statement> {
    entries.retain(|(.., words)| !words.is_empty());
    if entries.is_empty() {
        return None;
    }
    // One text for each message is quicker to send than a row for each word; no word has a space.
    let words = |(.., words): &Entries| words.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    let statement = sql(format!(
        "INSERT INTO message_words (room_id, block, word, seq)
         SELECT new.room, new.block, word, new.seq FROM unnest(?1, ?2, ?3, ?4) AS new (room, block, seq, words)
         CROSS JOIN LATERAL unnest(string_to_array(new.words, ' ')) AS word{conflict}"
    ))
    .bind::<Array<Id>, _>(entries.iter().map(|(room, ..)| *room).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(entries.iter().map(|(_, seq, _)| block(*seq)).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(entries.iter().map(|(_, seq, _)| seq.0).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(entries.iter().map(words).collect::<Vec<_>>());
    Some(statement)
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
            let removal = sql(
                "DELETE FROM message_words WHERE room_id = ?1 AND block = ?2 AND seq = ?3 AND word = ANY(?4)",
            )
            .bind::<Id, _>(room)
            .bind::<BigInt, _>(block(seq))
            .bind::<BigInt, _>(seq.0)
            .bind::<Array<Text>, _>(gone.into_iter().collect::<Vec<_>>());
            self.execute(removal).await?;
        }
        complete(self.connection(), vec![(room, seq, added)]).await
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
        let texts = edits.iter().map(|edit| (edit.room, edit.seq, entries(&edit.text)));
        complete(&mut connection, texts.collect()).await?;
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
    complete(connection, texts.collect()).await?;
    connection.execute(statements::close_gap(room, last)).await?;
    count(last.0 - indexed.0)
}
