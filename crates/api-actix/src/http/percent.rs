//! Percent-encoding in paths and queries.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Decodes a text. `None` where a percent sign stands before anything but two digits, or the bytes are not UTF-8.
pub(super) fn decode(text: &str) -> Option<Cow<'_, str>> {
    let mut escapes = text.split('%').skip(1).map(str::as_bytes);
    let whole = escapes.all(|rest| rest.len() >= 2 && rest[..2].iter().all(u8::is_ascii_hexdigit));
    if whole { percent_decode_str(text).decode_utf8().ok() } else { None }
}

/// A parameter of a query, decoded. What can't be is shown with replacement characters.
pub(super) struct Parameter {
    pub name: String,
    pub value: String,
    /// False where either could not be decoded.
    pub readable: bool,
}

/// Returns the parameters of a query, in its order.
pub(super) fn parameters(query: &str) -> impl Iterator<Item = Parameter> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let mut readable = true;
        let mut text = |raw: &str| {
            let raw = raw.replace('+', " ");
            let decoded = decode(&raw);
            readable &= decoded.is_some();
            decoded.unwrap_or_else(|| percent_decode_str(&raw).decode_utf8_lossy()).into_owned()
        };
        let (name, value) = (text(name), text(value));
        Parameter { name, value, readable }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_follow_a_percent_sign() {
        for (text, decoded) in [("a", "a"), ("%25", "%"), ("%25zz", "%zz"), ("%f0%9F%91%8d", "👍"), ("", "")]
        {
            assert_eq!(decode(text).as_deref(), Some(decoded), "{text}");
        }
        for text in ["%", "%zz", "%2", "👍%", "%%25", "%2x", "%ff", "%c0%af"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[test]
    fn parameters_are_those_of_a_form() {
        let read = |query: &str| {
            parameters(query).map(|read| (read.name, read.value, read.readable)).collect::<Vec<_>>()
        };
        let pair = |name: &str, value: &str, readable| (name.to_owned(), value.to_owned(), readable);
        assert_eq!(
            read("a=1&&b=x+y%2B&a&=&c==d"),
            [
                pair("a", "1", true),
                pair("b", "x y+", true),
                pair("a", "", true),
                pair("", "", true),
                pair("c", "=d", true),
            ]
        );
        assert_eq!(read("a=%ff&%zz=1"), [pair("a", "\u{fffd}", false), pair("%zz", "1", false)]);
    }
}
