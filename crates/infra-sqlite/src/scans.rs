//! Connections for lists and searches, whose work grows with what there is: apart from those that read by keys, so that the
//! ones never wait for the others.

use std::path::Path;

use deadpool::managed::Pool;
use domain::UserId;

use crate::opening::{Opener, Purpose};
use crate::pool::pool;

/// The kind of a statement whose work no index bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scan {
    /// A list with its total.
    List,
    /// A search by a user.
    Search,
    /// A search by a caller without an account.
    StrangersSearch,
    /// A search in messages. An index bounds each of its statements, but not their number.
    Messages,
}

impl Scan {
    /// Returns the kind of a list, which the caller may have narrowed by a search.
    pub(crate) fn of(caller: Option<UserId>, searches: bool) -> Self {
        match (searches, caller) {
            (false, _) => Self::List,
            (true, Some(_)) => Self::Search,
            (true, None) => Self::StrangersSearch,
        }
    }
}

/// The connections of each kind. Searches have one: they keep a core busy.
pub(crate) struct Scans {
    lists: Pool<Opener>,
    searches: Pool<Opener>,
    strangers_searches: Pool<Opener>,
    messages: Pool<Opener>,
}

impl Scans {
    pub(crate) fn new(path: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            lists: pool(path, 2, Purpose::Scanning)?,
            searches: pool(path, 1, Purpose::Scanning)?,
            strangers_searches: pool(path, 1, Purpose::Scanning)?,
            messages: pool(path, 2, Purpose::Reading)?,
        })
    }

    pub(crate) fn pool(&self, scan: Scan) -> &Pool<Opener> {
        match scan {
            Scan::List => &self.lists,
            Scan::Search => &self.searches,
            Scan::StrangersSearch => &self.strangers_searches,
            Scan::Messages => &self.messages,
        }
    }

    /// Returns each pool with its name in metrics.
    pub(crate) fn pools(&self) -> [(&'static str, &Pool<Opener>); 4] {
        [
            ("list", &self.lists),
            ("search", &self.searches),
            ("stranger_search", &self.strangers_searches),
            ("message_search", &self.messages),
        ]
    }
}
