//! People as others see them, as values.

use super::{Identity, UserRef};
use crate::text::{self, text_value};
use crate::{Timestamp, UserId};

text_value! {
    /// The beginning of a username to search for: 2 to 32 characters, which no username may begin with.
    NameStart, text::line, custom(text::chars(2, 32))
}

impl NameStart {
    /// Returns the start of [keys](super::Username::key) to search for; `None` where no username can begin so.
    pub(crate) fn key(&self) -> Option<String> {
        let key = self.as_str().to_ascii_lowercase();
        key.chars().all(super::is_of_a_username).then_some(key)
    }
}

/// A user as others see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The user.
    pub user: UserRef,
    /// The time of the signup.
    pub created_at: Timestamp,
}

/// The people whom callers can find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Directory {
    /// Everyone.
    #[default]
    Everyone,
    /// Those with whom the caller shares a room, and the caller.
    Shared,
    /// No one: the directory is not served.
    Off,
}

/// The people among whom a store looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Circle {
    /// Everyone.
    Everyone,
    /// That user, and those who are in a room with them.
    Of(UserId),
}

impl Directory {
    /// Returns the people whom the caller can find; `None` for no one.
    pub(crate) fn circle(self, caller: &Identity) -> Option<Circle> {
        match self {
            Self::Everyone => Some(Circle::Everyone),
            Self::Shared => Some(Circle::Of(caller.user.id)),
            Self::Off => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_has_2_to_32_characters_of_any_kind() {
        for (text, valid) in
            [("ab", true), (" ab ", true), ("a", false), (" a ", false), ("\u{fc}\u{1f408}", true)]
        {
            assert_eq!(NameStart::parse(text).is_ok(), valid, "{text:?}");
        }
        assert!(NameStart::parse(&"a".repeat(32)).is_ok());
        assert!(NameStart::parse(&"a".repeat(33)).is_err());
        assert!(NameStart::parse("a\0b").is_err());
    }
}
