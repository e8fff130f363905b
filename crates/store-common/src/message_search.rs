//! The clauses of searches in messages, and the blocks of the index of words.

use std::collections::BTreeSet;

use diesel::sql_types::{BigInt, Text};
use domain::message::TimelinePosition;
use domain::room::Seq;
use domain::search::{CandidateQuery, Key, entries};
use domain::{MessageId, Timestamp, UserId};
use uuid::Uuid;

use crate::sql_types::{Id, Moment};
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
    let earlier = match query.before {
        None => None,
        Some(TimelinePosition::Message(..)) => {
            Some("t.created_at <= ?5 AND (t.created_at < ?5 OR t.id < ?6)")
        }
        Some(TimelinePosition::Time(_)) => Some("t.created_at < ?5"),
    };
    let top = earlier.map_or("r.last_seq".to_owned(), |earlier| {
        format!(
            "(SELECT t.seq FROM messages t WHERE t.room_id = m.room_id AND {earlier} ORDER BY t.created_at DESC LIMIT 1)"
        )
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
    let mut sets: Vec<String> = conditions(&query.keys)
        .map(|key| {
            // In a set of its own, a beginning would show a message for each of its words.
            let distinct = if query.keys.len() == 1 && query.keys[0].beginning { "DISTINCT " } else { "" };
            format!(
                "SELECT {distinct}w.seq FROM message_words w
                 WHERE w.room_id = {room} AND w.block = {block} AND {key} AND w.seq <= {top}"
            )
        })
        .collect();
    if query.sender.is_some() {
        sets.push(format!(
            "SELECT s.seq FROM messages s WHERE s.room_id = {room} AND s.sender_id = ?4 AND {} AND s.seq <= {top}",
            within("s.seq", block)
        ));
    }
    sets.join(" INTERSECT ")
}

/// A condition that a block has messages with each key: what it rules out is not read. Each is looked up by itself.
#[must_use]
pub fn block_has_all(query: &CandidateQuery, room: &str, block: &str) -> String {
    let exists = |rows: String| format!("coalesce((SELECT 1 FROM {rows} LIMIT 1), 0) = 1");
    let mut all: Vec<String> = conditions(&query.keys)
        .map(|key| {
            exists(format!("message_words w WHERE w.room_id = {room} AND w.block = {block} AND {key}"))
        })
        .collect();
    if query.sender.is_some() {
        let of_sender = format!("s.room_id = {room} AND s.sender_id = ?4 AND {}", within("s.seq", block));
        all.push(exists(format!("messages s WHERE {of_sender}")));
    }
    all.join(" AND ")
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

fn conditions(keys: &[Key]) -> impl Iterator<Item = String> {
    let mut next = PARAMETERS;
    keys.iter().map(move |key| {
        next += 1;
        if key.beginning {
            next += 1;
            format!("w.word >= ?{} AND w.word < ?{next}", next - 1)
        } else {
            format!("w.word = ?{next}")
        }
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
        .bind::<diesel::sql_types::Nullable<Id>, _>(query.room)
        .bind::<diesel::sql_types::Nullable<Id>, _>(query.sender)
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
        let all: Vec<String> = conditions(&[key(false), key(true), key(false)]).collect();
        assert_eq!(all, ["w.word = ?7", "w.word >= ?8 AND w.word < ?9", "w.word = ?10"]);
    }
}
