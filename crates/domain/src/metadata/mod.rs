//! JSON for the client's own use, on messages and rooms.

mod json;

use std::sync::Arc;

use crate::Invalid;

pub use json::Json;

/// The most arrays and objects in each other, the object itself included.
pub const LEVELS: usize = 5;
/// The most bytes as compact JSON.
pub const MOST_BYTES: usize = 4_096;

/// A JSON object that a client keeps at a message or a room; nothing reads it here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Metadata(Option<Arc<str>>);

impl Metadata {
    /// The object without members.
    pub const EMPTY: Self = Self(None);

    /// Restores metadata that was checked before it was stored; `None` is the empty object.
    #[must_use]
    pub fn stored(text: Option<String>) -> Self {
        Self(text.map(Arc::from))
    }

    /// Returns the object as compact JSON; `None` where it has no members.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// Metadata as a client sends it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SentMetadata {
    /// The metadata to keep, as it was sent.
    pub kept: Metadata,
    canonical: Option<Box<str>>,
}

impl SentMetadata {
    /// Checks a value: an object of at most 5 levels and 4,096 bytes, which every reader of JSON understands alike.
    pub fn check(value: &Json) -> Result<Self, Invalid> {
        let Json::Object(members) = value else { return Err(Invalid::new("must be a JSON object")) };
        if members.is_empty() {
            return Ok(Self::default());
        }
        if let Some(problem) = value.problem(LEVELS) {
            return Err(Invalid(problem));
        }
        let compact = value.compact();
        if compact.len() > MOST_BYTES {
            let length = compact.len();
            return Err(Invalid(format!(
                "must be at most {MOST_BYTES} bytes of compact JSON, but has {length}"
            )));
        }
        let canonical = Some(value.canonical().into());
        Ok(Self { kept: Metadata(Some(compact.into())), canonical })
    }

    /// Returns the object as canonical JSON, by which it is compared with another; `None` where it has no members.
    #[must_use]
    pub fn canonical(&self) -> Option<&str> {
        self.canonical.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(members: &[(&str, Json)]) -> Json {
        Json::Object(members.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
    }

    fn number(written: &str) -> Json {
        Json::Number(written.to_owned())
    }

    fn nested(levels: usize) -> Json {
        (1..levels).fold(object(&[("n", number("1"))]), |inner, level| {
            if level % 2 == 0 { Json::List(vec![inner]) } else { object(&[("n", inner)]) }
        })
    }

    #[test]
    fn metadata_is_kept_as_it_was_sent() {
        let sent = object(&[("b", number("1.0")), ("a", Json::Text(" e\u{301}\r\n ".to_owned()))]);
        let checked = SentMetadata::check(&sent).unwrap();
        assert_eq!(checked.kept.text(), Some("{\"b\":1.0,\"a\":\" e\u{301}\\r\\n \"}"));
        assert_eq!(checked.canonical(), Some("{\"a\":\" e\u{301}\\r\\n \",\"b\":1}"));
    }

    #[test]
    fn the_empty_object_is_no_metadata() {
        assert_eq!(SentMetadata::check(&object(&[])).unwrap(), SentMetadata::default());
    }

    #[test]
    fn only_an_object_is_metadata() {
        for value in [Json::Null, Json::Bool(true), number("1"), Json::List(vec![]), Json::Text("{}".into())]
        {
            assert!(SentMetadata::check(&value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn metadata_has_at_most_five_levels() {
        assert!(SentMetadata::check(&object(&[("a", nested(4))])).is_ok());
        assert!(SentMetadata::check(&object(&[("a", nested(5))])).is_err());
        assert!(SentMetadata::check(&object(&[("a", nested(4)), ("b", Json::List(vec![]))])).is_ok());
    }

    #[test]
    fn metadata_has_at_most_4096_bytes_of_unescaped_utf_8() {
        // `{"k":""}` are eight bytes.
        for (text, fits) in [
            ("x".repeat(4_088), true),
            ("x".repeat(4_089), false),
            ("\u{e9}".repeat(2_044), true),
            ("\u{e9}".repeat(2_045), false),
            ("\n".repeat(2_044), true),
            ("\n".repeat(2_045), false),
        ] {
            let sent = object(&[("k", Json::Text(text.clone()))]);
            assert_eq!(
                SentMetadata::check(&sent).is_ok(),
                fits,
                "{} of {:?}",
                text.len(),
                text.chars().next()
            );
        }
    }

    #[test]
    fn numbers_that_readers_would_take_for_others_are_rejected() {
        for (written, fits) in [
            ("9007199254740991", true),
            ("-9007199254740991", true),
            ("9007199254740992", false),
            ("-9007199254740992", false),
            ("123456789012345678901234567890", false),
            ("1.5e300", true),
            ("1e999", false),
            ("-1e999", false),
        ] {
            assert_eq!(SentMetadata::check(&object(&[("n", number(written))])).is_ok(), fits, "{written}");
        }
    }

    #[test]
    fn a_null_character_is_rejected_in_keys_and_texts() {
        assert!(SentMetadata::check(&object(&[("a\0", Json::Null)])).is_err());
        let inner = object(&[("a", Json::List(vec![Json::Text("\0".to_owned())]))]);
        assert!(SentMetadata::check(&inner).is_err());
        assert!(SentMetadata::check(&object(&[("\u{1}", Json::Text("\u{7f}".to_owned()))])).is_ok());
    }

    #[test]
    fn equal_metadata_is_canonically_equal_in_any_order_and_notation() {
        let one = object(&[("a", number("1")), ("b", number("2.50"))]);
        let other = object(&[("b", number("25e-1")), ("a", number("1.0"))]);
        let canonical = |json| SentMetadata::check(json).unwrap().canonical().map(str::to_owned);
        assert_eq!(canonical(&one), canonical(&other));
    }
}
