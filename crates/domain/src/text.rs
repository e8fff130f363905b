//! How text from outside becomes a value: normalised, trimmed, free of control characters, of a known length.
//!
//! The rules are those of the wire contract, section 1: NFC, CR LF becomes LF, lengths in Unicode scalar values.

use unicode_normalization::UnicodeNormalization;

/// Why a raw value is no value of the wanted type, in words for the person who sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

impl Invalid {
    /// Wraps a sentence such as "must be a UUID".
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Text of one line: no control character at all.
pub(crate) fn line(raw: &str) -> Result<String, Invalid> {
    clean(raw, |_| false)
}

/// Text of several lines: newline and tab may stay.
pub(crate) fn lines(raw: &str) -> Result<String, Invalid> {
    clean(raw, |c| matches!(c, '\n' | '\t'))
}

/// A secret: normalised, so that every keyboard spells it alike, but never trimmed.
pub(crate) fn secret(raw: &str) -> Result<String, Invalid> {
    without_controls(raw.nfc().collect(), |_| false)
}

fn clean(raw: &str, allowed: fn(char) -> bool) -> Result<String, Invalid> {
    let text: String = raw.replace("\r\n", "\n").nfc().collect();
    without_controls(text.trim().to_owned(), allowed)
}

fn without_controls(text: String, allowed: fn(char) -> bool) -> Result<String, Invalid> {
    match text.chars().find(|&c| c.is_control() && !allowed(c)) {
        Some(c) => Err(Invalid(format!("must not contain the control character U+{:04X}", u32::from(c)))),
        None => Ok(text),
    }
}

/// A garde rule: between `min` and `max` Unicode scalar values.
pub(crate) fn chars(min: usize, max: usize) -> impl FnOnce(&str, &()) -> garde::Result {
    move |text, ()| {
        let length = text.chars().count();
        if (min..=max).contains(&length) {
            return Ok(());
        }
        Err(garde::Error::new(if min == 0 {
            format!("must be at most {max} characters long, but has {length}")
        } else {
            format!("must be {min} to {max} characters long, but has {length}")
        }))
    }
}

/// The first sentence of a garde report about a single value.
pub(crate) fn first_complaint(report: &garde::Report) -> Invalid {
    Invalid(report.iter().next().map_or_else(String::new, |(_, error)| error.message().to_owned()))
}

/// Defines a text newtype: cleaned by `$clean`, then validated by garde.
///
/// `parse` is the only way in for text from outside; `stored` takes back what an adapter once kept.
macro_rules! text_value {
    ($(#[$meta:meta])* $name:ident, $clean:path, $($rule:tt)+) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, garde::Validate)]
        #[garde(transparent)]
        pub struct $name(#[garde($($rule)+)] String);

        impl $name {
            /// Normalises and validates what came from outside.
            pub fn parse(raw: &str) -> Result<Self, $crate::text::Invalid> {
                let value = Self($clean(raw)?);
                match garde::Validate::validate(&value) {
                    Ok(()) => Ok(value),
                    Err(report) => Err($crate::text::first_complaint(&report)),
                }
            }

            /// Takes back a value that was parsed before it was stored.
            #[must_use]
            pub fn stored(value: String) -> Self {
                Self(value)
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text itself, without a copy.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text::Invalid;

            fn from_str(raw: &str) -> Result<Self, Self::Err> {
                Self::parse(raw)
            }
        }
    };
}
pub(crate) use text_value;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn composes_trims_and_unifies_line_ends() {
        assert_eq!(lines(" e\u{301}\r\nb\t ").unwrap(), "\u{e9}\nb");
    }

    #[test]
    fn a_line_refuses_every_control_character() {
        for c in ['\0', '\u{1}', '\u{7f}', '\u{85}'] {
            assert!(line(&format!("a{c}b")).is_err(), "{c:?}");
        }
        assert_eq!(line("a\nb").unwrap_err().to_string(), "must not contain the control character U+000A");
    }

    #[test]
    fn lines_keep_newline_and_tab_but_no_lone_carriage_return() {
        assert_eq!(lines("a\n\tb").unwrap(), "a\n\tb");
        assert!(lines("a\rb").is_err());
    }

    #[test]
    fn a_secret_keeps_its_blanks() {
        assert_eq!(secret(" e\u{301} ").unwrap(), " \u{e9} ");
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(raw in ".*") {
            if let Ok(once) = lines(&raw) {
                prop_assert_eq!(lines(&once), Ok(once));
            }
        }
    }
}
