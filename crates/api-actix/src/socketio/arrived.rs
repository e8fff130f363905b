//! An event as it arrived: a text and attachments, not parsed before its turn, so that what waits is as large as what was sent.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use engineioxide::Str;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use socketioxide::adapter::Adapter;
use socketioxide::handler::FromMessageParts;
use socketioxide::socket::Socket;
use socketioxide_core::Value as Packet;

use crate::http::{ApiError, Fields, FromFields, InvalidField, Value, parse_only};

/// An event: a JSON array of its name and its arguments, and the attachments that the arguments name.
pub(super) struct Arrived {
    text: Str,
    pub(super) attachments: VecDeque<Bytes>,
}

impl<A: Adapter> FromMessageParts<A> for Arrived {
    type Error = Infallible;

    fn from_message_parts(
        _: &Arc<Socket<A>>,
        packet: &mut Packet,
        _: &Option<i64>,
    ) -> Result<Self, Infallible> {
        Ok(match packet {
            Packet::Str(text, attachments) => {
                Self { text: text.clone(), attachments: attachments.take().unwrap_or_default() }
            }
            // The protocol's other encoding, which this server does not speak.
            Packet::Bytes(_) => Self { text: Str::from(""), attachments: VecDeque::new() },
        })
    }
}

impl Arrived {
    /// Returns the bytes that the event takes while it waits.
    pub(super) fn bytes(&self) -> usize {
        self.text.len() + self.attachments.iter().map(Bytes::len).sum::<usize>()
    }

    /// Reads the fields of the first argument, without one none; further arguments are ignored.
    pub(super) fn read<T: FromFields>(&self) -> Result<T::Output, ApiError> {
        let event: EventText<'_> = serde_json::from_str(&self.text)
            .map_err(|error| ApiError::bad_request(format!("This is no event: {error}")))?;
        let mut fields = parse_only(
            event.argument.map(RawValue::get).filter(|text| *text != "null").unwrap_or("{}"),
            &T::names(),
        )?;
        match T::read(&mut fields) {
            Ok(read) if fields.problems.is_empty() => Ok(read),
            _ => Err(ApiError::invalid(fields.problems)),
        }
    }
}

/// The array of an event.
struct EventText<'a> {
    argument: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for EventText<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = EventText<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an array of a name and arguments")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<EventText<'de>, A::Error> {
                items.next_element::<IgnoredAny>()?;
                let argument = items.next_element()?;
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(EventText { argument })
            }
        }
        deserializer.deserialize_seq(Items)
    }
}

/// The place of an attachment among those of its event.
#[derive(Debug)]
pub(super) struct Attachment(pub usize);

impl Value for Attachment {
    fn optional(fields: &mut Fields, name: &str) -> Result<Option<Self>, InvalidField> {
        #[derive(Deserialize)]
        struct Placeholder {
            #[serde(rename = "_placeholder")]
            is_one: bool,
            num: usize,
        }
        let Some(written) = fields.as_written(name).filter(|value| value.get() != "null") else {
            return Ok(None);
        };
        match serde_json::from_str(written.get()) {
            Ok(Placeholder { is_one: true, num }) => Ok(Some(Self(num))),
            _ => Err(fields.problem(name, "must be binary: a Buffer, an ArrayBuffer, a Blob")),
        }
    }

    fn schema() -> Json {
        json!({"type": "string", "format": "binary", "description": "The bytes, as a binary attachment."})
    }
}

#[cfg(test)]
mod tests {
    use super::super::input::{JoinRoom, UploadFile};
    use super::*;

    fn arrived(text: &str) -> Arrived {
        Arrived { text: text.to_owned().into(), attachments: VecDeque::new() }
    }

    fn problems<T: FromFields>(text: &str) -> Vec<String> {
        let error = arrived(text).read::<T>().map(drop).unwrap_err();
        error.details().iter().map(|detail| detail.field.clone()).collect()
    }

    #[test]
    fn every_bad_field_is_named_at_once() {
        let text = r#"["fileUpload", {"roomId": [1, {"x": 2.5}], "filename": true, "data": "aGk=", "clientId": null}]"#;
        assert_eq!(problems::<UploadFile>(text), ["roomId", "filename", "data"]);
        for data in
            ["1", "{}", r#"{"_placeholder": false, "num": 0}"#, r#"{"_placeholder": true, "num": -1}"#]
        {
            let text = format!(r#"["fileUpload", {{"roomId": "{}", "data": {data}}}]"#, uuid::Uuid::nil());
            assert_eq!(problems::<UploadFile>(&text), ["data"]);
        }
    }

    #[test]
    fn an_argument_that_is_no_object_has_no_fields_and_is_a_problem_of_its_own() {
        let problems = |arguments: &str| problems::<JoinRoom>(&format!(r#"["joinRoom"{arguments}]"#));
        for arguments in [", 5", ", []", r#", "x""#, ", [[[1]]], {}"] {
            assert_eq!(problems(arguments), ["body", "roomId"], "{arguments}");
        }
        for none in ["", ", null", ", null, {}"] {
            assert_eq!(problems(none), ["roomId"], "{none}");
        }
    }

    #[test]
    fn further_arguments_and_unknown_fields_are_skipped() {
        let text =
            format!(r#"["joinRoom", {{"x": 1, "roomId": "{}", "x": [{{}}]}}, 1, {{}}]"#, uuid::Uuid::nil());
        assert!(arrived(&text).read::<JoinRoom>().is_ok());
        assert_eq!(arrived(&text).bytes(), text.len());
    }
}
