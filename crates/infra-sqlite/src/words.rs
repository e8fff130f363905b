//! The index of the words of messages.

use std::collections::BTreeSet;

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::sql_types::{BigInt, Text};
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

use crate::SqliteStore;
use crate::query::{all, execute, number, one};

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

/// Adds the entries of messages that are stored.
pub(crate) fn index_texts(c: &mut SqliteConnection, range: MessageRange) -> Result<(), StoreError> {
    let MessageRange { room, after, last } = range;
    let texts = all::<TextRow>(c, statements::texts_between(room, after, last))?;
    index(c, texts.into_iter().map(|(seq, text)| (room, seq, entries(&text))))
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
    index_texts(c, MessageRange { room, after: indexed, last })?;
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
