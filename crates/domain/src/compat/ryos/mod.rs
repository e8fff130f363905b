//! Rules of the dialect `ryos`: public rooms named by slug, groups, and presence marks that need no token.
//!
//! A [`Roster`] is a room with its members and with the users present in it. A presence mark is kept apart from the
//! live presence of connections ([`crate::presence`]) and changes nothing else.

mod create_group;
mod create_public_room;
mod delete_or_leave;
mod group;
mod list_rosters;
mod mark_presence;
mod model;
mod ports;
mod show_roster;
mod use_cases;

pub use create_group::CreateGroup;
pub use create_public_room::CreatePublicRoom;
pub use delete_or_leave::DeleteOrLeaveRoom;
pub use group::{GroupMembers, LeaveOutcome};
pub use list_rosters::ListRosters;
pub use mark_presence::{MARK_TTL, Mark, MarkPresence};
pub(crate) use model::PresenceLookup;
pub use model::{RoomKey, Roster};
pub use ports::{PresenceMarks, RoomWithMembers, RosterReader};
pub use show_roster::ShowRoster;
pub use use_cases::RyosUseCases;

#[cfg(any(test, feature = "mocks"))]
pub use ports::{MockPresenceMarks, MockRosterReader};
