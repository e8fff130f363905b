//! The sets, classes and quotas of rate limits.

use std::collections::HashMap;
use std::time::Duration;

use super::Quota;

/// A kind of request with a quota of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitClass {
    /// Logins, signups and changes of a password together.
    Auth,
    /// All requests of a signed-in user.
    Api,
    /// All requests without a user.
    Anonymous,
    /// Uploads.
    Upload,
}

/// The name of a set of limits, such as those of one dialect. Every set has quotas and counters of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LimitSet(pub &'static str);

impl LimitSet {
    /// The set of the API, which most dialects share.
    pub const API: Self = Self("api");
}

/// The quotas of one set, by class; `None` is unlimited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quotas {
    /// The quota of [`LimitClass::Auth`].
    pub auth: Option<Quota>,
    /// The quota of [`LimitClass::Api`].
    pub api: Option<Quota>,
    /// The quota of [`LimitClass::Anonymous`].
    pub anonymous: Option<Quota>,
    /// The quota of [`LimitClass::Upload`].
    pub upload: Option<Quota>,
}

impl Quotas {
    /// Returns the quota of a class; `None` is unlimited.
    #[must_use]
    pub fn of(&self, class: LimitClass) -> Option<Quota> {
        match class {
            LimitClass::Auth => self.auth,
            LimitClass::Api => self.api,
            LimitClass::Anonymous => self.anonymous,
            LimitClass::Upload => self.upload,
        }
    }

    fn longest(&self) -> Duration {
        let all = [self.auth, self.api, self.anonymous, self.upload];
        let longest = all.into_iter().flatten().map(Quota::period).max().unwrap_or_default();
        longest.unsigned_abs()
    }
}

/// The quotas of every set. A set without quotas of its own has those of [`LimitSet::API`], counted apart.
#[derive(Debug, Clone, Default)]
pub struct LimitPolicy {
    api: Quotas,
    others: HashMap<LimitSet, Quotas>,
}

impl LimitPolicy {
    /// A policy with the quotas of [`LimitSet::API`].
    #[must_use]
    pub fn new(api: Quotas) -> Self {
        Self { api, others: HashMap::new() }
    }

    /// Adds the quotas of another set, or replaces them.
    #[must_use]
    pub fn with(mut self, set: LimitSet, quotas: Quotas) -> Self {
        self.others.insert(set, quotas);
        self
    }

    /// Returns the quota of a class in a set; `None` is unlimited.
    #[must_use]
    pub fn quota(&self, set: LimitSet, class: LimitClass) -> Option<Quota> {
        self.others.get(&set).unwrap_or(&self.api).of(class)
    }

    /// Returns the longest period of any quota: a client idle for that long has all of its requests back. Zero where
    /// nothing is limited.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.others.values().chain([&self.api]).map(Quotas::longest).max().unwrap_or_default()
    }
}

impl From<Quotas> for LimitPolicy {
    fn from(api: Quotas) -> Self {
        Self::new(api)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "quotas are optional")]
    fn quota(text: &str) -> Option<Quota> {
        Some(text.parse().unwrap())
    }

    const DIALECT: LimitSet = LimitSet("dialect");

    #[test]
    fn a_set_has_its_own_quotas_and_an_unlisted_one_those_of_the_api() {
        let api = Quotas { auth: quota("5/1m"), api: quota("9/1h"), ..Quotas::default() };
        let policy = LimitPolicy::new(api).with(DIALECT, Quotas { auth: quota("7/2h"), ..Quotas::default() });
        assert_eq!(policy.quota(LimitSet::API, LimitClass::Auth), quota("5/1m"));
        assert_eq!(policy.quota(DIALECT, LimitClass::Auth), quota("7/2h"));
        assert_eq!(policy.quota(DIALECT, LimitClass::Api), None);
        assert_eq!(policy.quota(LimitSet("unlisted"), LimitClass::Api), quota("9/1h"));
    }

    #[test]
    fn the_longest_period_is_that_of_any_quota_in_any_set() {
        assert_eq!(LimitPolicy::default().longest(), Duration::ZERO);
        let policy = LimitPolicy::new(Quotas { auth: quota("5/1m"), ..Quotas::default() });
        assert_eq!(policy.longest(), Duration::from_mins(1));
        let policy = policy.with(DIALECT, Quotas { upload: quota("7/2h"), ..Quotas::default() });
        assert_eq!(policy.longest(), Duration::from_hours(2));
    }
}
