//! The search of some rooms at once. The newest match of each room says which rooms can have any of the newest of all: as many
//! rooms as messages. Only those are read further.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use domain::RoomId;
use domain::search::CandidateQuery;

use super::BLOCK;
use super::pages::Bits;
use super::walk::Placed;

/// The factor by which more stretches are read of rooms where too few messages matched.
const GROWTH: i64 = 16;

/// A stretch of a room that has each key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The room.
    pub room: RoomId,
    /// The last message there to search.
    pub top: i64,
    /// The first message of the stretch.
    pub start: i64,
    /// The pages of all keys.
    pub words: String,
    /// The messages of the sender that is asked for, if one is.
    pub sent: Option<Vec<i64>>,
}

impl Hit {
    /// Returns the messages that have every key, newest first.
    fn seqs(&self, query: &CandidateQuery) -> impl Iterator<Item = i64> {
        let sent = self.sent.as_deref().map_or(Bits::ALL, Bits::of_seqs);
        let found = query.keys.iter().fold(sent, |found, key| found.and(Bits::of(key, &self.words)));
        found.seqs(self.start - self.start % BLOCK).filter(|&seq| seq <= self.top)
    }
}

/// A question to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Of each of these rooms at most that many stretches that have each key, newest first.
    Stretches(Vec<RoomId>, i64),
    /// The places of these messages in the order of all rooms.
    Messages(Vec<(RoomId, i64)>),
}

/// The next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The newest match of each room is looked for.
    Newest,
    /// Then the rooms are ordered by it.
    Order,
    /// As many matches of the first rooms are looked for as are asked for.
    Others,
    /// Then those are ordered.
    All,
}

/// The search of some rooms.
pub struct Group<'q> {
    query: &'q CandidateQuery,
    limit: usize,
    rooms: BTreeMap<RoomId, Matches>,
    most: i64,
    next: Next,
    found: Vec<Placed>,
}

/// The newest matches of a room, newest first.
#[derive(Default)]
struct Matches {
    seqs: Vec<i64>,
    /// All stretches were read.
    all: bool,
}

impl<'q> Group<'q> {
    /// Begins the search of some rooms.
    #[must_use]
    pub fn new(rooms: &[RoomId], query: &'q CandidateQuery) -> Self {
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let rooms = rooms.iter().map(|room| (*room, Matches::default())).collect();
        Self { query, limit, rooms, most: 1, next: Next::Newest, found: vec![] }
    }

    /// Returns the next question; `None` at the end.
    pub fn ask(&mut self) -> Option<Ask> {
        if let Next::Newest | Next::Others = self.next {
            let wanted = if self.next == Next::Newest { 1 } else { self.limit };
            let few = self.rooms.iter().filter(|(_, matches)| !matches.all && matches.seqs.len() < wanted);
            let rooms: Vec<RoomId> = few.map(|(room, _)| *room).collect();
            if !rooms.is_empty() {
                return Some(Ask::Stretches(rooms, self.most));
            }
            self.next = if self.next == Next::Newest { Next::Order } else { Next::All };
        }
        let wanted = if self.next == Next::Order { 1 } else { self.limit };
        let messages = self
            .rooms
            .iter()
            .flat_map(|(room, matches)| matches.seqs.iter().take(wanted).map(|seq| (*room, *seq)));
        Some(messages.collect::<Vec<_>>()).filter(|messages| !messages.is_empty()).map(Ask::Messages)
    }

    /// Takes the stretches that were asked for, those of a room from the newest on.
    pub fn add_stretches(&mut self, rooms: &[RoomId], hits: impl IntoIterator<Item = Hit>) {
        let mut read: HashMap<RoomId, i64> = HashMap::new();
        for room in rooms {
            self.rooms.insert(*room, Matches::default());
        }
        for hit in hits {
            *read.entry(hit.room).or_default() += 1;
            let matches = self.rooms.entry(hit.room).or_default();
            let others = self.limit - matches.seqs.len();
            matches.seqs.extend(hit.seqs(self.query).take(others));
        }
        for room in rooms {
            let all = read.get(room).is_none_or(|read| *read < self.most);
            self.rooms.entry(*room).or_default().all = all;
        }
        self.most = self.most.saturating_mul(GROWTH);
    }

