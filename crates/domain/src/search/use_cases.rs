//! The use cases of search, built from the ports.

use super::{IndexMessages, SearchMessages};
use crate::Ports;
use crate::store::SharedStore;
use crate::wiring::use_case;

/// The use cases of search: one field each.
#[expect(missing_docs, reason = "each field is named after its type, which is documented")]
pub struct SearchUseCases {
    pub run: SearchMessages,
    pub index: IndexMessages,
}

impl SearchUseCases {
    pub(crate) fn new(ports: &Ports) -> Self {
        let Ports { stored: SharedStore { messages, search, indexer, .. }, recent_members: members, .. } =
            ports;
        Self {
            run: use_case!(SearchMessages { members, messages, search }),
            index: use_case!(IndexMessages { indexer }),
        }
    }
}
