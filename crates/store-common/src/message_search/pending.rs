//! Pending messages: the newest ones of a room, which the index does not have yet. A search reads these themselves, so a message is
//! found as soon as it is stored, and a later batch adds the entries of many messages at once.

use std::cmp::Reverse;
use std::collections::HashMap;

use domain::message::{RoomTail, TimelinePosition};
use domain::room::Seq;
use domain::search::{CandidateQuery, entries};
use domain::{MessageId, RoomId, Timestamp, UserId};

use super::stretches::Rewrite;
use super::{CHUNK, Place, bind, places};
use crate::statement::{Statement, sql};
use crate::statements::StoreBackend;

/// The most messages of which a batch adds entries: twice as many as it sends, so that none stay pending for long.
const MOST_AT_ONCE: i64 = 512;
/// A room of which the index lacks as many messages has them from a release without index, and they are not pending: only
/// `parlor search reindex` adds them.
pub(crate) const LACKING: i64 = 1_024;

/// The work on the index that a batch of sends does.
#[derive(Debug, Default)]
pub struct Progress {
    /// Up to which message each room has its entries, once the batch is stored.
    indexed: HashMap<RoomId, Seq>,
    /// The pending messages that get their entries with the batch.
    due: Vec<Rewrite>,
    /// New messages that get their entries with the batch: they are not pending where the index lacks too many before them.
    at_once: Vec<Rewrite>,
}

impl Progress {
    /// Decides for the rooms of a batch, as they were before it, of which `indexed` says up to which message each has its
    /// entries. A chunk gets them once it is complete.
    #[must_use]
    pub fn of(rooms: &HashMap<RoomId, RoomTail>, indexed: HashMap<RoomId, Seq>) -> Self {
        let mut progress = Self { indexed, ..Self::default() };
        let ends = rooms.iter().map(|(&room, tail)| (room, progress.indexed(room), tail.log.last_seq));
        let mut ends: Vec<(RoomId, Seq, Seq)> =
            ends.filter(|(_, after, last)| (last.0 + 1) / CHUNK > (after.0 + 1) / CHUNK).collect();
        ends.sort_unstable_by_key(|(room, after, last)| Reverse((last.0 - after.0, *room)));
        let mut messages = 0;
        for (room, after, last) in ends {
            let length = last.0 - after.0;
            if length < LACKING && (progress.due.is_empty() || messages + length <= MOST_AT_ONCE) {
                let complete = Seq(last.0 - (last.0 + 1) % CHUNK);
                messages += length;
                progress.indexed.insert(room, complete);
                progress.due.push(Rewrite::of_pending(room, after, complete));
            } else if length >= LACKING / 2 {
                progress.at_once.push(Rewrite::of_chunks(room, last));
            }
        }
        progress
    }

    /// Returns the work of adding entries.
    pub fn rewrites(&self) -> impl Iterator<Item = Rewrite> {
        self.due.iter().chain(&self.at_once).copied()
    }

    /// Returns up to which message a room has its entries, once the batch is stored.
    #[must_use]
    pub fn indexed(&self, room: RoomId) -> Seq {
        self.indexed.get(&room).copied().unwrap_or_default()
    }
}

/// Selects the pending messages of those rooms of a user that may have every key, as [`PendingRow`](crate::rows::PendingRow). ASCII
/// text without the letters of a word is left out; about other text, the caller decides.
#[must_use]
pub fn pending_messages<DB: StoreBackend>(
    user: UserId,
    rooms: &[RoomId],
    query: &CandidateQuery,
) -> Statement<DB> {
    let searched = DB::is_one_of("m.room_id", "?3");
    let sender = if query.sender.is_some() { " AND (s.sender_id = ?4) IS TRUE" } else { "" };
    let before = query.before.map_or("", |before| match before {
        TimelinePosition::Message(..) => " AND (s.created_at, s.id) < (?5, ?6)",
        TimelinePosition::Time(_) => " AND s.created_at < ?5",
    });
    let keys: Vec<String> = places(&query.keys)
        .map(|(Place::Word(key) | Place::Beginning(key))| {
            format!("{}(lower(s.content{}), ?{key}) > 0", DB::PLACE_IN_TEXT, DB::BYTEWISE)
        })
        .collect();
    let matching = format!(
        "s.room_id = r.id AND s.seq > r.words_seq AND s.deleted_at IS NULL{sender}{before}
            AND (octet_length(s.content) <> length(s.content) OR {})",
        keys.join(" AND ")
    );
    let columns = "s.id, s.created_at, s.content";
    // A limit of its own has the messages of each room looked up.
    let messages = if DB::LATERAL {
        format!(
            "CROSS JOIN LATERAL (SELECT {columns} FROM messages s WHERE {matching} ORDER BY s.seq LIMIT {LACKING}) AS s"
        )
    } else {
        format!("CROSS JOIN messages s ON {matching}")
    };
    bind(
        sql(format!(
            "SELECT {columns} FROM memberships m JOIN rooms r ON r.id = m.room_id AND r.deleted_at IS NULL
                AND r.words_seq < r.last_seq AND r.last_seq - r.words_seq < {LACKING}
             {messages} WHERE m.user_id = ?1 AND m.left_at IS NULL AND {searched}"
        )),
        user,
        query.limit.into(),
        rooms,
        query,
    )
}

