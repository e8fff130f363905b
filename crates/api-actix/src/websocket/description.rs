//! The frames that a client may send, described by the types of their fields.

use domain::RoomId;
use domain::message::{ClientKey, Content, MessageKind};
use domain::room::{Revision, Seq};
use serde_json::{Value, json};

use crate::http::{Id, Nullable, Property, example_of, object};

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
    let room = || Property::of::<RoomId>("roomId", "");
    let token = "The accessToken of a login.";
    let since = "The last revision that the client has; what it missed is replayed.";
    vec![
        frame(
            "authenticate",
            "AuthenticateFrame",
            "Authenticate, or bring a newer token",
            vec![Property::of::<String>("token", token)],
            &["ack", "error"],
        ),
        frame(
            "join",
            "JoinFrame",
            "Join a room and subscribe to it",
            vec![
                room(),
                Property::of::<Option<Revision>>("since", since),
                Property::of::<Option<String>>("token", token),
            ],
            &["joined", "ack", "error"],
        ),
        frame(
            "leave",
            "LeaveFrame",
            "Unsubscribe from a room",
            vec![Property::of::<Option<RoomId>>("roomId", "The room; without it, every room.")],
            &["ack", "error"],
        ),
        frame(
            "send-message",
            "SendMessageFrame",
            "Send a message",
            vec![
                room(),
                Property::of::<Nullable<Content>>("message", "The text; a file may go without."),
                Property::of::<Option<MessageKind>>("type", "By default `text`."),
                Property::of::<Nullable<Id>>("fileId", "The uploaded file, where the type is not `text`."),
                Property::of::<Nullable<ClientKey>>("clientId", "The idempotency key of the message."),
            ],
            &["ack", "error"],
        ),
        frame("typing", "TypingFrame", "Show that the user types", vec![room()], &["ack", "error"]),
        frame(
            "read",
            "ReadFrame",
            "Move the read mark",
            vec![room(), Property::of::<Seq>("seq", "The last message that was read.")],
            &["ack", "error"],
        ),
        frame("ping", "PingFrame", "Ask for a sign of life", vec![], &["pong", "ack", "error"]),
    ]
}

/// Describes a frame with these fields, and those that every frame may have.
fn frame(
    action: &'static str,
    name: &'static str,
    title: &'static str,
    fields: Vec<Property>,
    answers: &'static [&'static str],
) -> ClientFrame {
    let reference = json!({"type": ["string", "number"], "examples": [1],
        "description": "Asks for an answer, which has the same."});
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
    let schema = object(&all);
    let mut example = example_of(&schema);
    // A text has no file.
    if let Some(members) = example.as_object_mut() {
        members.remove("fileId");
    }
    ClientFrame { action, name, title, schema, example, answers }
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
            assert_eq!(read.reference, Some(json!(1)));
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
