//! The use cases of the dialect `envelope`, built from the ports.

use super::{PostMessage, ReadPage};
use crate::Ports;
use crate::membership::JoinRoom;
use crate::message::{PublishedMarks, SendMessage};
use crate::store::SharedStore;
use crate::wiring::use_case;

/// The use cases of this dialect: one field each.
#[expect(missing_docs, reason = "each field is named after its type, which is documented")]
pub struct EnvelopeUseCases {
    pub post_message: PostMessage,
    pub read_page: ReadPage,
}

impl EnvelopeUseCases {
    pub(crate) fn new(ports: &Ports) -> Self {
        let Ports {
            stored: SharedStore { store, rooms, members, log, messages, marks, files, .. },
            events,
            clock,
            ids,
            quotas,
            ..
        } = ports;
        let audit = &ports.audit_trail();
        let marks = &use_case!(PublishedMarks { marks, events });
        Self {
            post_message: PostMessage {
                members: members.clone(),
                files: files.clone(),
                join: use_case!(JoinRoom { store, rooms, clock, events, quotas, audit }),
                send: use_case!(SendMessage { log, clock, ids, events }),
            },
            read_page: use_case!(ReadPage { rooms, messages, marks }),
        }
    }
}
