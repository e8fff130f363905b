//! The messages of the description, made from the types that are sent.

use serde_json::{Map, Value, json};

use crate::http::{Operation, reference};
use crate::json::{Acknowledgement, SocketAnswer, SocketIoMessage, event_schemas};
use crate::socketio::description::{ClientEvent, client_events};
use crate::websocket::description::{ClientFrame, client_frames};

/// The messages by what they are for.
pub(super) struct Messages {
    /// Frames that a client sends, each with the keys of its answers.
    pub frames: Vec<(Message, &'static [&'static str])>,
    /// Answers to frames.
    pub answers: Vec<Message>,
    /// Events, as the WebSocket and the streams carry them.
    pub events: Vec<Message>,
    /// Those of them that last.
    pub lasting: Vec<Message>,
    /// Events of a subscription that concern its user alone.
    pub personal: Vec<Message>,
    /// Events that a Socket.IO client sends.
    pub client_events: Vec<Message>,
    /// The answer to those.
    pub acknowledgement: Message,
    /// Events that Socket.IO carries in the place of `new-message`.
    pub sent_by_socketio: Vec<Message>,
    /// The schemas of all of them, by name.
    pub schemas: Map<String, Value>,
}

#[derive(Clone)]
pub(super) struct Message {
    /// Its key in the description.
    pub key: String,
    message: Value,
}

impl Message {
    /// A message whose payload is a named schema.
    fn new(key: &str, name: &str, title: &str, schema: &str) -> Self {
        let message = json!({"name": name, "title": title, "payload": reference(schema)});
        Self { key: key.to_owned(), message }
    }

    /// Gives a message that concerns a user alone another key than that of one which concerns a room.
    fn personal(self) -> Self {
        let key = if self.key == "read" { "own-read".to_owned() } else { self.key };
        Self { key, ..self }
    }

    pub(super) fn title(&self) -> &Value {
        &self.message["title"]
    }
}

impl Messages {
    /// Makes every message.
    pub(super) fn all() -> Self {
        let mut operation = Operation::default();
        operation.schema::<SocketIoMessage>();
        operation.schema::<Acknowledgement<'_>>();
        operation.schema::<SocketAnswer<'_>>();
        let mut schemas = operation.schemas;
        schemas.extend(event_schemas::schemas());
        let lasting = events(event_schemas::CHANGE, &mut schemas);
        let personal = events(event_schemas::SUBSCRIPTION_EVENT, &mut schemas);
        let personal = personal.into_iter().map(Message::personal).collect();
        let events = [lasting.clone(), events(event_schemas::ROOM_EVENT, &mut schemas)].concat();
        let answers = schemas.remove("SocketAnswer").map(|union| answers(&union, &mut schemas));
        let frames = client_frames().into_iter().map(|frame| {
            let ClientFrame { action, name, title, schema, example, answers } = frame;
            schemas.insert(name.to_owned(), schema);
            let mut message = Message::new(&format!("client.{action}"), action, title, name);
            message.message["examples"] = json!([{"payload": example}]);
            (message, answers)
        });
        let frames = frames.collect();
        let client_events = client_events().map(|ClientEvent { event, name, title, schema }| {
            schemas.insert(name.to_owned(), schema);
            Message::new(&format!("socketio.{event}"), event, title, name)
        });
        Self {
            frames,
            answers: answers.unwrap_or_default(),
            events,
            lasting,
            personal,
            client_events: client_events.into(),
            acknowledgement: Message::new(
                "acknowledgement",
                "ack",
                "The answer to an event",
                "Acknowledgement",
            ),
            sent_by_socketio: [("message", "A text was sent"), ("fileUpload", "A file or an image was sent")]
                .map(|(event, title)| Message::new(event, event, title, "SocketIoMessage"))
                .into(),
            schemas,
        }
    }

    /// All messages as components.
    pub(super) fn components(&self) -> Value {
        let frames = self.frames.iter().map(|(message, _)| message);
        let events = self.events.iter().chain(&self.personal);
        let all = frames.chain(&self.answers).chain(events).chain(&self.client_events);
        let all = all.chain([&self.acknowledgement]).chain(&self.sent_by_socketio);
        Value::Object(all.map(|message| (message.key.clone(), message.message.clone())).collect())
    }
}

/// Takes a union out of the schemas; returns a message for each event of it that is not in a union taken before.
fn events(union: &str, schemas: &mut Map<String, Value>) -> Vec<Message> {
    let union = schemas.remove(union).unwrap_or_default();
    let references = union["oneOf"].as_array().into_iter().flatten();
    let event = |reference: &Value| {
        let name = reference["$ref"].as_str()?.rsplit('/').next()?;
        let schema = schemas.get(name)?;
        message(&action(schema)?, name, schema)
    };
    references.filter_map(event).collect()
}

/// A message for each variant of the union, which gets a schema of its own.
fn answers(union: &Value, schemas: &mut Map<String, Value>) -> Vec<Message> {
    let variants = union["oneOf"].as_array().into_iter().flatten();
    let answer = |variant: &Value| {
        let action = action(variant)?;
        let (first, rest) = action.split_at(1);
        let name = format!("{}{rest}Answer", first.to_uppercase());
        schemas.insert(name.clone(), variant.clone());
        message(&action, &name, variant)
    };
    variants.filter_map(answer).collect()
}

fn message(action: &str, name: &str, schema: &Value) -> Option<Message> {
    let title = schema["description"].as_str()?.trim_end_matches('.');
    Some(Message::new(action, action, title, name))
}

/// The value of `action` that a schema asks for.
fn action(schema: &Value) -> Option<String> {
    let own = &schema["properties"]["action"];
    let value = own.get("const").or_else(|| own["enum"].get(0)).and_then(Value::as_str).map(str::to_owned);
    value.or_else(|| schema["allOf"].as_array()?.iter().find_map(action))
}
