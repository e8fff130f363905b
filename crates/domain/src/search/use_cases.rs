//! The use cases of search, built from the ports.

use super::{IndexMessages, SearchMessages};
use crate::wiring::use_cases;

use_cases! {
    /// The use cases of search: one field each.
    SearchUseCases(ports) {
        run: SearchMessages { messages, search; ; members: ports.recent_members.clone() },
        index: IndexMessages { indexer; },
    }
}
