//! Sync: the state of all rooms of a user that changed since a cursor.

mod cursor;
mod model;
mod ports;
mod read;

pub use cursor::{Cursor, LONGEST_CURSOR};
pub use model::{Activity, Place, Progress, RoomSummary, Seen, Walk, digest_of, invitations_digest};
pub use ports::{CursorSeal, MovedSeats, Seat, Selected, Selection, SyncReader};
pub use read::{ReadSync, SyncPage};

#[cfg(any(test, feature = "mocks"))]
pub use ports::{MockCursorSeal, MockSyncReader};
