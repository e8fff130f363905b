//! Invitations into rooms.

mod invite;
mod list;
mod model;
mod ports;
mod withdraw;

pub use invite::{Invite, Invited};
pub use list::{ListMyInvitations, ListRoomInvitations};
pub use model::{Invitation, Invitee, NewInvitation};
pub use ports::{InvitationReader, InvitationWrites};
pub use withdraw::WithdrawInvitation;

#[cfg(any(test, feature = "mocks"))]
pub use ports::MockInvitationReader;

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
