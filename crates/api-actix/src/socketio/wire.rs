//! What Socket.IO clients are told: S4's message JSON, and every other event under its own name.

use domain::event::ChangeKind;
use domain::message::{Message, MessageKind};
use serde_json::{Value, json};

use crate::json::SocketIoMessage;
use crate::live::{Encoded, Live};

/// The name and the data of an event.
pub(super) fn event(encoded: &Encoded) -> (&'static str, Value) {
    match &encoded.event {
        Live::Changed(change) => match &change.kind {
            ChangeKind::Sent(message) => (message_event(message), json!(SocketIoMessage::from(message))),
            _ => (encoded.name(), encoded.value()),
        },
        Live::Ephemeral(_) | Live::CaughtUp(..) => (encoded.name(), encoded.value()),
    }
}

fn message_event(message: &Message) -> &'static str {
    match message.kind() {
        MessageKind::Text => "message",
        MessageKind::Image | MessageKind::File => "fileUpload",
    }
}
