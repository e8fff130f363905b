//! The use cases of invitations, built from the ports.

use super::{Invite, ListMyInvitations, ListRoomInvitations, WithdrawInvitation};
use crate::wiring::use_cases;

use_cases! {
    /// The use cases of invitations: one field each.
    InvitationUseCases(ports) {
        invite: Invite { store, accounts; clock, events, quotas; audit: ports.audit_trail() },
        list_of_room: ListRoomInvitations { members, invitations; },
        list_mine: ListMyInvitations { invitations; },
        withdraw: WithdrawInvitation { store; clock, events; audit: ports.audit_trail() },
    }
}
