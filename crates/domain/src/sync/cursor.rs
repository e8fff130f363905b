//! Cursors as bytes, before they are sealed.

use uuid::Uuid;

use super::{Activity, Place, Seen, Walk};
use crate::{RoomId, Timestamp};

/// The most characters of a sealed cursor.
pub const LONGEST_CURSOR: usize = 128;
/// The most bytes of one that is not sealed yet: three for four characters, less 16 of the seal.
const LONGEST: usize = LONGEST_CURSOR / 4 * 3 - 16;

/// The first byte: the kind of the walk, in this version of the format.
const CHANGED: u8 = 1;
const CHANGED_PAGE: u8 = 2;
const ALL: u8 = 3;

/// The place of a client in the changes of its rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The rooms that it has seen.
    pub walk: Walk,
    /// The digest of the invitations that it has seen.
    pub invitations: u64,
}

impl Cursor {
    /// Returns the cursor as bytes. Where many transactions were open, some of their changes may count as not seen that
    /// were: a cursor is short.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LONGEST);
        let mut begin = |kind: u8, seen: &Seen| {
            bytes.push(kind);
            bytes.extend(self.invitations.to_be_bytes());
            bytes.extend(seen.epoch.to_be_bytes());
        };
        match &self.walk {
            Walk::Changed { since, place: None } => {
                begin(CHANGED, since);
                put_seen(&mut bytes, since, LONGEST);
            }
            Walk::Changed { since, place: Some(Place { until, after }) } => {
                begin(CHANGED_PAGE, until);
                bytes.extend(after.0.as_bytes());
                // Half of what is left for each.
                let half = bytes.len().midpoint(LONGEST);
                put_seen(&mut bytes, since, half);
                put_seen(&mut bytes, until, LONGEST);
            }
            Walk::All { begun, after } => {
                begin(ALL, begun);
                bytes.extend(after.at.unix_micros().to_be_bytes());
                bytes.extend(after.room.0.as_bytes());
                put_seen(&mut bytes, begun, LONGEST);
            }
        }
        bytes
    }

    /// Returns the cursor of these bytes; `None` where they are none.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = Bytes(bytes);
        let [kind] = rest.take()?;
        let invitations = u64::from_be_bytes(rest.take()?);
        let epoch = u32::from_be_bytes(rest.take()?);
        let walk = match kind {
            CHANGED => Walk::Changed { since: rest.seen(epoch)?, place: None },
            CHANGED_PAGE => {
                let after = rest.room()?;
                let (since, until) = (rest.seen(epoch)?, rest.seen(epoch)?);
                Walk::Changed { since, place: Some(Place { until, after }) }
            }
            ALL => {
                let at = Timestamp::from_unix_micros(i64::from_be_bytes(rest.take()?))?;
                let room = rest.room()?;
                Walk::All { begun: rest.seen(epoch)?, after: Activity { at, room } }
            }
            _ => return None,
        };
        rest.0.is_empty().then_some(Self { walk, invitations })
    }
}

/// Appends what was seen, without the epoch, up to that length.
fn put_seen(bytes: &mut Vec<u8>, seen: &Seen, until: usize) {
    let (start, mut seen) = (bytes.len(), seen.clone());
    loop {
        put_number(bytes, seen.below);
        put_number(bytes, seen.except.len() as u64);
        let mut last = seen.below;
        for &open in seen.except.iter().rev() {
            put_number(bytes, last - open);
            last = open;
        }
        if bytes.len() <= until || seen.except.is_empty() {
            return;
        }
        bytes.truncate(start);
        seen.forget_to(seen.except.len() - 1);
    }
}

/// Appends a number: seven bits a byte, the lowest first, each but the last with the highest bit set.
fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

/// The bytes that are not decoded yet.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn room(&mut self) -> Option<RoomId> {
        self.take().map(Uuid::from_bytes).map(RoomId)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.take()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn seen(&mut self, epoch: u32) -> Option<Seen> {
        let below = self.number()?;
        let (mut except, mut last) = (vec![], below);
        for _ in 0..self.number()?.min(LONGEST as u64) {
            last = last.checked_sub(self.number()?)?;
            except.push(last);
        }
        except.reverse();
        Some(Seen { epoch, below, except })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, room_id};
    use proptest::prelude::*;

    fn seen() -> impl Strategy<Value = Seen> {
        (any::<u64>(), prop::collection::btree_set(1_u64..200, 0..6)).prop_map(|(below, gaps)| {
            let except: Vec<u64> = gaps.iter().rev().filter_map(|gap| below.checked_sub(*gap)).collect();
            Seen { epoch: 7, below, except }
        })
    }

    fn walk() -> impl Strategy<Value = Walk> {
        prop_oneof![
            seen().prop_map(|since| Walk::Changed { since, place: None }),
            (seen(), any::<u128>()).prop_map(|(begun, room)| Walk::All {
                begun,
                after: Activity { at: at(1_700_000_000_000_000), room: room_id(room) },
            }),
        ]
    }

    proptest! {
        #[test]
        fn a_cursor_comes_back_whole(walk in walk(), invitations: u64) {
            let cursor = Cursor { walk, invitations };
            let bytes = cursor.encode();
            prop_assert!(bytes.len() <= LONGEST);
            prop_assert_eq!(Cursor::decode(&bytes), Some(cursor));
        }

        #[test]
        fn any_bytes_are_a_cursor_or_none(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _cursor = Cursor::decode(&bytes);
        }
    }

    #[test]
    fn a_cursor_is_short_however_many_transactions_are_open_and_never_claims_too_much() {
        let many = Seen { epoch: 7, below: u64::MAX, except: (1_u64..200).map(|n| n << 50).collect() };
        let place = Some(Place { until: many.clone(), after: room_id(1) });
        for place in [None, place] {
            let cursor = Cursor { walk: Walk::Changed { since: many.clone(), place }, invitations: 3 };
            let bytes = cursor.encode();
            assert!(bytes.len() <= LONGEST, "{}", bytes.len());
            let Some(Cursor { walk: Walk::Changed { since, .. }, .. }) = Cursor::decode(&bytes) else {
                panic!("no cursor");
            };
            assert_eq!(since.except, many.except[..since.except.len()]);
            assert!(since.below <= many.except[since.except.len()]);
        }
    }

    #[test]
    fn a_page_of_changes_comes_back_whole() {
        let seen = |below| Seen { epoch: 7, below, except: vec![below - 5, below - 1] };
        let place = Some(Place { until: seen(900), after: room_id(1) });
        let cursor = Cursor { walk: Walk::Changed { since: seen(800), place }, invitations: 3 };
        assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
    }
}
