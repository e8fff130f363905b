//! Search: the words of messages, and the messages that have the words asked for.

mod index;
mod ports;
mod query;
mod run;
mod words;

pub use index::{IndexMessages, Unindexed};
pub use ports::{CandidateQuery, SearchIndexer, SearchReader};
pub use query::{Key, SearchQuery};
pub use run::{SearchCommand, SearchMessages};
pub use words::entries;

#[cfg(any(test, feature = "mocks"))]
pub use ports::{MockSearchIndexer, MockSearchReader};

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
