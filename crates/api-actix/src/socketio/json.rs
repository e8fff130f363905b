//! Events for Socket.IO clients: new messages as S4 writes them, every other event under its own name.

use domain::event::{Change, ChangeKind};
use domain::message::{Message, MessageKind};
use live::{EncodedEvent, LiveEvent, NamedJson};
use serde_json::value::{RawValue, to_raw_value};

use crate::json::SocketIoMessage;

/// Encodes an event: its name and its data.
pub(super) fn encode(event: &EncodedEvent) -> NamedJson {
    let (name, data) = match &event.event {
        LiveEvent::Changed(Change { kind: ChangeKind::Sent(message), .. }) => {
            (message_event(message), to_raw_value(&SocketIoMessage::from(message)))
        }
        _ => (event.name(), RawValue::from_string(event.json().to_string())),
    };
    NamedJson { name, data: data.unwrap_or_default() }
}

fn message_event(message: &Message) -> &'static str {
    match message.kind() {
        MessageKind::Text => "message",
        MessageKind::Image | MessageKind::File => "fileUpload",
    }
}
