//! The changes of a store that a reader has seen, and the progress of a walk over a user's rooms.

use super::{Selected, Selection};
use crate::invitation::Invitation;
use crate::message::Message;
use crate::room::RoomView;
use crate::{RoomId, Timestamp};

/// The changes of a store that a reader has seen. Each change has a number, and those of one epoch can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The history that the numbers belong to. A restored or copied database has another.
    pub epoch: u32,
    /// Every change with a lower number was seen, save those in `except`.
    pub below: u64,
    /// Changes that were not committed yet, in the order of their numbers; all are lower than `below`.
    pub except: Vec<u64>,
}

impl Seen {
    /// Returns what of this holds in the history of `now`: nothing was seen of another one, or of one that is ahead of it.
    #[must_use]
    pub fn within(self, now: &Self) -> Self {
        if self.epoch == now.epoch && self.below <= now.below {
            return self;
        }
        Self { epoch: now.epoch, below: 0, except: vec![] }
    }

    /// Returns true if no change was seen at all.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.below == 0
    }

    /// Returns the lowest number that may not have been seen.
    #[must_use]
    pub fn lowest_unseen(&self) -> u64 {
        self.except.first().copied().unwrap_or(self.below)
    }

    /// Forgets the latest until at most that many exceptions are left.
    pub(crate) fn forget_to(&mut self, exceptions: usize) {
        if let Some(&first) = self.except.get(exceptions) {
            self.below = first;
            self.except.truncate(exceptions);
        }
    }
}

/// A room as one of its members sees it, and its newest message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomSummary {
    /// The room with the member's membership.
    pub view: RoomView,
    /// The newest message, a tombstone if it was deleted; `None` where there is none.
    pub last_message: Option<Message>,
}

impl RoomSummary {
    /// Returns the room's place in the order of activity.
    #[must_use]
    pub fn activity(&self) -> Activity {
        let room = &self.view.room;
        Activity { at: room.log.last_message_at.unwrap_or(room.created_at), room: room.id }
    }
}

/// The place of a room in the order of activity: the time of its newest message, else of its creation; then the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Activity {
    /// The time.
    pub at: Timestamp,
    /// The room.
    pub room: RoomId,
}

/// A page of changed rooms within a walk over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The changes that the walk has seen once it is over.
    pub until: Seen,
    /// The last room listed; rooms come in the order of their ids.
    pub after: RoomId,
}

/// The progress of a walk over a user's rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Walk {
    /// Through all rooms, latest activity first. The rooms that changed since `begun` follow, so that none is missed whose
    /// activity overtook the walk.
    All {
        /// The changes there were when the walk began.
        begun: Seen,
        /// The last room listed.
        after: Activity,
    },
    /// Through the rooms that changed.
    Changed {
        /// The changes that were seen before the walk.
        since: Seen,
        /// The place within the walk; `None` at its beginning.
        place: Option<Place>,
    },
}

/// A walk after one of its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The walk.
    pub walk: Walk,
    /// True if the walk is not over.
    pub has_more: bool,
}

impl Walk {
    /// Returns the rooms to read next; `None` begins a walk.
    #[must_use]
    pub fn selection(walk: Option<&Self>) -> Selection {
        match walk {
            None => Selection::Latest { after: None },
            Some(Self::All { begun, after }) => Selection::Latest { after: Some((*after, begun.clone())) },
            Some(Self::Changed { since, place }) => {
                Selection::Changed { since: since.clone(), after: place.as_ref().map(|place| place.after) }
            }
        }
    }

    /// Returns the walk after a page of what [`selection`](Self::selection) returned.
    #[must_use]
    pub fn advanced(walk: Option<Self>, page: &Selected) -> Progress {
        let over = |now: &Seen| Self::Changed { since: now.clone(), place: None };
        let walk = match walk {
            None | Some(Self::All { .. }) => {
                let begun = match walk {
                    Some(Self::All { begun, .. }) => begun,
                    _ => page.now.clone(),
                };
                match page.rooms.last().filter(|_| page.has_more) {
                    Some(last) => Self::All { begun, after: last.activity() },
                    None if page.overtaken => {
                        return Progress {
                            walk: Self::Changed { since: begun, place: None },
                            has_more: true,
                        };
                    }
                    None => over(&page.now),
                }
            }
            Some(Self::Changed { since, place }) => match page.last().filter(|_| page.has_more) {
                Some(after) => {
                    let since = since.within(&page.now);
                    let until = place.map_or_else(|| page.now.clone(), |place| place.until);
                    Self::Changed { since, place: Some(Place { until, after }) }
                }
                None => place.map_or_else(|| over(&page.now), |place| over(&place.until)),
            },
        };
        Progress { walk, has_more: page.has_more }
    }
}