    /// Takes the places of the messages that were asked for.
    pub fn add_messages(&mut self, messages: impl IntoIterator<Item = (RoomId, Placed)>) {
        let mut messages: Vec<_> = messages.into_iter().collect();
        messages.sort_unstable_by_key(|&(_, place)| Reverse(place));
        messages.truncate(self.limit);
        if self.next == Next::Order {
            let first: HashMap<RoomId, Placed> = messages.into_iter().collect();
            self.rooms.retain(|room, _| first.contains_key(room));
            (self.next, self.most) = (Next::Others, GROWTH);
        } else {
            self.found = messages.into_iter().map(|(_, place)| place).collect();
            self.rooms.clear();
        }
    }

    /// Returns the newest messages found, newest first.
    #[must_use]
    pub fn found(self) -> Vec<Placed> {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use domain::search::SearchQuery;
    use domain::{MessageId, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn room(n: u128) -> RoomId {
        RoomId(Uuid::from_u128(n))
    }

    fn placed(n: u32) -> Placed {
        (Timestamp::from_unix_micros(i64::from(n)).unwrap(), MessageId(Uuid::from_u128(n.into())))
    }

    fn query(text: &str, limit: u32) -> CandidateQuery {
        let keys = SearchQuery::parse(text).unwrap().keys();
        CandidateQuery { keys, room: None, sender: None, before: None, limit }
    }

    fn hit(n: u128, start: i64, words: &str) -> Hit {
        Hit { room: room(n), top: 2_000, start, words: words.into(), sent: None }
    }

    #[test]
    fn a_stretch_matches_where_a_message_has_all_keys() {
        let both = hit(1, 1_024, "\nred\t0102v0\nfox\t02v0");
        let seqs = |hit: &Hit, text: &str| hit.seqs(&query(text, 9)).collect::<Vec<_>>();
        assert_eq!(seqs(&both, "red fox"), [1_026], "message 2,016 is after the last to search");
        assert_eq!(seqs(&Hit { top: 5_000, ..both.clone() }, "re*"), [2_016, 1_026, 1_025]);
        assert_eq!(seqs(&Hit { sent: Some(vec![1_025]), ..both.clone() }, "red"), [1_025]);
        assert_eq!(seqs(&both, "red blue"), [0; 0]);
    }

    #[test]
    fn the_rooms_with_the_newest_matches_are_read_further() {
        let query = query("red fox", 2);
        let mut group = Group::new(&[room(1), room(2), room(3), room(4)], &query);
        let all = [1, 2, 3, 4].map(room);
        assert_eq!(group.ask(), Some(Ask::Stretches(all.to_vec(), 1)));
        group.add_stretches(
            &all,
            [
                hit(1, 0, "\nred\t03\nfox\t03"),
                hit(2, 64, "\nred\t21\nfox\t22"),
                hit(3, 0, "\nred\t01\nfox\t01"),
            ],
        );
        assert_eq!(group.ask(), Some(Ask::Stretches(vec![room(2)], 16)), "its messages have one word each");
        group.add_stretches(
            &[room(2)],
            [hit(2, 64, "\nred\t21\nfox\t22"), hit(2, 32, "\nred\t1112\nfox\t1112")],
        );
        assert_eq!(group.ask(), Some(Ask::Messages(vec![(room(1), 3), (room(2), 34), (room(3), 1)])));
        group.add_messages([(room(1), placed(30)), (room(2), placed(40)), (room(3), placed(20))]);
        assert_eq!(group.ask(), Some(Ask::Stretches(vec![room(1)], 16)), "more than one may be of it");
        group.add_stretches(&[room(1)], [hit(1, 0, "\nred\t03\nfox\t03")]);
        assert_eq!(group.ask(), Some(Ask::Messages(vec![(room(1), 3), (room(2), 34), (room(2), 33)])));
        group.add_messages([(room(1), placed(30)), (room(2), placed(40)), (room(2), placed(29))]);
        assert_eq!(group.ask(), None);
        assert_eq!(group.found(), [placed(40), placed(30)]);
    }

    #[test]
    fn rooms_without_a_match_end_the_search() {
        let query = query("red", 5);
        let mut group = Group::new(&[room(1)], &query);
        assert_eq!(group.ask(), Some(Ask::Stretches(vec![room(1)], 1)));
        group.add_stretches(&[room(1)], []);
        assert_eq!((group.ask(), group.found()), (None, vec![]));
    }
}
