//! The data of events with attachments, read field by field, so that every bad field is named in one answer.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::http::Detail;

/// A value in the data of an event.
#[derive(Debug, PartialEq)]
pub(super) enum EventValue {
    Text(String),
    /// An attachment.
    Bytes(Bytes),
    Object(HashMap<String, EventValue>),
    Null,
    /// A number, a boolean or a list, which no event with attachments uses.
    Other,
}

/// The fields of an event, and the problems found in them.
pub(super) struct EventFields {
    values: HashMap<String, EventValue>,
    pub(super) problems: Vec<Detail>,
}

impl EventFields {
    /// Returns the fields of a value; anything but an object has none, and is a problem.
    pub(super) fn of(value: EventValue) -> Self {
        let mut fields = Self { values: HashMap::new(), problems: vec![] };
        match value {
            EventValue::Object(values) => fields.values = values,
            _ => fields.problem("body", "must be a JSON object"),
        }
        fields
    }

    pub(super) fn problem(&mut self, field: &str, message: impl Into<String>) {
        self.problems.push(Detail { field: field.to_owned(), message: message.into() });
    }

    /// Parses a text that may be absent.
    pub(super) fn text<T: FromStr<Err: fmt::Display>>(&mut self, name: &str) -> Option<T> {
        let parsed = match self.values.remove(name)? {
            EventValue::Null => return None,
            EventValue::Text(text) => text.parse().map_err(|error: T::Err| error.to_string()),
            EventValue::Bytes(_) | EventValue::Object(_) | EventValue::Other => {
                Err("must be a string".to_owned())
            }
        };
        parsed.map_err(|message| self.problem(name, message)).ok()
    }

    /// Parses a text that must be present.
    pub(super) fn required<T: FromStr<Err: fmt::Display>>(&mut self, name: &str) -> Option<T> {
        let absent = matches!(self.values.get(name), None | Some(EventValue::Null));
        if absent {
            self.problem(name, "is missing");
        }
        self.text(name)
    }

    /// Returns an attachment that must be present.
    pub(super) fn bytes(&mut self, name: &str) -> Option<Bytes> {
        match self.values.remove(name) {
            Some(EventValue::Bytes(bytes)) => return Some(bytes),
            None | Some(EventValue::Null) => self.problem(name, "is missing"),
            Some(_) => self.problem(name, "must be binary: a Buffer, an ArrayBuffer, a Blob"),
        }
        None
    }
}

impl<'de> Deserialize<'de> for EventValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The parser resolves attachments only for this method.
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = EventValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<EventValue, E> {
        Ok(EventValue::Text(text.to_owned()))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<EventValue, E> {
        Ok(EventValue::Bytes(Bytes::copy_from_slice(bytes)))
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<EventValue, E> {
        Ok(EventValue::Bytes(bytes.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<EventValue, E> {
        Ok(EventValue::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<EventValue, E> {
        Ok(EventValue::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<EventValue, E> {
        Ok(EventValue::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<EventValue, E> {
        Ok(EventValue::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<EventValue, E> {
        Ok(EventValue::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<EventValue, A::Error> {
        while list.next_element::<EventValue>()?.is_some() {}
        Ok(EventValue::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EventValue, A::Error> {
        let mut values = HashMap::new();
        while let Some((name, value)) = map.next_entry()? {
            values.insert(name, value);
        }
        Ok(EventValue::Object(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> EventFields {
        EventFields::of(serde_json::from_str(json).unwrap())
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
    fn a_value_that_is_no_object_has_no_fields_and_is_a_problem_of_its_own() {
        for json in ["null", "5", "[]", r#""x""#] {
            let mut fields = fields(json);
            assert!(fields.required::<String>("roomId").is_none(), "{json}");
            assert_eq!(fields.problems.len(), 2, "{json}");
        }
    }
}
