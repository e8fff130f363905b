//! Memberships: users, their roles in rooms, and joining and leaving.

mod change_role;
mod check;
mod enter;
mod join;
mod leave;
mod list;
mod model;
mod ports;
mod remove;

pub use change_role::ChangeRole;
pub use check::CheckMember;
pub use enter::EnterRoom;
pub use join::JoinRoom;
pub use leave::LeaveRoom;
pub(crate) use leave::end;
pub use list::ListMembers;
pub use model::{Member, Membership, MyMembership, Reader, Role, Standing, require_another_admin};
pub use ports::{MemberReader, MembershipWrites, RoomStanding};
pub use remove::RemoveMember;

#[cfg(any(test, feature = "mocks"))]
pub use ports::MockMemberReader;

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
