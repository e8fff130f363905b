//! What an event carries, attachments included, before anybody looks at what is what: a client learns of every bad field.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::http::Detail;

/// A value out of an event.
#[derive(Debug, PartialEq)]
pub(super) enum Loose {
    Text(String),
    /// An attachment.
    Bytes(Bytes),
    Object(HashMap<String, Loose>),
    Null,
    /// A number, a truth value, a list: nothing that an event with attachments has use for.
    Other,
}

/// The fields of an event, and what is found wrong with them.
pub(super) struct LooseFields {
    values: HashMap<String, Loose>,
    pub(super) problems: Vec<Detail>,
}

impl LooseFields {
    /// The fields of a value; one that is no object has none, and is a problem.
    pub(super) fn of(value: Loose) -> Self {
        let mut fields = Self { values: HashMap::new(), problems: vec![] };
        match value {
            Loose::Object(values) => fields.values = values,
            _ => fields.problem("body", "must be a JSON object"),
        }
        fields
    }

    pub(super) fn problem(&mut self, field: &str, message: impl Into<String>) {
        self.problems.push(Detail { field: field.to_owned(), message: message.into() });
    }

    /// Text that may be absent, parsed.
    pub(super) fn text<T: FromStr<Err: fmt::Display>>(&mut self, name: &str) -> Option<T> {
        let parsed = match self.values.remove(name)? {
            Loose::Null => return None,
            Loose::Text(text) => text.parse().map_err(|error: T::Err| error.to_string()),
            Loose::Bytes(_) | Loose::Object(_) | Loose::Other => Err("must be a string".to_owned()),
        };
        parsed.map_err(|message| self.problem(name, message)).ok()
    }

    /// Text that must be there, parsed.
    pub(super) fn required<T: FromStr<Err: fmt::Display>>(&mut self, name: &str) -> Option<T> {
        let absent = matches!(self.values.get(name), None | Some(Loose::Null));
        if absent {
            self.problem(name, "is missing");
        }
        self.text(name)
    }

    /// An attachment that must be there.
    pub(super) fn bytes(&mut self, name: &str) -> Option<Bytes> {
        match self.values.remove(name) {
            Some(Loose::Bytes(bytes)) => return Some(bytes),
            None | Some(Loose::Null) => self.problem(name, "is missing"),
            Some(_) => self.problem(name, "must be binary: a Buffer, an ArrayBuffer, a Blob"),
        }
        None
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Only so does the parser look whether an attachment stands there.
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Loose, E> {
        Ok(Loose::Text(text.to_owned()))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Loose, E> {
        Ok(Loose::Bytes(Bytes::copy_from_slice(bytes)))
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Loose, E> {
        Ok(Loose::Bytes(bytes.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Loose, E> {
        Ok(Loose::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Loose, E> {
        Ok(Loose::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Loose, E> {
        Ok(Loose::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Loose, E> {
        Ok(Loose::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Loose, E> {
        Ok(Loose::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Loose, A::Error> {
        while list.next_element::<Loose>()?.is_some() {}
        Ok(Loose::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
        let mut values = HashMap::new();
        while let Some((name, value)) = map.next_entry()? {
            values.insert(name, value);
        }
        Ok(Loose::Object(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> LooseFields {
        LooseFields::of(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn every_bad_field_is_named_at_once() {
        let mut fields =
            fields(r#"{"roomId": [1, {"x": 2.5}], "filename": true, "data": "aGk=", "clientId": null}"#);
        assert!(fields.required::<String>("roomId").is_none());
        assert!(fields.text::<String>("filename").is_none());
        assert!(fields.text::<String>("clientId").is_none());
        assert!(fields.bytes("data").is_none());
        let named: Vec<&str> = fields.problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(named, ["roomId", "filename", "data"]);
    }

    #[test]
    fn what_is_no_object_has_no_fields_and_is_a_problem_of_its_own() {
        for json in ["null", "5", "[]", r#""x""#] {
            let mut fields = fields(json);
            assert!(fields.required::<String>("roomId").is_none(), "{json}");
            assert_eq!(fields.problems.len(), 2, "{json}");
        }
    }
}
