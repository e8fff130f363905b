//! Searches in messages.

use std::cmp::Reverse;

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use domain::message::Message;
use domain::search::{CandidateQuery, SearchReader};
use domain::{RoomId, StoreError, UserId};
use store_common::message_search::group::{Ask, Group, Hit};
use store_common::message_search::pending::{newest_pending, pending_messages};
use store_common::message_search::stretches::{numbered, stretch};
use store_common::message_search::walk::{Placed, Walk, searched_rooms};
use store_common::message_search::{Place, bind, of_sender, places, tops};
use store_common::rows::{PendingRow, PlacedRow, Row, SearchedRoomRow};
use store_common::sql_types::Id;
use store_common::statement::sql;

use crate::PostgresStore;
use crate::messages::by_ids;
use crate::pool::{Connection, Statement};

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
            walk.add(candidates(&mut connection, user, &rooms, &query).await?);
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

/// Returns the newest messages of those rooms that have every key.
async fn candidates(
    connection: &mut Connection,
    user: UserId,
    rooms: &[RoomId],
    query: &CandidateQuery,
) -> Result<Vec<Placed>, StoreError> {
    let mut group = Group::new(rooms, query);
    while let Some(ask) = group.ask() {
        match ask {
            Ask::Stretches(rooms, most) => {
                let hits = connection.all::<HitRow>(stretches(user, &rooms, query, most)).await?;
                group.add_stretches(&rooms, hits);
            }
            Ask::Messages(messages) => {
                group.add_messages(connection.all::<RoomPlacedRow>(placed(messages)).await?);
            }
        }
    }
    Ok(group.found())
}

/// Selects the last stretches of those rooms that have every key. A nested loop walks the stretches of a room from the newest to
/// the oldest, and ends at the limit.
fn stretches(user: UserId, rooms: &[RoomId], query: &CandidateQuery, most: i64) -> Statement {
    let keys: Vec<String> = places(&query.keys).map(pages).collect();
    let words: Vec<String> = (0..keys.len()).map(|n| format!("k{n}.words")).collect();
    let keys = keys.iter().enumerate().map(|(n, pages)| format!("CROSS JOIN LATERAL ({pages}) AS k{n}"));
    let keys = keys.collect::<Vec<_>>().join("\n");
    let (sent, sender) = if query.sender.is_some() {
        let messages = of_sender("m.room_id", "t.start", "t.start + t.size - 1");
        let sender = format!(
            "CROSS JOIN LATERAL (SELECT array_agg(s.seq) AS seqs FROM messages s WHERE {messages} HAVING count(*) > 0) AS b"
        );
        ("b.seqs", sender)
    } else {
        ("CAST(NULL AS bigint[])", String::new())
    };
    let [start, size] = stretch();
    let text = format!(
        "WITH mine AS MATERIALIZED ({})
         SELECT m.room_id, m.top, f.start, f.words, f.sent FROM mine m CROSS JOIN LATERAL (
            SELECT t.start, {} AS words, {sent} AS sent
            FROM (SELECT {start} AS start, {size} AS size FROM generate_series(m.n, 0, -1) AS g (n)) AS t
            {keys} {sender} LIMIT ?2) AS f",
        numbered(&tops::<Pg>(query)),
        words.join(" || "),
    );
    bind(sql(text), user, most, rooms, query)
}

/// Selects what the pages of a stretch have of a key, as one text, if there is any: the line of a word, the pages of a beginning.
fn pages(key: Place) -> String {
    let stretch = |page: &str| format!("{page}.room_id = m.room_id AND {page}.start = t.start");
    let page = |word: usize| {
        format!(
            "SELECT f.word, f.words FROM word_pages f WHERE {} AND f.word <= ?{word} ORDER BY f.word DESC LIMIT 1",
            stretch("f")
        )
    };
    match key {
        Place::Word(word) => format!(
            "SELECT {line} || split_part(split_part(p.words, {line}, 2), E'\\n', 1) AS words FROM ({}) AS p
             WHERE strpos(p.words, {line}) > 0",
            page(word),
            line = format!("(E'\\n' || ?{word} || E'\\t')"),
        ),
        Place::Beginning(from) => format!(
            "SELECT string_agg(w.words, '') AS words FROM word_pages w WHERE {} AND w.word < ?{}
                AND w.word >= coalesce((SELECT p.word FROM ({}) AS p), '') AND strpos(w.words, E'\\n' || ?{from}) > 0
             HAVING count(*) > 0",
            stretch("w"),
            from + 1,
            page(from)
        ),
    }
}

/// Selects the places of messages.
fn placed(messages: Vec<(RoomId, i64)>) -> Statement {
    let (rooms, seqs): (Vec<RoomId>, Vec<i64>) = messages.into_iter().unzip();
    // With limits of their own, messages are looked up one by one.
    sql("SELECT asked.room AS room_id, s.id, s.created_at FROM unnest(?1, ?2) AS asked (room, seq)
         CROSS JOIN LATERAL (SELECT s.id, s.created_at FROM messages s
            WHERE s.room_id = asked.room AND s.seq = asked.seq LIMIT 1) AS s")
    .bind::<Array<Id>, _>(rooms)
    .bind::<Array<BigInt>, _>(seqs)
}

/// A stretch with each key.
#[derive(QueryableByName)]
struct HitRow {
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = BigInt)]
    top: i64,
    #[diesel(sql_type = BigInt)]
    start: i64,
    #[diesel(sql_type = Text)]
    words: String,
    #[diesel(sql_type = Nullable<Array<BigInt>>)]
    sent: Option<Vec<i64>>,
}

impl Row for HitRow {
    type Value = Hit;

    fn value(self) -> Result<Hit, StoreError> {
        let Self { room_id: room, top, start, words, sent } = self;
        Ok(Hit { room, top, start, words, sent })
    }
}

/// A message's room, and its place in the order of all rooms.
#[derive(QueryableByName)]
struct RoomPlacedRow {
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(embed)]
    place: PlacedRow,
}

impl Row for RoomPlacedRow {
    type Value = (RoomId, Placed);

    fn value(self) -> Result<Self::Value, StoreError> {
        Ok((self.room_id, self.place.value()?))
    }
}
