//! Text values: normalised, trimmed, free of control characters, and of limited length.
//!
//! The rules are those of the wire contract, section 1: NFC, CR LF becomes LF, lengths in Unicode scalar values.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The error of a raw value that cannot be parsed, in words for the person who sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

impl Invalid {
    /// Wraps a message such as "must be a UUID".
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Cleans text of one line: rejects all control characters.
pub(crate) fn line(raw: &str) -> Result<String, Invalid> {
    clean(raw, |_| false)
}

/// Cleans a name that people read on one line: as a [`line`], with something to see, and without what reorders or breaks the
/// line that it stands in.
pub(crate) fn name(raw: &str) -> Result<String, Invalid> {
    let text = line(raw)?;
    let breaking = |c| matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if let Some(c) = text.chars().find(|&c| breaking(c)) {
        let problem = "must not contain the control of text direction or line break";
        return Err(Invalid(format!("{problem} U+{:04X}", u32::from(c))));
    }
    // Too short a name has that problem alone.
    if !text.is_empty() && !text.chars().any(visible) {
        return Err(Invalid::new("must have a visible character"));
    }
    Ok(text)
}

/// Returns true for a character that shows by itself: no white space, no mark on another character, and none of Unicode's
/// `Default_Ignorable_Code_Point`, such as joiners, variation selectors and fillers. (The empty Braille pattern is a symbol
/// to Unicode.)
fn visible(c: char) -> bool {
    let ignorable = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    !ignorable && c != '\u{2800}' && !c.is_whitespace() && !is_combining_mark(c)
}

/// Cleans text of several lines: newline and tab may stay.
pub(crate) fn lines(raw: &str) -> Result<String, Invalid> {
    clean(raw, |c| matches!(c, '\n' | '\t'))
}

/// Normalises a secret, so that all keyboards produce the same bytes, without trimming it.
pub(crate) fn secret(raw: &str) -> Result<String, Invalid> {
    without_controls(normalised(raw), |_| false)
}

/// Normalises a symbol, such as an emoji: rejects white space and control characters, and trims nothing.
pub(crate) fn symbol(raw: &str) -> Result<String, Invalid> {
    let text = without_controls(normalised(raw), |_| false)?;
    match text.chars().find(|c| c.is_whitespace()) {
        Some(c) => Err(Invalid(format!("must not contain the white space U+{:04X}", u32::from(c)))),
        None => Ok(text),
    }
}

fn clean(raw: &str, allowed: fn(char) -> bool) -> Result<String, Invalid> {
    let text = normalised(&raw.replace("\r\n", "\n"));
    without_controls(text.trim().to_owned(), allowed)
}

/// Returns the text in NFC. ASCII is, and most texts are that: to decompose and compose each character takes longer.
fn normalised(raw: &str) -> String {
    if raw.is_ascii() { raw.to_owned() } else { raw.nfc().collect() }
}

fn without_controls(text: String, allowed: fn(char) -> bool) -> Result<String, Invalid> {
    match text.chars().find(|&c| c.is_control() && !allowed(c)) {
        Some(c) => Err(Invalid(format!("must not contain the control character U+{:04X}", u32::from(c)))),
        None => Ok(text),
    }
}

/// Returns a garde rule: between `min` and `max` Unicode scalar values.
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

/// Checks by a garde rule that a text without control characters is printable ASCII.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde passes its context by reference")]
pub(crate) fn ascii(text: &str, (): &()) -> garde::Result {
    if text.is_ascii() { Ok(()) } else { Err(garde::Error::new("must be printable ASCII")) }
}

/// Returns the first message of a garde report about a single value.
pub(crate) fn first_message(report: &garde::Report) -> Invalid {
    Invalid(report.iter().next().map_or_else(String::new, |(_, error)| error.message().to_owned()))
}

/// Defines a text newtype: cleaned by `$clean`, then validated by garde.
///
/// `parse` is the only constructor for raw text; `stored` restores a value from a store.
macro_rules! text_value {
    ($(#[$meta:meta])* $name:ident, $clean:path, $($rule:tt)+) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, garde::Validate)]
        #[garde(transparent)]
        pub struct $name(#[garde($($rule)+)] String);

        impl $name {
            /// Normalises and validates raw text.
            pub fn parse(raw: &str) -> Result<Self, $crate::text::Invalid> {
                let value = Self($clean(raw)?);
                match garde::Validate::validate(&value) {
                    Ok(()) => Ok(value),
                    Err(report) => Err($crate::text::first_message(&report)),
                }
            }

            /// Restores a value that was parsed before it was stored.
            #[must_use]
            pub fn stored(value: String) -> Self {
                Self(value)
            }

            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Returns the text without a copy.
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
    fn text_is_composed_trimmed_and_its_line_ends_unified() {
        assert_eq!(lines(" e\u{301}\r\nb\t ").unwrap(), "\u{e9}\nb");
    }

    #[test]
    fn a_line_rejects_every_control_character() {
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
    fn a_name_has_something_to_see() {
        for raw in [
            "\u{200d}\u{200d}\u{200d}",
            "\u{fe0f}\u{200b}\u{2060}",
            "\u{3164}\u{3164}\u{3164}",
            "\u{2800}\u{2800}\u{2800}",
            "\u{ad}\u{feff}\u{e0041}",
            "\u{115f}\u{1160}\u{ffa0}",
            "\u{301}\u{20dd}\u{301}",
            "\u{200b} \u{a0} \u{200b}",
        ] {
            assert_eq!(name(raw).unwrap_err().to_string(), "must have a visible character", "{raw:?}");
        }
        for raw in [
            "\u{200b}a",
            "\u{2764}\u{fe0f}",
            "\u{1f469}\u{200d}\u{1f4bb}",
            "名前",
            "שָׁלוֹם",
            "हिन्दी",
            "...",
            "\u{e000}",
        ] {
            assert_eq!(name(raw).as_deref(), Ok(&*raw.nfc().collect::<String>()), "{raw:?}");
        }
    }

    #[test]
    fn a_name_neither_reorders_nor_breaks_its_line() {
        let bad = ['\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}'].into_iter();
        for c in bad.chain('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            let error = name(&format!("a{c}b")).unwrap_err().to_string();
            assert!(error.ends_with(&format!("U+{:04X}", u32::from(c))), "{error}");
        }
        // Beside them in Unicode, and harmless.
        assert_eq!(name("a\u{200d}b\u{202f}c\u{206a}").unwrap(), "a\u{200d}b\u{202f}c\u{206a}");
    }

    #[test]
    fn a_secret_is_not_trimmed() {
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
