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
use crate::store::SharedStore;
use crate::wiring::use_case;

/// The use cases of this dialect: one field each.
#[expect(missing_docs, reason = "each field is named after its type, which is documented")]
pub struct RyosUseCases {
    pub create_public_room: CreatePublicRoom,
    pub create_group: CreateGroup,
    pub delete_or_leave_room: DeleteOrLeaveRoom,
    pub list_rosters: ListRosters,
    pub show_roster: ShowRoster,
    pub mark_presence: MarkPresence,
}

impl RyosUseCases {
    pub(crate) fn new(ports: &Ports) -> Self {
        let Ports {
            stored: SharedStore { store, accounts, rosters, .. },
            presence,
            clock,
            steady_clock,
            ids,
            events,
            quotas,
            ..
        } = ports;
        let audit = &ports.audit_trail();
        let (marks, trust_usernames) = (&ports.presence_marks, ports.trust_usernames);
        let lookup =
            PresenceLookup { presence: presence.clone(), marks: marks.clone(), clock: steady_clock.clone() };
        Self {
            create_public_room: use_case!(CreatePublicRoom { store, clock, ids, events, quotas, audit }),
            create_group: use_case!(CreateGroup { store, accounts, clock, ids, events, quotas, audit }),
            delete_or_leave_room: use_case!(DeleteOrLeaveRoom { store, rosters, clock, events, audit }),
            list_rosters: ListRosters {
                rosters: rosters.clone(),
                accounts: accounts.clone(),
                lookup: lookup.clone(),
                trust_usernames,
            },
            show_roster: use_case!(ShowRoster { rosters, lookup }),
            mark_presence: MarkPresence {
                rosters: rosters.clone(),
                accounts: accounts.clone(),
                marks: marks.clone(),
                clock: steady_clock.clone(),
                trust_usernames,
            },
        }
    }
}
