//! Accounts as admins see them, and lists.

use std::str::FromStr;

use crate::Timestamp;
use crate::account::{Email, User, is_of_a_username};
use crate::text::{self, Invalid};

/// The accounts to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountSearch {
    /// Those whose [key](crate::account::Username::key) starts so: letters in lower case, digits, `_`, `.` and `-` only.
    Named(String),
    /// That of this [address](Email::key).
    Addressed(String),
}

impl AccountSearch {
    /// All accounts.
    #[must_use]
    pub fn all() -> Self {
        Self::Named(String::new())
    }
}

impl FromStr for AccountSearch {
    type Err = Invalid;

    /// Reads the beginning of a username, or a whole email address.
    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let line = text::line(raw)?;
        if line.contains('@') {
            return Email::parse(&line).map(|address| Self::Addressed(address.key()));
        }
        let start = line.to_ascii_lowercase();
        if start.len() > 32 || !start.chars().all(is_of_a_username) {
            return Err(Invalid::new("must be the beginning of a username, or an email address"));
        }
        Ok(Self::Named(start))
    }
}

/// An account as the store has it for admins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// The account.
    pub user: User,
    /// `true` where an admin or the command line made the user a server admin.
    pub server_admin: bool,
    /// The time at which the account was disabled; `None` for one in use.
    pub disabled_at: Option<Timestamp>,
}

/// The reason for which a user administers the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminBy {
    /// The configuration names them; such rights are not withdrawn here.
    Configuration,
    /// An admin or the command line made them one.
    Grant,
}

/// An account as admins see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAccount {
    /// The account.
    pub user: User,
    /// The reason for which the user administers the server, if they do.
    pub admin: Option<AdminBy>,
    /// The time at which the account was disabled; `None` for one in use.
    pub disabled_at: Option<Timestamp>,
}

/// The beginning of what is left of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// At most as many items as were asked for.
    pub items: Vec<T>,
    /// `true` where more follow.
    pub has_more: bool,
}

impl<T> Listed<T> {
    /// Keeps the first `limit` of items, of which one more was read where there are more.
    pub(crate) fn first(mut items: Vec<T>, limit: u32) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        Self { items, has_more }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_looked_for_by_the_start_of_a_name_or_by_an_address() {
        for (text, expected) in [
            (" Us.R_-9 ", AccountSearch::Named("us.r_-9".to_owned())),
            ("", AccountSearch::all()),
            (" John@Example.org", AccountSearch::Addressed("john@example.org".to_owned())),
        ] {
            assert_eq!(text.parse::<AccountSearch>().unwrap(), expected, "{text}");
        }
        for text in ["a b", "us%", "\u{fc}ser", "a@", "a\0", &"a".repeat(33)] {
            assert!(text.parse::<AccountSearch>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_list_has_more_where_more_was_read() {
        assert_eq!(Listed::first(vec![1, 2, 3], 2), Listed { items: vec![1, 2], has_more: true });
        assert_eq!(Listed::first(vec![1, 2], 2), Listed { items: vec![1, 2], has_more: false });
    }
}
