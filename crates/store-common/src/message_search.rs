//! The index of the words of messages, and the clauses of searches in it.
//!
//! A row of `message_words` says which of 32 messages in a row, a chunk, have a word: one bit for each. The rows of 1,024
//! messages, a block, lie together. The newest messages of a room have no rows yet: they are [pending].

pub mod pending;
pub mod walk;

use std::collections::{BTreeMap, BTreeSet};

use diesel::sql_types::{BigInt, Nullable, Text};
use domain::message::{MessageKind, TimelinePosition};
use domain::room::Seq;
use domain::search::{CandidateQuery, Key, entries};
use domain::{MessageId, RoomId, Timestamp, UserId};
use uuid::Uuid;

use crate::lists::last_seq_of;
use crate::sql_types::{Coded, Id, Moment};
use crate::statement::Statement;
use crate::statements::StoreBackend;

/// The number of messages in a block is two to the power of this. A larger block makes searches faster, and spreads the
/// rows of new messages over more pages.
const BLOCK_BITS: u32 = 10;
/// The same of a chunk.
const CHUNK_BITS: u32 = 5;
/// The number of messages in a chunk.
pub const CHUNK: i64 = 1 << CHUNK_BITS;
/// The number of chunks in a block.
pub const CHUNKS: usize = 1 << (BLOCK_BITS - CHUNK_BITS);

/// The parameters of a search; those of its keys follow.
const PARAMETERS: usize = 6;

/// Returns the chunk of a message.
#[must_use]
pub fn chunk(seq: Seq) -> i64 {
    seq.0 >> CHUNK_BITS
}

/// Returns the block of a chunk.
#[must_use]
pub fn block(chunk: i64) -> i64 {
    chunk >> (BLOCK_BITS - CHUNK_BITS)
}

/// Returns the first chunk of a block.
#[must_use]
pub fn first_chunk(block: i64) -> i64 {
    block << (BLOCK_BITS - CHUNK_BITS)
}

/// Returns the place of a chunk in its block.
#[must_use]
pub fn place_in_block(chunk: i64) -> usize {
    usize::try_from(chunk - first_chunk(block(chunk))).unwrap_or_default()
}

/// Returns the bit of a message in its chunk.
#[must_use]
pub fn bit(seq: Seq) -> i64 {
    1 << (seq.0 % CHUNK)
}

/// The words of a chunk, each with the bits of the messages that have it.
pub type Words = BTreeMap<String, i64>;

/// Returns the words of each chunk of messages.
#[must_use]
pub fn by_chunk(
    messages: impl IntoIterator<Item = (RoomId, Seq, BTreeSet<String>)>,
) -> BTreeMap<(RoomId, i64), Words> {
    let mut chunks: BTreeMap<_, Words> = BTreeMap::new();
    for (room, seq, words) in messages {
        for word in words {
            *chunks.entry((room, chunk(seq))).or_default().entry(word).or_default() |= bit(seq);
        }
    }
    chunks
}

/// Returns the entries that a change of a text takes away, and those that it adds.
#[must_use]
pub fn changed_entries(before: &str, after: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (before, after) = (entries(before), entries(after));
    (before.difference(&after).cloned().collect(), after.difference(&before).cloned().collect())
}

/// Selects those of the rooms `?3` that the user is a member of, and the number of the last message there to search, as
/// `room_id` and `top`.
#[must_use]
pub fn tops<DB: StoreBackend>(query: &CandidateQuery) -> String {
    let earlier = query.before.map(|before| match before {
        TimelinePosition::Message(..) => "(e.created_at, e.id) < (?5, ?6)",
        TimelinePosition::Time(_) => "e.created_at < ?5",
    });
    let top = earlier.map_or("r.last_seq".to_owned(), |earlier| {
        let halved = last_seq_of("r.id", "r.last_seq", earlier);
        format!("CASE WHEN r.last_message_at < ?5 THEN r.last_seq ELSE {halved} END")
    });
    let searched = DB::is_one_of("m.room_id", "?3");
    format!(
        "SELECT m.room_id, {top} AS top FROM memberships m JOIN rooms r ON r.id = m.room_id AND r.deleted_at IS NULL
         WHERE m.user_id = ?1 AND m.left_at IS NULL AND {searched}"
    )
}

/// A condition that a block has messages with each key: what it rules out is not read. Each is looked up by itself.
#[must_use]
pub fn block_has_all(query: &CandidateQuery, room: &str, block: &str) -> String {
    let words = places(&query.keys).map(|key| format!("message_words w WHERE {}", of_key(room, block, key)));
    let sent = query.sender.map(|_| format!("messages s WHERE {}", of_sender(room, block)));
    let all = words.chain(sent).map(|rows| format!("coalesce((SELECT 1 FROM {rows} LIMIT 1), 0) = 1"));
    all.collect::<Vec<_>>().join(" AND ")
}

