//! The use cases of presence, built from the ports.

use super::{ListPresence, PublishTyping};
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
