//! The use cases of the dialect `ryos`, built from the ports.

use super::{
    CreateGroup, CreatePublicRoom, DeleteOrLeaveRoom, ListRosters, MarkPresence, PresenceLookup, ShowRoster,
};
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
