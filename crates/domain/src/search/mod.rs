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

use crate::wiring::use_cases;

use_cases! {
    /// The use cases of search: one field each.
    SearchUseCases(ports) {
        run: SearchMessages { messages, search; ; members: ports.recent_members.clone() },
        index: IndexMessages { indexer; },
    }
}
