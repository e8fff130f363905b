//! Metadata as clients send it: JSON of any shape, of which the domain decides what may be kept.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use domain::Invalid;
use domain::metadata::{Json, LEVELS, SentMetadata};
use serde_json::json;
use serde_json::value::RawValue;

use super::body::members;
use super::{Fields, InvalidField, Value};

impl Value for SentMetadata {
    fn optional(fields: &mut Fields, name: &str) -> Result<Option<Self>, InvalidField> {
        let Some(written) = fields.as_written(name) else { return Ok(None) };
        let checked = read(written.get(), LEVELS).and_then(|json| Self::check(&json));
        checked.map(Some).map_err(|problem| fields.problem(name, problem.to_string()))
    }

    fn schema() -> serde_json::Value {
        json!({"type": "object", "examples": [{"color": "red"}],
            "description": "JSON for the client's own use, kept as it is sent: at most 4096 bytes as compact JSON and 5 levels \
                deep, without U+0000 and integers beyond 2^53 - 1."})
    }
}

/// Reads a JSON text level by level, so that numbers keep their notation; deeper levels than `levels` are left unread, as no
/// metadata has them.
fn read(text: &str, levels: usize) -> Result<Json, Invalid> {
    let unreadable = |_| Invalid::new("must be JSON of valid Unicode");
    let inner = |raw: &RawValue| match levels.checked_sub(1) {
        Some(levels) => read(raw.get(), levels),
        None => Ok(Json::Null),
    };
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let members = last_of_each(members(text, None).map_err(unreadable)?);
            let read = members.into_iter().map(|(key, raw)| Ok((key, inner(&raw)?)));
            Json::Object(read.collect::<Result<_, Invalid>>()?)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(unreadable)?;
            Json::List(items.into_iter().map(inner).collect::<Result<_, _>>()?)
        }
        Some(b'"') => Json::Text(serde_json::from_str(text).map_err(unreadable)?),
        Some(b't') => Json::Bool(true),
        Some(b'f') => Json::Bool(false),
        Some(b'n') => Json::Null,
        _ => Json::Number(text.to_owned()),
    })
}

/// Returns the members of an object in their order; of a key twice, the last value in the first place.
fn last_of_each<T>(members: Vec<(String, T)>) -> Vec<(String, T)> {
    let mut last: Vec<(String, T)> = Vec::with_capacity(members.len());
    let mut places: HashMap<String, usize> = HashMap::new();
    for (key, value) in members {
        match places.entry(key.clone()) {
            Entry::Occupied(place) => last[*place.get()].1 = value,
            Entry::Vacant(place) => {
                place.insert(last.len());
                last.push((key, value));
            }
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Raw;

    /// Returns the metadata as it is kept, or the problem.
    fn kept(text: &str) -> Result<Option<String>, String> {
        let mut fields = Fields::default();
        fields.insert("metadata".to_owned(), Raw::Json(RawValue::from_string(text.to_owned()).unwrap()));
        match SentMetadata::optional(&mut fields, "metadata") {
            Ok(sent) => Ok(sent.unwrap().kept.text().map(str::to_owned)),
            Err(InvalidField) => Err(fields.problems.remove(0).message),
        }
    }

    #[test]
    fn metadata_keeps_its_order_notation_and_text() {
        let sent = r#"{ "b": [1.0, -0, 1E+2, true, null], "a": " e\u0301\r\n ", "\u00e9": {} }"#;
        let wanted = "{\"b\":[1.0,-0,1E+2,true,null],\"a\":\" e\u{301}\\r\\n \",\"\u{e9}\":{}}";
        assert_eq!(kept(sent), Ok(Some(wanted.to_owned())));
        assert_eq!(kept(" { } "), Ok(None));
    }

    #[test]
    fn of_a_key_twice_the_last_value_is_kept() {
        assert_eq!(
            kept(r#"{"a": 1, "b": {"c": 1, "\u0063": 2}, "a": 3}"#),
            Ok(Some(r#"{"a":3,"b":{"c":2}}"#.into()))
        );
        // What is not kept is not looked at.
        assert_eq!(kept(r#"{"a": 1e999, "a": 3}"#), Ok(Some(r#"{"a":3}"#.into())));
    }

    #[test]
    fn what_is_no_metadata_is_a_problem() {
        for (text, problem) in [
            ("null", "must be a JSON object"),
            ("[]", "must be a JSON object"),
            (r#""text""#, "must be a JSON object"),
            (r#"{"a": "\ud800"}"#, "Unicode"),
            (r#"{"\udc00": 1}"#, "Unicode"),
            (r#"{"a": "\u0000"}"#, "U+0000"),
            (r#"{"a": 1e400}"#, "finite"),
            (r#"{"a": 9007199254740992}"#, "integers"),
            (r#"{"a": [[[[[]]]]]}"#, "5 levels"),
        ] {
            let found = kept(text).unwrap_err();
            assert!(found.contains(problem), "{text}: {found}");
        }
    }

    #[test]
    fn depth_does_no_harm() {
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(20_000), "]".repeat(20_000));
        assert!(kept(&deep).unwrap_err().contains("5 levels"));
    }
}
