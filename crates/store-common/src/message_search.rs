//! The clauses of searches in messages, and the blocks of the index of words.

use std::collections::BTreeSet;

use diesel::sql_types::{BigInt, Nullable, Text};
use domain::message::{MessageKind, TimelinePosition};
use domain::room::Seq;
use domain::search::{CandidateQuery, Key, entries};
use domain::{MessageId, Timestamp, UserId};
use uuid::Uuid;

use crate::lists::last_seq_of;
use crate::sql_types::{Coded, Id, Moment};
use crate::statement::Statement;
use crate::statements::StoreBackend;

/// The number of messages in a block is two to the power of this. A larger block makes searches faster, and spreads the
/// entries of new messages over more pages.
const BLOCK_BITS: u32 = 10;

/// The parameters of a search; those of its keys follow.
const PARAMETERS: usize = 6;

/// Returns the block of a message.
#[must_use]
pub fn block(seq: Seq) -> i64 {
    seq.0 >> BLOCK_BITS
}

/// Returns the entries that a change of a text takes away, and those that it adds.
#[must_use]
pub fn changed_entries(before: &str, after: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (before, after) = (entries(before), entries(after));
    (before.difference(&after).cloned().collect(), after.difference(&before).cloned().collect())
}

/// Selects the rooms to search and the number of the last message there, as `room_id` and `top`.
#[must_use]
pub fn rooms(query: &CandidateQuery) -> String {
    let earlier = query.before.map(|before| match before {
        TimelinePosition::Message(..) => "(e.created_at, e.id) < (?5, ?6)",
        TimelinePosition::Time(_) => "e.created_at < ?5",
    });
    let top = earlier.map_or("r.last_seq".to_owned(), |earlier| {
        let halved = last_seq_of("r.id", "r.last_seq", earlier);
        format!("CASE WHEN r.last_message_at < ?5 THEN r.last_seq ELSE {halved} END")
    });
    let room = if query.room.is_some() { " AND m.room_id = ?3" } else { "" };
    format!(
        "SELECT m.room_id, {top} AS top FROM memberships m JOIN rooms r ON r.id = m.room_id AND r.deleted_at IS NULL
         WHERE m.user_id = ?1 AND m.left_at IS NULL{room}"
    )
}

/// Selects the numbers, as `seq`, of the messages of a block that have every key, up to `top`. They have no order.
#[must_use]
pub fn in_block(query: &CandidateQuery, room: &str, block: &str, top: &str) -> String {
    let words = |key| {
        format!("SELECT w.seq FROM message_words w WHERE {} AND w.seq <= {top}", entry("w", room, block, key))
    };
    let sent = query.sender.map(|_| {
        format!("SELECT w.seq FROM messages w WHERE {} AND w.seq <= {top}", sent_in("w", room, block))
    });
    let mut keys = places(&query.keys);
    if query.keys.iter().any(|key| key.beginning) {
        // Whole sets: they show a message once, however many of its words begin so.
        let sets: Vec<String> = keys.map(words).chain(sent).collect();
        return match &sets[..] {
            [set] => format!("SELECT DISTINCT seq FROM ({set}) AS every"),
            sets => sets.join(" INTERSECT "),
        };
    }
    // One set, in which the newest are looked up among the others until there are enough.
    let first = sent.or_else(|| keys.next().map(words));
    let others = keys.map(|key| {
        let other = entry("o", room, block, key);
        format!(
            " AND coalesce((SELECT 1 FROM message_words o WHERE {other} AND o.seq = w.seq LIMIT 1), 0) = 1"
        )
    });
    first.into_iter().chain(others).collect()
}

/// A condition that a block has messages with each key: what it rules out is not read. Each is looked up by itself.
#[must_use]
pub fn block_has_all(query: &CandidateQuery, room: &str, block: &str) -> String {
    let words =
        places(&query.keys).map(|key| format!("message_words w WHERE {}", entry("w", room, block, key)));
    let sent = query.sender.map(|_| format!("messages w WHERE {}", sent_in("w", room, block)));
    let all = words.chain(sent).map(|rows| format!("coalesce((SELECT 1 FROM {rows} LIMIT 1), 0) = 1"));
    all.collect::<Vec<_>>().join(" AND ")
}

