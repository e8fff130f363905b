//! Search: the words of messages, and the messages that have the words asked for.

mod index;
mod ports;
mod query;
mod run;
mod use_cases;
mod words;

pub use index::{IndexMessages, Unindexed};
pub use ports::{CandidateQuery, SearchIndexer, SearchReader};
pub use query::{Key, SearchQuery};
pub use run::{SearchCommand, SearchMessages};
pub use use_cases::SearchUseCases;
pub use words::entries;

#[cfg(any(test, feature = "mocks"))]
pub use ports::{MockSearchIndexer, MockSearchReader};
