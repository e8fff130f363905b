//! The use cases of presence, built from the ports.

use super::{ListPresence, PublishTyping};
use crate::Ports;
use crate::membership::CheckMember;
use crate::store::SharedStore;
use crate::wiring::use_case;

/// The use cases of presence: one field each.
#[expect(missing_docs, reason = "each field is named after its type, which is documented")]
pub struct PresenceUseCases {
    pub list: ListPresence,
    pub publish_typing: PublishTyping,
}

impl PresenceUseCases {
    pub(crate) fn new(ports: &Ports) -> Self {
        let Ports { stored: SharedStore { members, .. }, events, presence, clock, .. } = ports;
        Self {
            list: use_case!(ListPresence { members, presence }),
            publish_typing: use_case!(PublishTyping {
                clock, events;
                sessions: ports.recent_sessions.clone(),
                check: CheckMember { members: ports.recent_members.clone() }
            }),
        }
    }
}
