//! The header `Idempotency-Key`.

use std::str::FromStr;

use domain::Invalid;
use domain::message::ClientKey;

use super::{ApiError, Detail, FromFields, texts};

const NAME: &str = "Idempotency-Key";

/// A key as the header writes it: bare, or in double quotes, which are not part of it.
pub(crate) struct HeaderKey(pub ClientKey);

impl FromStr for HeaderKey {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        if quoted.is_some_and(|key| key.contains('\\')) {
            return Err(Invalid::new("must not have a backslash inside its quotes"));
        }
        quoted.unwrap_or(text).parse().map(Self)
    }
}

texts! {
    HeaderKey: ClientKey::schema();
}

/// The header of a request that can be repeated safely.
#[derive(FromFields)]
pub(crate) struct IdempotencyKey {
    /// Makes repeats safe. Double quotes around it are not part of it.
    #[field(name = "Idempotency-Key")]
    pub idempotency_key: Option<HeaderKey>,
}

impl IdempotencyKey {
    /// Returns the key of the header.
    pub(crate) fn key(self) -> Option<ClientKey> {
        self.idempotency_key.map(|key| key.0)
    }

    /// Returns the key of the body or of the header; an error that names the header where they differ.
    pub(crate) fn or_in_body(self, body: Option<ClientKey>) -> Result<Option<ClientKey>, ApiError> {
        match (body, self.key()) {
            (Some(body), Some(header)) if body != header => {
                let (field, message) = (NAME.to_owned(), "must be the same key as `clientId`".to_owned());
                Err(ApiError::invalid(vec![Detail { field, message }]))
            }
            (body, header) => Ok(body.or(header)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Option<String> {
        text.parse::<HeaderKey>().ok().map(|key| key.0.to_string())
    }

    #[test]
    fn quotes_around_the_value_are_not_part_of_the_key() {
        assert_eq!(key("k1"), key("\"k1\""));
        assert_eq!(key("\"a b\"").as_deref(), Some("a b"));
        assert_eq!(key(&format!("\"{}\"", "k".repeat(64))), Some("k".repeat(64)));
    }

    #[test]
    fn a_half_quoted_value_is_a_key_as_it_stands() {
        for half in ["\"k1", "k1\"", "\"", "a\"b"] {
            assert_eq!(key(half).as_deref(), Some(half));
        }
    }

    #[test]
    fn nothing_and_a_backslash_inside_quotes_are_no_key() {
        for bad in ["\"\"", "\"a\\b\"", "\"a\\\"b\""] {
            assert_eq!(key(bad), None, "{bad}");
        }
        assert_eq!(key("a\\b").as_deref(), Some("a\\b"), "without quotes it is a character like others");
    }

    #[test]
    fn body_and_header_may_both_have_the_key_but_not_different_ones() {
        let header = |key: &str| IdempotencyKey { idempotency_key: key.parse().ok() };
        let key = |text: &str| Some(ClientKey::parse(text).unwrap());
        assert_eq!(header("\"k\"").or_in_body(key("k")).unwrap(), key("k"));
        assert_eq!(header("k").or_in_body(None).unwrap(), key("k"));
        assert!(header("\"k\"").or_in_body(key("\"k\"")).is_err(), "quotes in the body are part of the key");
        assert!(header("k").or_in_body(key("other")).is_err());
    }
}
