//! The files of users, by the bytes that they take.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::UserId;
use crate::account::UserRef;
use crate::text::Invalid;

/// The files of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileUsage {
    /// The user.
    pub user: UserRef,
    /// The number of the files.
    pub files: u64,
    /// The bytes that they take.
    pub bytes: u64,
}

impl FileUsage {
    /// Returns the place in the list.
    #[must_use]
    pub fn position(&self) -> UsagePosition {
        UsagePosition { bytes: self.bytes, user: self.user.id }
    }
}

/// A place in the list of users by the bytes of their files. Its text is `<bytes>-<user id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsagePosition {
    /// The bytes.
    pub bytes: u64,
    /// The user, among those of as many bytes.
    pub user: UserId,
}

impl UsagePosition {
    /// The place before all others.
    pub const START: Self = Self { bytes: i64::MAX.unsigned_abs(), user: UserId(Uuid::max()) };
}

impl fmt::Display for UsagePosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.bytes, self.user.0)
    }
}

impl FromStr for UsagePosition {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let read = || {
            let (bytes, user) = text.split_once('-')?;
            let bytes = bytes.parse::<u64>().ok().filter(|bytes| *bytes <= Self::START.bytes)?;
            Some(Self { bytes, user: UserId(Uuid::try_parse(user).ok()?) })
        };
        read().ok_or_else(|| Invalid::new("must be the `after` of an earlier page"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::user_id;

    #[test]
    fn a_place_among_usages_survives_its_text() {
        for place in [UsagePosition::START, UsagePosition { bytes: 0, user: user_id(7) }] {
            assert_eq!(place.to_string().parse::<UsagePosition>().unwrap(), place);
        }
        let beyond = format!("{}-{}", u64::MAX, user_id(1).0);
        for text in ["", "7", "7-", "-7", "x-00000000-0000-0000-0000-000000000007", &beyond] {
            assert!(text.parse::<UsagePosition>().is_err(), "{text}");
        }
    }
}
