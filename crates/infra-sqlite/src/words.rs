//! The index of the words of messages.

use std::collections::BTreeMap;

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::sql_types::{BigInt, Text};
use domain::search::{SearchIndexer, Unindexed, entries};
use domain::{MessageId, RoomId, StoreError};
use store_common::message_search::edit::EntryEdit;
use store_common::message_search::pages::Page;
use store_common::message_search::stretches::{Rewrite, end_of_step};
use store_common::rows::{GapRow, IndexedTextRow, LackingRoomRow, PageRow, TextRow, UnindexedEditRow, count};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;
use uuid::Uuid;

use crate::SqliteStore;
use crate::query::{Named, Statement, all, execute, number, one, one_named};

/// Adds the entries of messages that are stored.
pub(crate) fn write(c: &mut SqliteConnection, rewrite: &Rewrite) -> Result<(), StoreError> {
    let Rewrite { room, start, from, last, until, .. } = *rewrite;
    let texts = all::<TextRow>(c, statements::texts_between(room, from, last))?;
    let texts: Vec<_> = texts.into_iter().map(|(seq, text)| (seq, entries(&text))).collect();
    let mut former = vec![];
    if rewrite.merges() {
        let parts =
            sql("SELECT word, words FROM word_pages WHERE room_id = ?1 AND start >= ?2 AND start < ?3")
                .bind::<Id, _>(room)
                .bind::<BigInt, _>(start.0)
                .bind::<BigInt, _>(from.0);
        former.extend(all::<PageRow>(c, parts)?.into_iter().map(|(_, words)| words));
    }
    if rewrite.replaces() {
        let removal = sql("DELETE FROM word_pages WHERE room_id = ?1 AND start BETWEEN ?2 AND ?3")
            .bind::<Id, _>(room)
            .bind::<BigInt, _>(start.0)
            .bind::<BigInt, _>(until.0);
        execute(c, removal)?;
    }
    for (start, page) in rewrite.pages(&former, &texts) {
        execute(c, insertion(room, start, page))?;
    }
    Ok(())
}

fn insertion(room: RoomId, start: i64, page: Page) -> Statement {
    // A page that should not be there must not end the sends to its room.
    sql("INSERT INTO word_pages (room_id, start, word, words) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (room_id, start, word) DO UPDATE SET words = excluded.words")
    .bind::<Id, _>(room)
    .bind::<BigInt, _>(start)
    .bind::<Text, _>(page.from)
    .bind::<Text, _>(page.words)
}

/// Changes the entries of a message.
fn edit(c: &mut SqliteConnection, room: RoomId, edit: &EntryEdit) -> Result<(), StoreError> {
    let mut former: BTreeMap<String, String> = BTreeMap::new();
    for word in edit.words() {
        former.extend(one_named::<PageRow, _>(c, page_of(room, edit.start, word))?);
    }
    for word in former.keys() {
        let removal = sql("DELETE FROM word_pages WHERE room_id = ?1 AND start = ?2 AND word = ?3")
            .bind::<Id, _>(room)
            .bind::<BigInt, _>(edit.start)
            .bind::<Text, _>(word.clone());
        execute(c, removal)?;
    }
    for page in edit.pages(former.into_iter().collect()) {
        execute(c, insertion(room, edit.start, page))?;
    }
    Ok(())
}

/// The name of [`page_of`]: a search runs it for each stretch.
pub(crate) enum PageOf {}

/// Selects the page of a stretch that a word is on, if it is on any, as [`PageRow`].
pub(crate) fn page_of(room: RoomId, start: i64, word: String) -> Named<PageOf> {
    sql("SELECT w.word, w.words FROM word_pages w WHERE w.room_id = ?1 AND w.start = ?2 AND w.word <= ?3
         ORDER BY w.word DESC LIMIT 1")
    .bind::<Id, _>(room)
    .bind::<BigInt, _>(start)
    .bind::<Text, _>(word)
    .named()
}

/// Replaces the entries of a living message by those of a new text, before the text is stored.
pub(crate) fn reindex(
    c: &mut SqliteConnection,
    room: RoomId,
    message: MessageId,
    text: &str,
) -> Result<(), StoreError> {
    match one::<IndexedTextRow>(c, statements::living_text(room, message))? {
        Some((seq, ends, former)) => edit(c, room, &EntryEdit::new(seq, ends, &former, text)),
        None => Ok(()),
    }
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
                for found in &edits {
                    if let Some(ends) = one::<GapRow>(c, statements::lock_gap(found.room))? {
                        edit(c, found.room, &EntryEdit::new(found.seq, ends, "", &found.text))?;
                    }
                    execute(c, statements::edit_indexed(found.message, found.revision))?;
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
    let last = end_of_step(indexed, last, batch);
    write(c, &Rewrite::new(room, indexed, last))?;
    execute(c, statements::close_gap(room, last))?;
    count(last.0 - indexed.0)
}
