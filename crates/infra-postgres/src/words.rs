//! The index of the words of messages.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use diesel::sql_types::{Array, BigInt, Text};
use domain::room::Seq;
use domain::search::{SearchIndexer, Unindexed, entries};
use domain::{MessageId, RoomId, StoreError};
use store_common::message_search::pending::MessageRange;
use store_common::message_search::{bit, block, by_chunk, changed_entries, chunk};
use store_common::rows::{GapRow, LackingRoomRow, TextRow, UnindexedEditRow, count};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;
use uuid::Uuid;

use crate::PostgresStore;
use crate::pool::{Connection, Statement};
use crate::unit_of_work::PostgresUnitOfWork;

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

/// Selects the texts of living messages, as [`DueRow`](store_common::rows::DueRow).
pub(crate) fn texts(ranges: &[MessageRange]) -> Statement {
    // With a limit of its own, each range is looked up by itself.
    sql("SELECT due.room AS room_id, s.seq, s.content FROM unnest(?1, ?2, ?3) AS due (room, after, last)
         CROSS JOIN LATERAL (SELECT s.seq, s.content FROM messages s WHERE s.room_id = due.room AND s.seq > due.after
            AND s.seq <= due.last AND s.deleted_at IS NULL AND s.content IS NOT NULL ORDER BY s.seq LIMIT 1024) AS s")
    .bind::<Array<Id>, _>(ranges.iter().map(|range| range.room).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(ranges.iter().map(|range| range.after.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(ranges.iter().map(|range| range.last.0).collect::<Vec<_>>())
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