/// The condition that a row `w` of `message_words` is of a block and a key.
#[must_use]
pub fn of_key(room: &str, block: &str, key: Place) -> String {
    let word = match key {
        Place::Word(word) => format!("w.word = ?{word}"),
        Place::Beginning(from) => format!("w.word >= ?{from} AND w.word < ?{}", from + 1),
    };
    format!("w.room_id = {room} AND w.block = {block} AND {word}")
}

/// The condition that a row `s` of `messages` is of a block, of the sender `?4`, and living: those of each kind have one
/// index.
#[must_use]
pub fn of_sender(room: &str, block: &str) -> String {
    let kinds = MessageKind::ALL.map(|kind| kind.code().to_string()).join(", ");
    let last = (1 << BLOCK_BITS) - 1;
    format!(
        "s.room_id = {room} AND s.sender_id = ?4 AND s.kind IN ({kinds}) AND s.deleted_at IS NULL
            AND s.seq BETWEEN ({block} << {BLOCK_BITS}) AND ({block} << {BLOCK_BITS}) + {last}"
    )
}

/// Returns the block of a number, as a term.
#[must_use]
pub fn block_term(seq: &str) -> String {
    format!("({seq} >> {BLOCK_BITS})")
}

/// The number of a key's parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Of the word.
    Word(usize),
    /// Of the beginning; the next one is its end.
    Beginning(usize),
}

/// Returns the parameters of the keys, in their order.
pub fn places(keys: &[Key]) -> impl Iterator<Item = Place> {
    let mut next = PARAMETERS + 1;
    keys.iter().map(move |key| {
        let place = if key.beginning { Place::Beginning(next) } else { Place::Word(next) };
        next += if key.beginning { 2 } else { 1 };
        place
    })
}

/// Binds the parameters of the clauses of a search by a user in some rooms.
#[must_use]
pub fn bind<DB: StoreBackend>(
    statement: Statement<DB>,
    user: UserId,
    rooms: &[RoomId],
    query: &CandidateQuery,
) -> Statement<DB> {
    let (at, id) = match query.before {
        Some(TimelinePosition::Message(at, id)) => (at, id),
        Some(TimelinePosition::Time(at)) => (at, MessageId(Uuid::nil())),
        None => (Timestamp::EPOCH, MessageId(Uuid::nil())),
    };
    let statement = statement.bind::<Id, _>(user).bind::<BigInt, _>(i64::from(query.limit));
    let statement = DB::bind_rooms(statement, rooms)
        .bind::<Nullable<Id>, _>(query.sender)
        .bind::<Moment, _>(at)
        .bind::<Id, _>(id);
    query.keys.iter().fold(statement, |statement, key| {
        let statement = statement.bind::<Text, _>(key.text.clone());
        if key.beginning {
            // No word has the last character that there is.
            statement.bind::<Text, _>(format!("{}{}", key.text, char::MAX))
        } else {
            statement
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_a_text_changes_only_the_entries_that_differ() {
        let (gone, added) = changed_entries("the red fox", "The blue fox!");
        assert_eq!((gone, added), (["red".to_owned()].into(), ["blue".to_owned()].into()));
        assert_eq!(changed_entries("", "").0.len(), 0);
    }

    #[test]
    fn a_chunk_has_32_messages_and_a_block_1024() {
        assert_eq!([1, 31, 32, 1_023, 1_024].map(|seq| chunk(Seq(seq))), [0, 0, 1, 31, 32]);
        assert_eq!([1, 1_023, 1_024, 2_047, 2_048].map(|seq| block(chunk(Seq(seq)))), [0, 0, 1, 1, 2]);
        assert_eq!([1, 31, 32, 34].map(|seq| bit(Seq(seq))), [2, 1 << 31, 1, 4]);
        assert_eq!([31, 32, 65].map(place_in_block), [31, 0, 1]);
        assert_eq!([0, 1, 2].map(first_chunk), [0, 32, 64]);
    }

    #[test]
    fn messages_of_a_chunk_share_the_rows_of_their_words() {
        let room = RoomId(Uuid::from_u128(1));
        let said = [(33, "to be"), (34, "or not to be"), (64, "to")];
        let chunks = by_chunk(said.map(|(seq, text)| (room, Seq(seq), entries(text))));
        let words = |chunk| chunks[&(room, chunk)].iter().map(|(word, bits)| (word.as_str(), *bits));
        assert_eq!(words(1).collect::<Vec<_>>(), [("be", 6), ("not", 4), ("or", 4), ("to", 6)]);
        assert_eq!(words(2).collect::<Vec<_>>(), [("to", 1)]);
    }

    #[test]
    fn the_keys_have_the_parameters_after_the_others() {
        let key = |beginning| Key { beginning, text: "a".into() };
        let all: Vec<Place> = places(&[key(false), key(true), key(false)]).collect();
        assert_eq!(all, [Place::Word(7), Place::Beginning(8), Place::Word(10)]);
    }
}