/// Returns the newest of these messages that have every key, newest first: at most as many as are asked for.
#[must_use]
pub fn newest_pending(
    messages: Vec<(Timestamp, MessageId, String)>,
    query: &CandidateQuery,
) -> Vec<(Timestamp, MessageId)> {
    let has_all = |text: &str| {
        let entries = entries(text);
        query.keys.iter().all(|key| key.is_among(&entries))
    };
    let mut found: Vec<_> =
        messages.into_iter().filter(|(.., text)| has_all(text)).map(|(at, id, _)| (at, id)).collect();
    found.sort_unstable_by_key(|&place| Reverse(place));
    found.truncate(usize::try_from(query.limit).unwrap_or(usize::MAX));
    found
}

#[cfg(test)]
mod tests {
    use domain::room::{Revision, RoomLog, Visibility};
    use uuid::Uuid;

    use super::*;

    fn room(n: u128) -> RoomId {
        RoomId(Uuid::from_u128(n))
    }

    /// Rooms by their numbers: up to which message they have entries, and their last message.
    fn progress(rooms: impl IntoIterator<Item = (u128, i64, i64)>) -> Progress {
        let (mut tails, mut indexed) = (HashMap::new(), HashMap::new());
        for (n, words, last) in rooms {
            let log = RoomLog { last_seq: Seq(last), revision: Revision(last), last_message_at: None };
            tails.insert(room(n), RoomTail { visibility: Visibility::Private, direct: false, log });
            indexed.insert(room(n), Seq(words));
        }
        Progress::of(&tails, indexed)
    }

    #[test]
    fn a_chunk_of_32_messages_gets_its_entries_at_once() {
        let few = progress([(1, 95, 126)]);
        assert_eq!((few.due.len(), few.indexed(room(1))), (0, Seq(95)));
        for (indexed, last) in [(95, 127), (100, 130)] {
            let enough = progress([(1, indexed, last)]);
            assert_eq!(enough.due, [Rewrite::of_pending(room(1), Seq(indexed), Seq(127))]);
            assert_eq!(enough.indexed(room(1)), Seq(127));
        }
    }

    #[test]
    fn the_longest_come_first_where_a_batch_would_add_too_many() {
        let many = progress((1..=50).map(|n| (n, 31, 65 + i64::try_from(n).unwrap())));
        let due: Vec<u128> = many.due.iter().map(|rewrite| rewrite.room.0.as_u128()).collect();
        assert_eq!(due, (45..=50).rev().collect::<Vec<u128>>());
        assert_eq!((many.indexed(room(50)), many.indexed(room(1))), (Seq(95), Seq(31)));
        assert_eq!(progress([(1, 0, 900), (2, 0, 800)]).due.len(), 1, "one in any case");
    }

    #[test]
    fn where_the_index_lacks_earlier_messages_new_ones_get_their_entries_at_once() {
        let lacking = progress([(1, 0, 1_024), (2, 0, 1_023), (3, 0, 511), (4, 0, 600)]);
        assert_eq!(lacking.due, [Rewrite::of_pending(room(2), Seq(0), Seq(1_023))]);
        assert_eq!(lacking.indexed(room(1)), Seq(0));
        let at_once = [(1, 1_024), (4, 600)].map(|(n, last)| Rewrite::of_chunks(room(n), Seq(last)));
        assert_eq!(lacking.at_once, at_once, "one that could lack too many before its turn, too");
    }
}
