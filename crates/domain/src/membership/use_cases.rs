//! The use cases of memberships, built from the ports.

use super::{ChangeRole, EnterRoom, JoinRoom, LeaveRoom, ListMembers, RemoveMember};
use crate::Ports;
use crate::room::ShowRoom;
use crate::wiring::use_cases;

use_cases! {
    /// The use cases of memberships: one field each.
    MembershipUseCases(ports) {
        join: JoinRoom = JoinRoom::new(ports),
        enter: EnterRoom {
            sessions; clock;
            show: ShowRoom { rooms: ports.stored.rooms.clone() }, join: JoinRoom::new(ports)
        },
        leave: LeaveRoom { store; clock, events; audit: ports.audit_trail() },
        list: ListMembers { members; },
        change_role: ChangeRole { store, accounts; clock, events; audit: ports.audit_trail() },
        remove: RemoveMember { store, accounts; clock, events; audit: ports.audit_trail() },
    }
}

impl JoinRoom {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            store: ports.stored.store.clone(),
            rooms: ports.stored.rooms.clone(),
            clock: ports.clock.clone(),
            events: ports.events.clone(),
            quotas: ports.quotas.clone(),
            audit: ports.audit_trail(),
        }
    }
}
