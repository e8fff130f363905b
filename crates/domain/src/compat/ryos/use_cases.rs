//! The use cases of the dialect `ryos`, built from the ports.

use super::{
    CreateGroup, CreatePublicRoom, DeleteOrLeaveRoom, ListRosters, MarkPresence, PresenceLookup, ShowRoster,
};
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
