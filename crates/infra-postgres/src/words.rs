//! The index of the words of messages.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use diesel::sql_types::{Array, BigInt, Text};
use domain::room::Seq;
use domain::search::{SearchIndexer, Unindexed, entries};
use domain::{MessageId, RoomId, StoreError};
use store_common::message_search::edit::EntryEdit;
use store_common::message_search::pages::Page;
use store_common::message_search::stretches::{Rewrite, end_of_step};
use store_common::rows::{
    DueRow, GapRow, IndexedTextRow, LackingRoomRow, PageRow, RoomPageRow, UnindexedEditRow, count,
};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;
use uuid::Uuid;

use crate::PostgresStore;
use crate::pool::{Connection, Statement};
use crate::unit_of_work::PostgresUnitOfWork;

/// A rewrite with what it is made of.
pub(crate) struct Loaded {
    pub(crate) rewrite: Rewrite,
    /// The pages that become part of a larger stretch.
    former: Vec<String>,
    /// The entries of messages, in the order of their numbers.
    pub(crate) texts: Vec<(Seq, BTreeSet<String>)>,
}

/// Reads what rewrites are made of. Their rooms are locked.
pub(crate) async fn load(
    connection: &mut Connection,
    rewrites: impl IntoIterator<Item = Rewrite>,
) -> Result<Vec<Loaded>, StoreError> {
    let rewrites: Vec<Rewrite> = rewrites.into_iter().collect();
    if rewrites.is_empty() {
        return Ok(vec![]);
    }
    let mut texts: HashMap<RoomId, Vec<(Seq, BTreeSet<String>)>> = HashMap::new();
    for (room, seq, text) in connection.all::<DueRow>(texts_of(&rewrites)).await? {
        texts.entry(room).or_default().push((seq, entries(&text)));
    }
    let mut former: HashMap<RoomId, Vec<String>> = HashMap::new();
    let merges: Vec<Rewrite> = rewrites.iter().copied().filter(Rewrite::merges).collect();
    if !merges.is_empty() {
        for (room, words) in connection.all::<RoomPageRow>(parts_of(&merges)).await? {
            former.entry(room).or_default().push(words);
        }
    }
    let loaded = rewrites.into_iter().map(|rewrite| Loaded {
        rewrite,
        former: former.remove(&rewrite.room).unwrap_or_default(),
        texts: texts.remove(&rewrite.room).unwrap_or_default(),
    });
    Ok(loaded.collect())
}

