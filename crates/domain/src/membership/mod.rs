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
mod use_cases;

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
pub use use_cases::MembershipUseCases;

#[cfg(any(test, feature = "mocks"))]
pub use ports::MockMemberReader;
