//! Live presence: the users connected to a room now, on any transport at any replica.

mod list;
mod ports;
mod typing;

pub use list::ListPresence;
pub use ports::{Presence, Present};
pub use typing::PublishTyping;

#[cfg(any(test, feature = "mocks"))]
pub use ports::MockPresence;

use crate::membership::CheckMember;
use crate::wiring::use_cases;

use_cases! {
    /// The use cases of presence: one field each.
    PresenceUseCases(ports) {
        list: ListPresence { members; presence },
        publish_typing: PublishTyping {
            ; clock, events;
            sessions: ports.recent_sessions.clone(),
            check: CheckMember { members: ports.recent_members.clone() }
        },
    }
}
