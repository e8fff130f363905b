//! Searches in messages.

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use domain::message::Message;
use domain::room::Seq;
use domain::search::{CandidateQuery, SearchReader};
use domain::{RoomId, StoreError, UserId};
use store_common::message_search::group::{Ask, Group, Hit};
use store_common::message_search::pages::Page;
use store_common::message_search::pending::{newest_pending, pending_messages};
use store_common::message_search::stretches::{Stretch, Stretches};
use store_common::message_search::walk::{Placed, Walk, searched_rooms};
use store_common::message_search::{bind, end_of_words, of_sender, tops};
use store_common::rows::{PageRow, PendingRow, PlacedRow, SearchedRoomRow, SeqRow, TopRow};
use store_common::sql_types::Id;
use store_common::statement::sql;
use store_common::statements;

use crate::SqliteStore;
use crate::messages::read;
use crate::query::{Statement, all, in_snapshot, one, one_named};
use crate::scans::Scan;
use crate::words::page_of;

#[async_trait]
impl SearchReader for SqliteStore {
    async fn candidates(&self, user: UserId, query: CandidateQuery) -> Result<Vec<Message>, StoreError> {
        self.database.scan(Scan::Messages, move |c| found(c, user, &query)).await
    }
}

/// Returns the newest messages of all rooms that have every key. It reads as of one moment: chunks become parts of larger stretches
/// meanwhile.
fn found(c: &mut SqliteConnection, user: UserId, query: &CandidateQuery) -> Result<Vec<Message>, StoreError> {
    in_snapshot(c, |c| {
        let rooms = all::<SearchedRoomRow>(c, searched_rooms(user, query))?;
        let mut walk = Walk::new(rooms, query);
        while let Some(rooms) = walk.next_rooms() {
            let pending = all::<PendingRow>(c, pending_messages(user, &rooms, query))?;
            walk.add(newest_pending(pending, query));
            walk.add(candidates(c, user, &rooms, query)?);
        }
        let mut messages = vec![];
        for id in walk.found() {
            messages.extend(read(c, statements::message_of_any_room(id))?);
        }
        Ok(messages)
    })
}

/// Returns the newest messages of those rooms that have every key.
fn candidates(
    c: &mut SqliteConnection,
    user: UserId,
    rooms: &[RoomId],
    query: &CandidateQuery,
) -> Result<Vec<Placed>, StoreError> {
    let mut group = Group::new(rooms, query);
    while let Some(ask) = group.ask() {
        match ask {
            Ask::Stretches(rooms, most) => {
                let hits = hits(c, user, &rooms, query, most)?;
                group.add_stretches(&rooms, hits);
            }
            Ask::Messages(messages) => {
                let mut places = Vec::with_capacity(messages.len());
                for (room, seq) in messages {
                    places.extend(one::<PlacedRow>(c, placed(room, seq))?.map(|place| (room, place)));
                }
                group.add_messages(places);
            }
        }
    }
    Ok(group.found())
}

/// Returns the last stretches of those rooms of the user that have every key, at most that many of each room.
fn hits(
    c: &mut SqliteConnection,
    user: UserId,
    rooms: &[RoomId],
    query: &CandidateQuery,
    most: i64,
) -> Result<Vec<Hit>, StoreError> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut hits = vec![];
    let tops = bind(sql(tops::<Sqlite>(query)), user, i64::from(query.limit), rooms, query);
    for (room, [indexed, last, top]) in all::<TopRow>(c, tops)? {
        let before = hits.len();
        for stretch in Stretches::searched(indexed, last, top) {
            if hits.len() - before == most {
                break;
            }
            hits.extend(hit(c, query, room, top, stretch)?);
        }
    }
    Ok(hits)
}

/// Returns a stretch of a room if it has every key.
fn hit(
    c: &mut SqliteConnection,
    query: &CandidateQuery,
    room: RoomId,
    top: Seq,
    stretch: Stretch,
) -> Result<Option<Hit>, StoreError> {
    let mut words = String::new();
    for key in &query.keys {
        let pages = if key.beginning {
            all::<PageRow>(c, pages_of(room, stretch, &key.text))?
        } else {
            one_named::<PageRow, _>(c, page_of(room, stretch.start, key.text.clone()))?.into_iter().collect()
        };
        let before = words.len();
        words.extend(pages.into_iter().map(|(_, page)| page).filter(|page| Page::has(page, key)));
        if words.len() == before {
            return Ok(None);
        }
    }
    let sent = match query.sender {
        Some(sender) => Some(all::<SeqRow>(c, sent(room, stretch, sender))?),
        None => None,
    };
    if sent.as_ref().is_some_and(Vec::is_empty) {
        return Ok(None);
    }
    let sent = sent.map(|seqs| seqs.into_iter().map(|seq| seq.0).collect());
    Ok(Some(Hit { room, top: top.0, start: stretch.start, words, sent }))
}