/// Returns a digest of open invitations, in whatever order: another one where an invitation was made or ended.
#[must_use]
pub fn invitations_digest(invitations: &[Invitation]) -> u64 {
    digest_of(invitations.iter().map(|invitation| (invitation.room, invitation.created_at)))
}

/// Returns the digest of invitations to these rooms, made at these times.
#[must_use]
pub fn digest_of(invitations: impl Iterator<Item = (RoomId, Timestamp)>) -> u64 {
    let mut items: Vec<(RoomId, Timestamp)> = invitations.collect();
    items.sort_unstable();
    // FNV-1a: cursors outlive a program, and the hashes of the standard library need not.
    let mut digest = 0xcbf2_9ce4_8422_2325_u64;
    for (room, at) in items {
        for byte in room.0.as_bytes().iter().copied().chain(at.unix_micros().to_be_bytes()) {
            digest = (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{invitation, private_room, room, room_id, view};

    fn seen(below: u64) -> Seen {
        Seen { epoch: 1, below, except: vec![] }
    }

    fn page(now: u64, rooms: &[u128], has_more: bool) -> Selected {
        let rooms = rooms.iter().map(|n| RoomSummary { view: view(room(*n)), last_message: None }).collect();
        Selected { now: seen(now), rooms, left: vec![], invitations: vec![], has_more, overtaken: false }
    }

    #[test]
    fn another_history_was_not_seen_and_neither_was_the_future() {
        let now = Seen { epoch: 2, below: 50, except: vec![] };
        assert!(seen(40).within(&now).is_nothing());
        assert!(seen(60).within(&Seen { epoch: 1, ..now.clone() }).is_nothing());
        let known = Seen { except: vec![30], ..seen(40) };
        assert_eq!(known.clone().within(&Seen { epoch: 1, ..now }), known);
    }

    #[test]
    fn a_first_walk_of_one_page_ends_at_its_snapshot() {
        let progress = Walk::advanced(None, &page(7, &[1, 2], false));
        assert_eq!(
            progress,
            Progress { walk: Walk::Changed { since: seen(7), place: None }, has_more: false }
        );
    }

    #[test]
    fn a_first_walk_that_was_overtaken_goes_on_with_what_changed_since_it_began() {
        let first = Walk::advanced(None, &page(7, &[1, 2], true));
        let begun = Walk::All { begun: seen(7), after: page(7, &[2], true).rooms[0].activity() };
        assert_eq!(first, Progress { walk: begun.clone(), has_more: true });
        let overtaken = Selected { overtaken: true, ..page(9, &[3], false) };
        let walk = Walk::Changed { since: seen(7), place: None };
        assert_eq!(Walk::advanced(Some(begun.clone()), &overtaken), Progress { walk, has_more: true });
        let quiet = Walk::Changed { since: seen(9), place: None };
        let progress = Walk::advanced(Some(begun), &page(9, &[3], false));
        assert_eq!(progress, Progress { walk: quiet, has_more: false });
    }

    #[test]
    fn a_walk_over_changes_ends_at_the_snapshot_of_its_first_page() {
        let begin = Walk::Changed { since: seen(7), place: None };
        let first = Walk::advanced(Some(begin), &page(9, &[1, 2], true));
        let place = Some(Place { until: seen(9), after: room_id(2) });
        assert_eq!(first, Progress { walk: Walk::Changed { since: seen(7), place }, has_more: true });
        let last = Walk::advanced(Some(first.walk), &page(12, &[3], false));
        assert_eq!(last, Progress { walk: Walk::Changed { since: seen(9), place: None }, has_more: false });
    }

    #[test]
    fn the_digest_of_invitations_ignores_their_order_and_notices_each() {
        let [one, two] = [1, 2].map(|n| invitation(&private_room(n), 3));
        let digest = |invitations: &[&Invitation]| {
            invitations_digest(&invitations.iter().map(|&open| open.clone()).collect::<Vec<_>>())
        };
        assert_eq!(digest(&[&one, &two]), digest(&[&two, &one]));
        let later = Invitation { created_at: crate::testing::at(9), ..one.clone() };
        let different = [digest(&[]), digest(&[&one]), digest(&[&two]), digest(&[&later])];
        for (n, digest) in different.iter().enumerate() {
            assert!(!different[n + 1..].contains(digest));
        }
    }
}
