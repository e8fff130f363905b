//! Reactions as values.

use crate::MessageId;
use crate::account::UserRef;
use crate::room::Seq;
use crate::text::{self, text_value};

/// The most different reactions on a message.
pub const MOST_REACTIONS: usize = 20;
/// The number of users that a message shows of each of its reactions.
pub const SHOWN_USERS: usize = 10;

text_value! {
    /// A reaction: 1 to 32 characters without white space, an emoji as a rule.
    Emoji, text::symbol, custom(text::chars(1, 32))
}

/// A user's reaction that was added or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReactionChange {
    /// The message.
    pub message: MessageId,
    /// The message's number in the order of the room.
    pub seq: Seq,
    /// The reaction.
    pub emoji: Emoji,
    /// The number of users who use it after the change.
    pub count: u32,
    /// The user.
    pub user: UserRef,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_is_1_to_32_characters_after_normalisation() {
        let family = "👩\u{200d}👩\u{200d}👧\u{200d}👧";
        for good in ["👍", "+1", "a/b%", "❤\u{fe0f}", family, &"x".repeat(32), &"e\u{301}".repeat(32)] {
            assert!(Emoji::parse(good).is_ok(), "{good:?}");
        }
        for bad in ["", &"x".repeat(33)] {
            assert!(Emoji::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Emoji::parse("e\u{301}").unwrap().as_str(), "é");
    }

    #[test]
    fn white_space_and_control_characters_are_refused_not_trimmed() {
        for bad in [" 👍", "👍\n", "a b", "a\u{a0}b", "a\u{3000}", "\u{2028}x", "a\0", "\u{7f}", "\u{85}"]
        {
            assert!(Emoji::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_variation_selector_makes_another_emoji() {
        assert_ne!(Emoji::parse("❤").unwrap(), Emoji::parse("❤\u{fe0f}").unwrap());
    }
}