/// Writes the pages.
pub(crate) fn write(rewrites: &[Loaded]) -> Vec<Statement> {
    let replaced: Vec<Rewrite> =
        rewrites.iter().map(|loaded| loaded.rewrite).filter(Rewrite::replaces).collect();
    let mut statements: Vec<Statement> = vec![];
    if !replaced.is_empty() {
        statements.push(
            sql("DELETE FROM word_pages WHERE ctid = ANY (ARRAY(SELECT p.ctid
                    FROM unnest(?1, ?2, ?3) AS former (room, start, last) CROSS JOIN LATERAL (SELECT w.ctid FROM word_pages w
                        WHERE w.room_id = former.room AND w.start BETWEEN former.start AND former.last OFFSET 0) AS p))")
            .bind::<Array<Id>, _>(replaced.iter().map(|rewrite| rewrite.room).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(replaced.iter().map(|rewrite| rewrite.start.0).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(replaced.iter().map(|rewrite| rewrite.until.0).collect::<Vec<_>>()),
        );
    }
    let pages = rewrites.iter().flat_map(|Loaded { rewrite, former, texts }| {
        let pages = rewrite.pages(former, texts);
        pages.into_iter().map(move |(start, page)| (rewrite.room, start, page))
    });
    statements.extend(insertion(pages));
    statements
}

fn insertion(pages: impl IntoIterator<Item = (RoomId, i64, Page)>) -> Option<Statement> {
    let (mut rooms, mut starts, mut from, mut words) = (vec![], vec![], vec![], vec![]);
    for (room, start, page) in pages {
        rooms.push(room);
        starts.push(start);
        from.push(page.from);
        words.push(page.words);
    }
    if rooms.is_empty() {
        return None;
    }
    // A page that should not be there must not end the sends to its room.
    let statement = sql("INSERT INTO word_pages (room_id, start, word, words)
         SELECT unnest(?1), unnest(?2), unnest(?3), unnest(?4)
         ON CONFLICT (room_id, start, word) DO UPDATE SET words = excluded.words")
    .bind::<Array<Id>, _>(rooms)
    .bind::<Array<BigInt>, _>(starts)
    .bind::<Array<Text>, _>(from)
    .bind::<Array<Text>, _>(words);
    Some(statement)
}

/// Selects the texts of living messages, as [`DueRow`]. With a limit of its own, above what there can be, each room is looked up by
/// itself.
fn texts_of(rewrites: &[Rewrite]) -> Statement {
    sql("SELECT due.room AS room_id, s.seq, s.content FROM unnest(?1, ?2, ?3) AS due (room, start, last)
         CROSS JOIN LATERAL (SELECT s.seq, s.content FROM messages s WHERE s.room_id = due.room
            AND s.seq BETWEEN due.start AND due.last AND s.deleted_at IS NULL AND s.content IS NOT NULL
            ORDER BY s.seq LIMIT 2048) AS s")
    .bind::<Array<Id>, _>(rewrites.iter().map(|rewrite| rewrite.room).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(rewrites.iter().map(|rewrite| rewrite.from.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(rewrites.iter().map(|rewrite| rewrite.last.0).collect::<Vec<_>>())
}

/// Selects the pages that become part of larger stretches, as [`RoomPageRow`].
fn parts_of(merges: &[Rewrite]) -> Statement {
    sql("SELECT part.room AS room_id, p.words FROM unnest(?1, ?2, ?3) AS part (room, start, until)
         CROSS JOIN LATERAL (SELECT w.words FROM word_pages w
            WHERE w.room_id = part.room AND w.start >= part.start AND w.start < part.until OFFSET 0) AS p")
    .bind::<Array<Id>, _>(merges.iter().map(|rewrite| rewrite.room).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(merges.iter().map(|rewrite| rewrite.start.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(merges.iter().map(|rewrite| rewrite.from.0).collect::<Vec<_>>())
}

/// Changes the entries of a message, whose room is locked.
async fn edit(connection: &mut Connection, room: RoomId, edit: &EntryEdit) -> Result<(), StoreError> {
    let words = edit.words();
    if words.is_empty() {
        return Ok(());
    }
    let pages = sql("SELECT DISTINCT p.word, p.words FROM unnest(?3) AS changed (word)
         CROSS JOIN LATERAL (SELECT w.word, w.words FROM word_pages w
            WHERE w.room_id = ?1 AND w.start = ?2 AND w.word <= changed.word ORDER BY w.word DESC LIMIT 1) AS p")
    .bind::<Id, _>(room)
    .bind::<BigInt, _>(edit.start)
    .bind::<Array<Text>, _>(words);
    let former = connection.all::<PageRow>(pages).await?;
    if !former.is_empty() {
        let removal = sql("DELETE FROM word_pages WHERE room_id = ?1 AND start = ?2 AND word = ANY(?3)")
            .bind::<Id, _>(room)
            .bind::<BigInt, _>(edit.start)
            .bind::<Array<Text>, _>(former.iter().map(|(word, _)| word.clone()).collect::<Vec<_>>());
        connection.execute(removal).await?;
    }
    let pages = edit.pages(former).into_iter().map(|page| (room, edit.start, page));
    match insertion(pages) {
        Some(insertion) => connection.execute(insertion).await.map(drop),
        None => Ok(()),
    }
}

impl PostgresUnitOfWork {
    /// Replaces the entries of a living message by those of a new text, before the text is stored.
    pub(crate) async fn reindex(
        &mut self,
        room: RoomId,
        message: MessageId,
        text: &str,
    ) -> Result<(), StoreError> {
        let found = self.one::<IndexedTextRow>(statements::living_text(room, message)).await?;
        match found {
            Some((seq, ends, former)) => {
                edit(self.connection(), room, &EntryEdit::new(seq, ends, &former, text)).await
            }
            None => Ok(()),
        }
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
        let mut ends = HashMap::new();
        for room in rooms {
            ends.extend(connection.one::<GapRow>(statements::lock_gap(room)).await?.map(|ends| (room, ends)));
        }
        for found in &edits {
            if let Some(ends) = ends.get(&found.room) {
                let entries = EntryEdit::new(found.seq, *ends, "", &found.text);
                edit(&mut connection, found.room, &entries).await?;
            }
            connection.execute(statements::edit_indexed(found.message, found.revision)).await?;
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
    let last = end_of_step(indexed, last, batch);
    let loaded = load(connection, [Rewrite::new(room, indexed, last)]).await?;
    for statement in write(&loaded) {
        connection.execute(statement).await?;
    }
    connection.execute(statements::close_gap(room, last)).await?;
    count(last.0 - indexed.0)
}
