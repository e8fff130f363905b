//! The pace at which read marks go out: the first of a reader in a room at once, and at the end of each second the latest of
//! those that followed. The reader's own connections and those of others are two audiences, each with a pace of its own,
//! because some marks are for the first alone. No I/O: the hub feeds it and keeps the time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use domain::event::{EphemeralEvent, EphemeralKind, ReadMark};
use domain::room::Seq;
use domain::{RoomId, UserId};

/// Those who receive the marks of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Audience {
    /// The reader's own connections.
    Own,
    /// The connections of everyone else.
    Others,
}

/// A reader in a room, before an audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Stream {
    pub(crate) room: RoomId,
    pub(crate) reader: UserId,
    pub(crate) audience: Audience,
}

/// A second that began with a mark.
struct Second {
    /// The latest mark, sent or not. An earlier one that arrives late is dropped.
    latest: Seq,
    waiting: Option<EphemeralEvent>,
}

/// The marks of the second that runs, for each stream that has one.
#[derive(Default)]
pub(crate) struct ReadPace(HashMap<Stream, Second>);

impl ReadPace {
    /// Takes a mark. Returns the streams for which it goes out at once: a second begins for each of them.
    pub(crate) fn accept(&mut self, event: &EphemeralEvent) -> Vec<Stream> {
        let stream = |audience| Stream { room: event.room, reader: event.user.id, audience };
        let (own, others) = (stream(Audience::Own), stream(Audience::Others));
        match event.kind {
            EphemeralKind::Read(ReadMark { seq, .. }) => {
                let streams = [own, others].into_iter();
                streams.filter(|&stream| self.offer(stream, event, |latest| seq > latest, seq)).collect()
            }
            EphemeralKind::Unread(seq) => {
                // Later marks of the others go on from there.
                if let Some(second) = self.0.get_mut(&others) {
                    second.latest = second.latest.min(seq);
                }
                [own].into_iter().filter(|&stream| self.offer(stream, event, |_| true, seq)).collect()
            }
            EphemeralKind::Joined | EphemeralKind::Left | EphemeralKind::Typing => vec![],
        }
    }

    /// Returns true if a second begins. Where one runs, the mark waits for its end if it `follows` the latest.
    fn offer(
        &mut self,
        stream: Stream,
        event: &EphemeralEvent,
        follows: impl Fn(Seq) -> bool,
        seq: Seq,
    ) -> bool {
        match self.0.entry(stream) {
            Entry::Vacant(free) => {
                free.insert(Second { latest: seq, waiting: None });
                true
            }
            Entry::Occupied(mut running) => {
                let second = running.get_mut();
                if follows(second.latest) {
                    *second = Second { latest: seq, waiting: Some(event.clone()) };
                }
                false
            }
        }
    }

    /// Ends the second of a stream. Returns the mark that waited for it, which begins the next one; `None`, and forgets the
    /// stream, where none did.
    pub(crate) fn end_second(&mut self, stream: Stream) -> Option<EphemeralEvent> {
        let waited = self.0.get_mut(&stream).and_then(|second| second.waiting.take());
        if waited.is_none() {
            self.0.remove(&stream);
        }
        waited
    }
}

#[cfg(test)]
mod tests {
    use domain::account::{UserRef, Username};
    use uuid::Uuid;

    use super::*;

    const ROOM: RoomId = RoomId(Uuid::from_u128(1));
    const READER: UserId = UserId(Uuid::from_u128(2));
    const OWN: Stream = Stream { room: ROOM, reader: READER, audience: Audience::Own };
    const OTHERS: Stream = Stream { room: ROOM, reader: READER, audience: Audience::Others };

    fn event(kind: EphemeralKind) -> EphemeralEvent {
        let user = UserRef { id: READER, username: Username::parse("reader").unwrap() };
        EphemeralEvent { room: ROOM, user, kind }
    }

    fn read(seq: i64) -> EphemeralEvent {
        event(EphemeralKind::Read(ReadMark { seq: Seq(seq), by: None }))
    }

    fn unread(seq: i64) -> EphemeralEvent {
        event(EphemeralKind::Unread(Seq(seq)))
    }

    #[test]
    fn the_first_mark_goes_out_at_once_and_the_latest_at_the_end_of_the_second() {
        let mut pace = ReadPace::default();
        assert_eq!(pace.accept(&read(1)), [OWN, OTHERS]);
        for seq in [2, 5, 4] {
            assert_eq!(pace.accept(&read(seq)), []);
        }
        for stream in [OWN, OTHERS] {
            assert_eq!(pace.end_second(stream), Some(read(5)), "4 arrived late");
        }
        // The next second has begun.
        assert_eq!(pace.accept(&read(6)), []);
        for stream in [OWN, OTHERS] {
            assert_eq!(pace.end_second(stream), Some(read(6)));
            assert_eq!(pace.end_second(stream), None);
        }
        assert!(pace.0.is_empty());
        assert_eq!(pace.accept(&read(7)), [OWN, OTHERS]);
    }

    #[test]
    fn readers_and_rooms_have_seconds_of_their_own() {
        let mut pace = ReadPace::default();
        pace.accept(&read(1));
        let elsewhere = EphemeralEvent { room: RoomId(Uuid::from_u128(8)), ..read(1) };
        assert_eq!(pace.accept(&elsewhere).len(), 2);
        let user = UserRef { id: UserId(Uuid::from_u128(9)), ..read(1).user };
        assert_eq!(pace.accept(&EphemeralEvent { user, ..read(1) }).len(), 2);
    }

    #[test]
    fn unread_goes_to_the_readers_own_connections_and_swallows_nothing_for_others() {
        let mut pace = ReadPace::default();
        assert_eq!(pace.accept(&unread(3)), [OWN]);
        assert_eq!(pace.accept(&read(9)), [OTHERS], "for the reader it waits");
        assert_eq!(pace.accept(&read(10)), []);
        assert_eq!(pace.accept(&unread(2)), []);
        assert_eq!(pace.end_second(OWN), Some(unread(2)));
        assert_eq!(pace.end_second(OTHERS), Some(read(10)));
    }

    #[test]
    fn after_unread_a_mark_counts_from_there() {
        let mut pace = ReadPace::default();
        pace.accept(&read(9));
        pace.accept(&unread(2));
        pace.accept(&read(4));
        for stream in [OWN, OTHERS] {
            assert_eq!(pace.end_second(stream), Some(read(4)));
        }
    }

    #[test]
    fn the_connection_that_moved_the_mark_last_is_the_one_left_out() {
        let mut pace = ReadPace::default();
        let by = |seq, connection| {
            let by = Some(Uuid::from_u128(connection));
            event(EphemeralKind::Read(ReadMark { seq: Seq(seq), by }))
        };
        pace.accept(&by(1, 1));
        pace.accept(&by(2, 2));
        pace.accept(&by(3, 1));
        assert_eq!(pace.end_second(OWN), Some(by(3, 1)));
    }
}
