//! Ports of administration.

use async_trait::async_trait;

use super::{AccountRecord, AccountSearch, FileUsage, LinkHash, UsagePosition};
use crate::account::Session;
use crate::{SessionId, StoreError, Timestamp, UserId};

/// Reads what admins see. Each list MUST use one query, and read a number of rows that depends on its limit only.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait AdminReader: Send + Sync {
    /// Returns at most `limit` accounts that the search selects, in the order of the bytes of their
    /// [keys](crate::account::Username::key), from the first one after the key `after`.
    async fn accounts(
        &self,
        search: AccountSearch,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<AccountRecord>, StoreError>;

    /// Returns at most `limit` sessions of the user that have neither ended nor expired at `now`, in the order of their ids,
    /// latest first, from the first one below `before`.
    async fn sessions(
        &self,
        user: UserId,
        now: Timestamp,
        before: Option<SessionId>,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError>;

    /// Returns at most `limit` users who have files, those whose files take most first, then by id, latest first, from the
    /// first one after that place.
    async fn file_usage(&self, after: UsagePosition, limit: u32) -> Result<Vec<FileUsage>, StoreError>;

    /// Returns whether any account is marked as that of a server admin. MUST NOT read all accounts.
    async fn has_server_admin(&self) -> Result<bool, StoreError>;
}

/// Changes what admins decide, in a unit of work.
#[async_trait]
pub trait AdminWrites: Send {
    /// Disables the account from `at` on, or enables it where that is `None`. Returns `false` where it was so before, or
    /// there is no such account. No session of the account may begin in a unit of work that commits later.
    async fn set_disabled(&mut self, user: UserId, at: Option<Timestamp>) -> Result<bool, StoreError>;

    /// Stores the link that makes the first server admin, in the place of a former one.
    async fn offer_admin_link(&mut self, hash: LinkHash, expires_at: Timestamp) -> Result<(), StoreError>;

    /// Removes the link and returns `true`; `false` where it is another one, or lapses at `now` or before. MUST return
    /// `true` to one caller at most, however many ask at once.
    async fn take_admin_link(&mut self, hash: LinkHash, now: Timestamp) -> Result<bool, StoreError>;

    /// Removes the link, if there is one.
    async fn withdraw_admin_link(&mut self) -> Result<(), StoreError>;
}