/// The condition that a row of `message_words` is of a block, and of the key of these parameters.
fn entry(alias: &str, room: &str, block: &str, key: Place) -> String {
    let word = match key {
        Place::Word(word) => format!("{alias}.word = ?{word}"),
        Place::Beginning(from) => format!("{alias}.word >= ?{from} AND {alias}.word < ?{}", from + 1),
    };
    format!("{alias}.room_id = {room} AND {alias}.block = {block} AND {word}")
}

/// The condition that a row of `messages` is of a block, and of the sender.
fn sent_in(alias: &str, room: &str, block: &str) -> String {
    format!(
        "{alias}.room_id = {room} AND {alias}.sender_id = ?4 AND {}",
        within(&format!("{alias}.seq"), block)
    )
}

fn within(seq: &str, block: &str) -> String {
    let last = (1 << BLOCK_BITS) - 1;
    format!("{seq} BETWEEN ({block} << {BLOCK_BITS}) AND ({block} << {BLOCK_BITS}) + {last}")
}

/// Returns the block of a number, as a term.
#[must_use]
pub fn block_term(seq: &str) -> String {
    format!("({seq} >> {BLOCK_BITS})")
}

/// The number of a key's parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Word(usize),
    /// Of two, the first.
    Beginning(usize),
}

fn places(keys: &[Key]) -> impl Iterator<Item = Place> {
    let mut next = PARAMETERS + 1;
    keys.iter().map(move |key| {
        let place = if key.beginning { Place::Beginning(next) } else { Place::Word(next) };
        next += if key.beginning { 2 } else { 1 };
        place
    })
}

/// Binds the parameters of the clauses of a search by a user.
#[must_use]
pub fn bind<DB: StoreBackend>(
    statement: Statement<DB>,
    user: UserId,
    query: &CandidateQuery,
) -> Statement<DB> {
    let (at, id) = match query.before {
        Some(TimelinePosition::Message(at, id)) => (at, id),
        Some(TimelinePosition::Time(at)) => (at, MessageId(Uuid::nil())),
        None => (Timestamp::EPOCH, MessageId(Uuid::nil())),
    };
    let statement = statement
        .bind::<Id, _>(user)
        .bind::<BigInt, _>(i64::from(query.limit))
        .bind::<Nullable<Id>, _>(query.room)
        .bind::<Nullable<Id>, _>(query.sender)
        .bind::<Moment, _>(at)
        .bind::<Id, _>(id);
    bind_keys(statement, &query.keys)
}

/// Binds the keys, after the other parameters.
#[must_use]
pub fn bind_keys<DB: StoreBackend>(statement: Statement<DB>, keys: &[Key]) -> Statement<DB> {
    keys.iter().fold(statement, |statement, key| {
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
        assert_eq!(
            (gone.into_iter().collect(), added.into_iter().collect()),
            (vec!["red".to_owned()], vec!["blue".to_owned()])
        );
        assert_eq!(changed_entries("", "").0.len(), 0);
    }

    #[test]
    fn a_block_has_1024_messages() {
        assert_eq!([1, 1_023, 1_024, 2_047, 2_048].map(|seq| block(Seq(seq))), [0, 0, 1, 1, 2]);
        assert_eq!(within("seq", "b"), "seq BETWEEN (b << 10) AND (b << 10) + 1023");
    }

    #[test]
    fn the_keys_have_the_parameters_after_the_others() {
        let key = |beginning| Key { beginning, text: "a".into() };
        let all: Vec<Place> = places(&[key(false), key(true), key(false)]).collect();
        assert_eq!(all, [Place::Word(7), Place::Beginning(8), Place::Word(10)]);
    }
}
