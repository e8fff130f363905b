//! Where limits are counted.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;

use super::{Decision, Quota};
use crate::{StoreError, UserId};

/// What is limited, each by a quota of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitClass {
    /// Logins and signups together.
    Auth,
    /// Everything a signed-in user asks for.
    Api,
    /// Everything the anonymous ask for.
    Anonymous,
    /// Uploads.
    Upload,
}

/// What each class may do; `None` is unlimited.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quotas {
    /// Logins and signups together.
    pub auth: Option<Quota>,
    /// Everything a signed-in user asks for.
    pub api: Option<Quota>,
    /// Everything the anonymous ask for.
    pub anonymous: Option<Quota>,
    /// Uploads.
    pub upload: Option<Quota>,
}

impl Quotas {
    /// That of a class.
    #[must_use]
    pub fn of(&self, class: LimitClass) -> Option<Quota> {
        match class {
            LimitClass::Auth => self.auth,
            LimitClass::Api => self.api,
            LimitClass::Anonymous => self.anonymous,
            LimitClass::Upload => self.upload,
        }
    }

    /// After how long nothing is remembered of anybody.
    #[must_use]
    pub fn longest(&self) -> Duration {
        let all = [self.auth, self.api, self.anonymous, self.upload];
        let longest = all.into_iter().flatten().map(Quota::period).max().unwrap_or_default();
        longest.unsigned_abs()
    }
}

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LimitKey {
    /// A client address (IPv6: its /64 network, which is one customer).
    Address(IpAddr),
    /// An account name or address in lower case, whether or not there is such an account.
    Account(String),
    /// A user.
    User(UserId),
}

/// Counts requests.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Limits: Send + Sync {
    /// Asks for one request now; `None` where that class is not limited. MUST be one atomic step per key.
    async fn acquire(&self, class: LimitClass, key: LimitKey) -> Result<Option<Decision>, StoreError>;

    /// What a request would find, without asking for one.
    async fn peek(&self, class: LimitClass, key: LimitKey) -> Result<Option<Decision>, StoreError>;
}
