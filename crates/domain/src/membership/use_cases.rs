//! The use cases of memberships, built from the ports.

use super::{ChangeRole, EnterRoom, JoinRoom, LeaveRoom, ListMembers, RemoveMember};
use crate::Ports;
use crate::room::ShowRoom;
use crate::store::SharedStore;
use crate::wiring::use_case;

/// The use cases of memberships: one field each.
#[expect(missing_docs, reason = "each field is named after its type, which is documented")]
pub struct MembershipUseCases {
    pub join: JoinRoom,
    pub enter: EnterRoom,
    pub leave: LeaveRoom,
    pub list: ListMembers,
    pub change_role: ChangeRole,
    pub remove: RemoveMember,
}

impl MembershipUseCases {
    pub(crate) fn new(ports: &Ports) -> Self {
        let Ports {
            stored: SharedStore { store, accounts, sessions, rooms, members, .. },
            events,
            clock,
            quotas,
            ..
        } = ports;
        let audit = &ports.audit_trail();
        Self {
            join: use_case!(JoinRoom { store, rooms, clock, events, quotas, audit }),
            enter: use_case!(EnterRoom {
                sessions, clock;
                show: use_case!(ShowRoom { rooms }),
                join: use_case!(JoinRoom { store, rooms, clock, events, quotas, audit })
            }),
            leave: use_case!(LeaveRoom { store, clock, events, audit }),
            list: use_case!(ListMembers { members }),
            change_role: use_case!(ChangeRole { store, accounts, clock, events, audit }),
            remove: use_case!(RemoveMember { store, accounts, clock, events, audit }),
        }
    }
}
