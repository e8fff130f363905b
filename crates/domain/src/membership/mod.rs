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
