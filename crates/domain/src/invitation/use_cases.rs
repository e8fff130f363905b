//! The use cases of invitations, built from the ports.

use super::{Invite, ListMyInvitations, ListRoomInvitations, WithdrawInvitation};
use crate::Ports;
use crate::store::SharedStore;
use crate::wiring::use_case;

/// The use cases of invitations: one field each.
#[expect(missing_docs, reason = "each field is named after its type, which is documented")]
pub struct InvitationUseCases {
    pub invite: Invite,
    pub list_of_room: ListRoomInvitations,
    pub list_mine: ListMyInvitations,
    pub withdraw: WithdrawInvitation,
}

impl InvitationUseCases {
    pub(crate) fn new(ports: &Ports) -> Self {
        let Ports {
            stored: SharedStore { store, accounts, members, invitations, .. },
            events,
            clock,
            quotas,
            ..
        } = ports;
        let audit = &ports.audit_trail();
        Self {
            invite: use_case!(Invite { store, accounts, clock, events, quotas, audit }),
            list_of_room: use_case!(ListRoomInvitations { members, invitations }),
            list_mine: use_case!(ListMyInvitations { invitations }),
            withdraw: use_case!(WithdrawInvitation { store, clock, events, audit }),
        }
    }
}
