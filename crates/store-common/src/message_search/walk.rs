//! The rooms of a search, those with the newest messages first: a search ends once no other room can have a message of its page.

use std::cmp::Reverse;
use std::iter::Peekable;
use std::vec::IntoIter;

use diesel::sql_types::Nullable;
use domain::search::CandidateQuery;
use domain::{MessageId, RoomId, Timestamp, UserId};

use crate::sql_types::Id;
use crate::statement::{Statement, sql};
use crate::statements::StoreBackend;

/// The number of rooms that are searched first: a common word fills a page with them.
const FIRST: usize = 128;
/// The most rooms that are searched at once. More would take a statement too long where they have nothing in common.
const MOST: usize = 1_024;
/// The factor by which more are searched each time.
const GROWTH: usize = 4;

/// Selects the rooms of a user in which there are messages, as [`SearchedRoomRow`](crate::rows::SearchedRoomRow).
#[must_use]
pub fn searched_rooms<DB: StoreBackend>(user: UserId, query: &CandidateQuery) -> Statement<DB> {
    let room = if query.room.is_some() { " AND m.room_id = ?2" } else { "" };
    sql(format!(
        "SELECT m.room_id, r.last_message_at FROM memberships m JOIN rooms r ON r.id = m.room_id AND r.deleted_at IS NULL
         WHERE m.user_id = ?1 AND m.left_at IS NULL AND r.last_message_at IS NOT NULL{room}"
    ))
    .bind::<Id, _>(user)
    .bind::<Nullable<Id>, _>(query.room)
}

/// The place of a message in the order of all rooms.
pub type Placed = (Timestamp, MessageId);

/// A walk over the rooms of a search, and the messages that it finds.
pub struct Walk {
    /// The rooms that are left, each with the time of its newest message, newest first.
    rooms: Peekable<IntoIter<(RoomId, Timestamp)>>,
    /// The number of rooms to search next.
    step: usize,
    /// The newest messages found, newest first: at most as many as are asked for.
    found: Vec<Placed>,
    limit: usize,
}

impl Walk {
    /// Begins a walk over rooms, each with the time of its newest message.
    #[must_use]
    pub fn new(mut rooms: Vec<(RoomId, Timestamp)>, query: &CandidateQuery) -> Self {
        rooms.sort_unstable_by_key(|&(room, at)| Reverse((at, room)));
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        Self { rooms: rooms.into_iter().peekable(), step: FIRST, found: vec![], limit }
    }

    /// Returns the rooms to search next; `None` where no room that is left can have one of the newest messages.
    pub fn next_rooms(&mut self) -> Option<Vec<RoomId>> {
        let last = self.limit.checked_sub(1).and_then(|last| self.found.get(last));
        // Messages of different rooms may be of one time.
        let can_have = |at: Timestamp| last.is_none_or(|&(last, _)| at >= last);
        let mut next = vec![];
        while next.len() < self.step
            && let Some((room, _)) = self.rooms.next_if(|&(_, at)| can_have(at))
        {
            next.push(room);
        }
        self.step = (self.step * GROWTH).min(MOST);
        Some(next).filter(|next| !next.is_empty())
    }

    /// Adds messages that were found in the rooms.
    pub fn add(&mut self, found: impl IntoIterator<Item = Placed>) {
        self.found.extend(found);
        self.found.sort_unstable_by_key(|&place| Reverse(place));
        // One may be pending, and in the index by now.
        self.found.dedup();
        self.found.truncate(self.limit);
    }

    /// Returns the newest messages found, newest first.
    #[must_use]
    pub fn found(self) -> Vec<MessageId> {
        self.found.into_iter().map(|(_, id)| id).collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::search::SearchQuery;
    use uuid::Uuid;

    use super::*;

    fn at(second: usize) -> Timestamp {
        Timestamp::from_unix_micros(i64::try_from(second).unwrap() * 1_000_000).unwrap()
    }

    /// A walk over that many rooms, of which room `n` has its last message in second `n`.
    fn walk(rooms: usize, limit: u32) -> Walk {
        let keys = SearchQuery::parse("word").unwrap().keys();
        let query = CandidateQuery { keys, room: None, sender: None, before: None, limit };
        Walk::new((1..=rooms).map(|n| (RoomId(Uuid::from_u128(n as u128)), at(n))).collect(), &query)
    }

    /// The first and the last of the rooms, and their number.
    fn next(walk: &mut Walk) -> Option<(u128, u128, usize)> {
        let rooms = walk.next_rooms()?;
        Some((rooms[0].0.as_u128(), rooms.last().unwrap().0.as_u128(), rooms.len()))
    }

    fn message(second: usize) -> Placed {
        (at(second), MessageId(Uuid::from_u128(second as u128)))
    }

    #[test]
    fn without_a_full_page_all_rooms_are_searched_more_and_more_at_once() {
        let mut walk = walk(2_000, 2);
        assert_eq!(next(&mut walk), Some((2_000, 1_873, 128)));
        walk.add([message(1_900)]);
        assert_eq!(next(&mut walk), Some((1_872, 1_361, 512)));
        assert_eq!(next(&mut walk), Some((1_360, 337, 1_024)));
        assert_eq!(next(&mut walk), Some((336, 1, 336)));
        assert_eq!(next(&mut walk), None);
    }

    #[test]
    fn rooms_that_had_their_last_message_before_the_page_are_not_searched() {
        let mut walk = walk(2_000, 2);
        walk.next_rooms();
        walk.add([message(1_900), message(1_870)]);
        assert_eq!(next(&mut walk), Some((1_872, 1_870, 3)), "one of the same time may come first");
        walk.add([message(1_871), message(1_900)]);
        assert_eq!(next(&mut walk), None);
        assert_eq!(walk.found(), [message(1_900).1, message(1_871).1]);
    }
}
