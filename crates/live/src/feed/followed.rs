//! The rooms that a feed follows, in little memory: some users have thousands.

use domain::RoomId;
use domain::room::Seq;

/// Stands for a read mark that was not read yet; marks are never negative.
const UNREAD: Seq = Seq(-1);

/// The rooms that a feed follows, in the order of their ids, and the user's read mark in each; `None` until it was read.
#[derive(Default)]
pub(super) struct Followed(Vec<(RoomId, Seq)>);

impl Followed {
    fn place(&self, room: RoomId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&room, |(room, _)| *room)
    }

    pub(super) fn contains(&self, room: RoomId) -> bool {
        self.place(room).is_ok()
    }

    /// Returns the mark in a room; `None` where it was not read yet, or the room is not followed.
    pub(super) fn mark(&self, room: RoomId) -> Option<Seq> {
        let place = self.place(room).ok()?;
        Some(self.0[place].1).filter(|mark| *mark != UNREAD)
    }

    /// Follows a room, or replaces the mark in it. Rooms in the order of their ids are quickest.
    pub(super) fn set(&mut self, room: RoomId, mark: Option<Seq>) {
        let mark = mark.unwrap_or(UNREAD);
        match self.place(room) {
            Ok(place) => self.0[place].1 = mark,
            Err(place) => {
                if self.0.len() == self.0.capacity() {
                    // Doubling would leave half of it unused.
                    self.0.reserve_exact(self.0.len() / 8 + 4);
                }
                self.0.insert(place, (room, mark));
            }
        }
    }

    pub(super) fn remove(&mut self, room: RoomId) {
        if let Ok(place) = self.place(room) {
            self.0.remove(place);
        }
    }

    pub(super) fn rooms(&self) -> impl Iterator<Item = RoomId> + '_ {
        self.0.iter().map(|(room, _)| *room)
    }
}
