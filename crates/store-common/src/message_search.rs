//! The index of the words of messages, and the clauses of searches in it.
//!
//! A row of `word_pages` is a [page](pages) of the words of a [stretch](stretches) of messages. The newest messages of a room have
//! no rows yet: they are [pending].

pub mod edit;
pub mod group;
pub mod pages;
pub mod pending;
pub mod stretches;
pub mod walk;

use std::collections::BTreeSet;

use diesel::sql_types::{BigInt, Nullable, Text};
use domain::message::{MessageKind, TimelinePosition};
use domain::search::{CandidateQuery, Key, entries};
use domain::{MessageId, RoomId, Timestamp, UserId};
use uuid::Uuid;

use crate::lists::last_seq_of;
use crate::sql_types::{Coded, Id, Moment};
use crate::statement::Statement;
use crate::statements::StoreBackend;

/// The number of messages in a chunk: entries are added for as many at once.
pub(crate) const CHUNK: i64 = 32;
/// The number of messages in a block: for as many, a word is looked up once.
pub(crate) const BLOCK: i64 = 1_024;

/// The parameters of a search; those of its keys follow.
const PARAMETERS: usize = 6;

/// Returns the entries that a change of a text takes away, and those that it adds.
#[must_use]
pub fn changed_entries(before: &str, after: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (before, after) = (entries(before), entries(after));
    (before.difference(&after).cloned().collect(), after.difference(&before).cloned().collect())
}

/// Selects those of the rooms `?3` that the user is a member of, with `words_seq`, `last_seq`, and the number of the last message
/// there to search, `top`.
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
        "SELECT m.room_id, {top} AS top, r.words_seq, r.last_seq FROM memberships m JOIN rooms r ON r.id = m.room_id AND r.deleted_at IS NULL
         WHERE m.user_id = ?1 AND m.left_at IS NULL AND {searched}"
    )
}

/// The condition that a row `s` of `messages` is of some messages of a room, of the sender `?4`, and living: those of each kind
/// have one index.
#[must_use]
pub fn of_sender(room: &str, from: &str, last: &str) -> String {
    let kinds = MessageKind::ALL.map(|kind| kind.code().to_string()).join(", ");
    format!(
        "s.room_id = {room} AND s.sender_id = ?4 AND s.kind IN ({kinds}) AND s.deleted_at IS NULL
            AND s.seq BETWEEN {from} AND {last}"
    )
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

/// Binds the parameters of the clauses of a search by a user in some rooms, with the most rows to read.
#[must_use]
pub fn bind<DB: StoreBackend>(
    statement: Statement<DB>,
    user: UserId,
    most: i64,
    rooms: &[RoomId],
    query: &CandidateQuery,
) -> Statement<DB> {
    let (at, id) = match query.before {
        Some(TimelinePosition::Message(at, id)) => (at, id),
        Some(TimelinePosition::Time(at)) => (at, MessageId(Uuid::nil())),
        None => (Timestamp::EPOCH, MessageId(Uuid::nil())),
    };
    let statement = statement.bind::<Id, _>(user).bind::<BigInt, _>(most);
    let statement = DB::bind_rooms(statement, rooms)
        .bind::<Nullable<Id>, _>(query.sender)
        .bind::<Moment, _>(at)
        .bind::<Id, _>(id);
    query.keys.iter().fold(statement, |statement, key| {
        let statement = statement.bind::<Text, _>(key.text.clone());
        if key.beginning { statement.bind::<Text, _>(end_of_words(&key.text)) } else { statement }
    })
}

/// Returns a text behind all words with a beginning: no word has the last character that there is.
#[must_use]
pub fn end_of_words(beginning: &str) -> String {
    format!("{beginning}{}", char::MAX)
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
    fn the_keys_have_the_parameters_after_the_others() {
        let key = |beginning| Key { beginning, text: "a".into() };
        let all: Vec<Place> = places(&[key(false), key(true), key(false)]).collect();
        assert_eq!(all, [Place::Word(7), Place::Beginning(8), Place::Word(10)]);
    }
}
