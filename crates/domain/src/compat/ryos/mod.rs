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

#[cfg(any(test, feature = "mocks"))]
pub use ports::{MockPresenceMarks, MockRosterReader};

use crate::Ports;
use crate::wiring::use_cases;

use_cases! {
    /// The use cases of this dialect: one field each.
    RyosUseCases(ports) {
        create_public_room: CreatePublicRoom { store; clock, ids, events, quotas; audit: ports.audit_trail() },
        create_group: CreateGroup {
            store, accounts; clock, ids, events, quotas; audit: ports.audit_trail()
        },
        delete_or_leave_room: DeleteOrLeaveRoom { store, rosters; clock, events; audit: ports.audit_trail() },
        list_rosters: ListRosters {
            rosters, accounts; ; lookup: lookup(ports), trust_usernames: ports.trust_usernames
        },
        show_roster: ShowRoster { rosters; ; lookup: lookup(ports) },
        mark_presence: MarkPresence {
            rosters, accounts; ;
            marks: ports.presence_marks.clone(), clock: ports.steady_clock.clone(),
            trust_usernames: ports.trust_usernames
        },
    }
}

fn lookup(ports: &Ports) -> PresenceLookup {
    let Ports { presence, presence_marks, steady_clock, .. } = ports;
    PresenceLookup { presence: presence.clone(), marks: presence_marks.clone(), clock: steady_clock.clone() }
}
