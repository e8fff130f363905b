//! Rooms with who is in them: how those see rooms who know people by name and need no token to say "I am here".
//!
//! Such a mark is kept apart from the live presence of sockets ([`crate::presence`]) and changes nothing else.

mod list;
mod mark;
mod model;
mod ports;
mod show;

pub use list::ListRosters;
pub use mark::{Mark, MarkPresence};
pub(crate) use model::PresenceLookup;
pub use model::{RoomKey, Roster};
pub use ports::{PresenceMarks, RoomWithMembers, RosterReader};
pub use show::ShowRoster;

#[cfg(any(test, feature = "mocks"))]
pub use ports::{MockPresenceMarks, MockRosterReader};
