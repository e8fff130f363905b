//! Invitations into rooms.

mod invite;
mod list;
mod model;
mod ports;
mod use_cases;
mod withdraw;

pub use invite::{Invite, Invited};
pub use list::{ListMyInvitations, ListRoomInvitations};
pub use model::{Invitation, Invitee, NewInvitation};
pub use ports::{InvitationReader, InvitationWrites};
pub use use_cases::InvitationUseCases;
pub use withdraw::WithdrawInvitation;

#[cfg(any(test, feature = "mocks"))]
pub use ports::MockInvitationReader;