/// Selects the pages of a stretch that words with a beginning may be on, as [`PageRow`].
fn pages_of(room: RoomId, stretch: Stretch, beginning: &str) -> Statement {
    sql("SELECT w.word, w.words FROM word_pages w WHERE w.room_id = ?1 AND w.start = ?2 AND w.word < ?4
            AND w.word >= coalesce((SELECT f.word FROM word_pages f WHERE f.room_id = ?1 AND f.start = ?2 AND f.word <= ?3
                ORDER BY f.word DESC LIMIT 1), '')")
    .bind::<Id, _>(room)
    .bind::<BigInt, _>(stretch.start)
    .bind::<Text, _>(beginning.to_owned())
    .bind::<Text, _>(end_of_words(beginning))
}

/// Selects the place of a message.
fn placed(room: RoomId, seq: i64) -> Statement {
    sql("SELECT id, created_at FROM messages WHERE room_id = ?1 AND seq = ?2")
        .bind::<Id, _>(room)
        .bind::<BigInt, _>(seq)
}

fn sent(room: RoomId, Stretch { start, size }: Stretch, sender: UserId) -> Statement {
    sql(format!("SELECT s.seq FROM messages s WHERE {}", of_sender("?1", "?2", "?3")))
        .bind::<Id, _>(room)
        .bind::<BigInt, _>(start)
        .bind::<BigInt, _>(start + size - 1)
        .bind::<Id, _>(sender)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use diesel::Connection;
    use diesel::connection::{InstrumentationEvent, SimpleConnection};
    use domain::search::SearchQuery;
    use uuid::Uuid;

    use super::*;
    use crate::Options;

    /// A room with two messages of its member, 1 and 40, in two chunks.
    const CHUNKS: &str = "
        INSERT INTO users (id, username, username_key, email, email_key, password_hash, created_at)
        VALUES (x'00000000000000000000000000000001', 'ada', 'ada', 'a@example.org', 'a@example.org', 'hash', 1);
        INSERT INTO rooms (id, name, name_key, search_text, visibility, created_by, created_at, updated_at, member_count, revision,
            changed_revision, last_seq, last_message_at, words_seq)
        SELECT id, 'Room', 'room', '', 1, id, 1, 1, 1, 127, 0, 127, 127, 63 FROM users;
        INSERT INTO memberships (room_id, user_id, role, joined_at, last_read_seq, revision, joined_revision)
        SELECT id, created_by, 0, 1, 0, 1, 1 FROM rooms;
        INSERT INTO messages (id, room_id, seq, revision, sender_id, kind, content, created_at, sent_revision)
        SELECT x'00000000000000000000000000000001', id, 1, 1, created_by, 0, 'blue', 1, 1 FROM rooms
        UNION ALL SELECT x'00000000000000000000000000000028', id, 40, 40, created_by, 0, 'red', 40, 40 FROM rooms;
        INSERT INTO word_pages (room_id, start, word, words)
        SELECT id, 0, '', char(10) || 'blue' || char(9) || '01' FROM rooms
        UNION ALL SELECT id, 32, '', char(10) || 'red' || char(9) || '18' FROM rooms;";
    /// The chunks are parts of a span.
    const SPAN: &str = "
        DELETE FROM word_pages;
        INSERT INTO word_pages (room_id, start, word, words)
        SELECT id, 0, '', char(10) || 'blue' || char(9) || '01' || char(10) || 'red' || char(9) || '18' FROM rooms;
        UPDATE rooms SET words_seq = 127;";

    fn connection(path: &Path) -> SqliteConnection {
        SqliteConnection::establish(path.to_str().unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_message_is_found_while_its_chunk_becomes_part_of_a_span() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("parlor.db");
        let store = SqliteStore::open(Options { path: path.clone(), readers: 1 }).await.unwrap();
        store.migrate().await.unwrap();
        let mut writer = Some(connection(&path));
        writer.as_mut().unwrap().batch_execute(CHUNKS).unwrap();
        let id = Uuid::from_u128(1);
        let keys = SearchQuery::parse("red").unwrap().keys();
        let query = CandidateQuery { keys, room: None, sender: Some(UserId(id)), before: None, limit: 10 };
        let in_the_middle = move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event
                && query.to_string().contains("FROM word_pages")
                && let Some(mut writer) = writer.take()
            {
                writer.batch_execute(SPAN).unwrap();
            }
        };
        let mut reader = connection(&path);
        reader.set_instrumentation(in_the_middle);
        for _ in ["while it becomes one", "as part of a span"] {
            let found = found(&mut reader, UserId(id), &query).unwrap();
            assert_eq!(found.iter().map(|message| message.seq).collect::<Vec<_>>(), [Seq(40)]);
        }
    }
}
