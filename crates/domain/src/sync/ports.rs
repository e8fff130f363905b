//! Ports for sync.

use async_trait::async_trait;

use super::{Activity, RoomSummary, Seen};
use crate::invitation::Invitation;
use crate::room::{Revision, Seq};
use crate::{RoomId, StoreError, Timestamp, UserId};

/// The rooms to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// The user's rooms, latest activity first.
    Latest {
        /// Only those after this place, in a walk that began when this was seen.
        after: Option<(Activity, Seen)>,
    },
    /// The rooms whose revision, membership or read mark changed, or that the user is no longer a member of, in the order of
    /// their ids.
    Changed {
        /// The changes that were seen already.
        since: Seen,
        /// Only those after this room.
        after: Option<RoomId>,
    },
}

/// The rooms read, all as they were in one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// The changes that can be seen in that moment.
    pub now: Seen,
    /// The rooms, in the order asked for.
    pub rooms: Vec<RoomSummary>,
    /// The rooms that the user is no longer a member of; of every other selection than changes, none.
    pub left: Vec<RoomId>,
    /// All open invitations of the user, newest first.
    pub invitations: Vec<Invitation>,
    /// True if more rooms follow.
    pub has_more: bool,
    /// True if a room changed since a walk through all rooms began and no more rooms follow.
    pub overtaken: bool,
}

impl Selected {
    /// Returns the last room of a page of changes.
    #[must_use]
    pub fn last(&self) -> Option<RoomId> {
        let rooms = self.rooms.iter().map(|summary| summary.view.room.id);
        rooms.chain(self.left.iter().copied()).max()
    }
}

/// A room of a user, as live connections follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// The room.
    pub room: RoomId,
    /// The revision of its latest change.
    pub revision: Revision,
    /// The user's read mark.
    pub last_read_seq: Seq,
}

/// Relations of users to rooms that may have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedSeats {
    /// The changes that can be seen now.
    pub now: Seen,
    /// The memberships that began, or whose read mark moved, and the mark.
    pub memberships: Vec<(UserId, RoomId, Seq)>,
    /// All open invitations of the users, and when they were made.
    pub invitations: Vec<(UserId, RoomId, Timestamp)>,
}

/// Reads the state of a user's rooms.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait SyncReader: Send + Sync {
    /// Returns the first `limit` of the selected rooms, left ones included. MUST read everything as of one moment, in a
    /// number of queries that does not depend on the number of rooms, and MUST NOT miss a change, even one whose transaction
    /// was open while `since` was read. Of a database that is not the one `since` was read from, everything changed.
    async fn select(&self, user: UserId, selection: Selection, limit: u32) -> Result<Selected, StoreError>;

    /// Returns the user's rooms. MUST use one query.
    async fn seats(&self, user: UserId) -> Result<Vec<Seat>, StoreError>;

    /// Returns those of these rooms that the user is a member of, and all open invitations of the user, as of one moment.
    async fn rooms(
        &self,
        user: UserId,
        rooms: Vec<RoomId>,
    ) -> Result<(Vec<RoomSummary>, Vec<Invitation>), StoreError>;

    /// Returns what moved since for any of these users; without `since` no membership. MUST NOT miss one, as
    /// [`select`](Self::select), and MUST use one query for each kind of row.
    async fn moved_seats(&self, users: Vec<UserId>, since: Option<Seen>) -> Result<MovedSeats, StoreError>;
}

/// Seals cursors, so that this server alone can read and make them.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait CursorSeal: Send + Sync {
    /// Encrypts bytes for a user, as text of `A-Za-z0-9_-`: four characters for each three bytes, 16 bytes included that
    /// the seal adds.
    fn seal(&self, user: UserId, bytes: &[u8]) -> crate::Result<String>;

    /// Decrypts what was sealed for that user; `None` for everything else.
    fn open(&self, user: UserId, text: &str) -> Option<Vec<u8>>;
}
