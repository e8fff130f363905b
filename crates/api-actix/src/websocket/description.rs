//! The frames that a client may send, described by the types of their fields.

use serde_json::{Map, Value, json};

use super::frames::{Authenticate, Join, Leave, React, Read, SendMessage, Subscribe, Typing, Unreact};
use crate::http::{FromFields, Property, object};

/// A frame that a client may send.
pub(crate) struct ClientFrame {
    /// Its `action`.
    pub action: &'static str,
    /// The name of its schema.
    pub name: &'static str,
    pub title: &'static str,
    pub schema: Value,
    pub example: Value,
    /// The actions of what its sender alone receives for it.
    pub answers: &'static [&'static str],
}

/// Describes every frame that a client may send.
pub(crate) fn client_frames() -> Vec<ClientFrame> {
    vec![
        of::<Authenticate>("authenticate", &["ack", "error"]),
        of::<Join>("join", &["joined", "ack", "error"]),
        of::<Leave>("leave", &["ack", "error"]),
        of::<SendMessage>("send-message", &["ack", "error"]),
        of::<Typing>("typing", &["ack", "error"]),
        of::<Read>("read", &["ack", "error"]),
        of::<React>("react", &["ack", "error"]),
        of::<Unreact>("unreact", &["ack", "error"]),
        of::<Subscribe>("subscribe", &["ack", "error"]),
        frame(
            "unsubscribe",
            "UnsubscribeFrame",
            "End the subscription to all rooms",
            vec![],
            &["ack", "error"],
        ),
        frame("ping", "PingFrame", "Ask for a sign of life", vec![], &["pong", "ack", "error"]),
    ]
}

fn of<T: FromFields>(action: &'static str, answers: &'static [&'static str]) -> ClientFrame {
    frame(action, T::NAME, T::ABOUT.trim_end_matches('.'), T::properties(), answers)
}

/// Describes a frame with these fields, and those that every frame may have.
fn frame(
    action: &'static str,
    name: &'static str,
    title: &'static str,
    fields: Vec<Property>,
    answers: &'static [&'static str],
) -> ClientFrame {
    let reference = json!({"examples": [1],
        "description": "Any JSON value. Asks for an answer, which has it as it was written."});
    let mut all = vec![
        Property {
            name: "action",
            required: true,
            schema: json!({"type": "string", "const": action, "examples": [action]}),
        },
        Property { name: "ref", required: false, schema: reference },
        Property::of::<Option<String>>("username", "It must be the name of the token's owner."),
    ];
    all.extend(fields);
    // A text has no file.
    let shown = all.iter().filter(|field| field.name != "fileId");
    let example =
        shown.filter_map(|field| Some((field.name.to_owned(), field.schema.get("examples")?[0].clone())));
    let example = Value::Object(example.collect::<Map<_, _>>());
    ClientFrame { action, name, title, schema: object(&all), example, answers }
}

#[cfg(test)]
mod tests {
    use super::super::frames::Frame;
    use super::*;

    #[test]
    fn the_parser_takes_every_example_and_misses_every_required_field() {
        for ClientFrame { action, schema, mut example, .. } in client_frames() {
            // Without an example of its own, which no documentation should show.
            if schema["properties"].get("token").is_some() {
                example["token"] = json!("eyJ0eXAi…");
            }
            let read = Frame::parse(&example.to_string());
            assert!(read.action.is_ok(), "{action}: {example}");
            assert_eq!(read.reference.map(|reference| reference.get().to_owned()).as_deref(), Some("1"));
            for name in schema["required"].as_array().unwrap() {
                let mut without = example.clone();
                without.as_object_mut().unwrap().remove(name.as_str().unwrap());
                assert!(Frame::parse(&without.to_string()).action.is_err(), "{action} without {name}");
            }
        }
    }

    #[test]
    fn every_action_that_the_parser_knows_is_described() {
        let Err(error) = Frame::parse(r#"{"action": "none"}"#).action else {
            panic!("an unknown action is taken")
        };
        let known = error.details()[0].message.strip_prefix("must be one of: ").unwrap().to_owned();
        let described: Vec<&str> = client_frames().iter().map(|frame| frame.action).collect();
        assert_eq!(described, known.split(", ").collect::<Vec<_>>());
    }
}
