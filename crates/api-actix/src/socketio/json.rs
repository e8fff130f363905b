//! Packets for Socket.IO clients, encoded as frames of a WebSocket: new messages as S4 writes them, every other event under its
//! own name, and acknowledgements.

use actix_http::ws::Message as Frame;
use bytes::Bytes;
use domain::event::{Change, ChangeKind};
use domain::message::{Message, MessageKind};
use live::{EncodedEvent, LiveEvent};
use serde::Serialize;

use crate::http::outgoing::frame;
use crate::json::{Acknowledgement, SocketIoMessage};

/// Returns an event, encoded once for all clients.
pub(super) fn event(event: &EncodedEvent) -> Bytes {
    event.packet(|event| match &event.event {
        LiveEvent::Changed(Change { kind: ChangeKind::Sent(message), .. }) => {
            named(message_event(message), &text(&SocketIoMessage::from(message)))
        }
        _ => named(event.name(), &event.json()),
    })
}

/// Returns an acknowledgement of the event with that number.
pub(super) fn acknowledgement(number: i64, acknowledgement: &Acknowledgement<'_>) -> Bytes {
    framed(format!("43{number}[{}]", text(acknowledgement)))
}

fn named(name: &str, data: &str) -> Bytes {
    framed(format!("42[\"{name}\",{data}]"))
}

fn framed(packet: String) -> Bytes {
    frame(Frame::Text(packet.into()))
}

fn text(data: &impl Serialize) -> String {
    serde_json::to_string(data).unwrap_or_default()
}

fn message_event(message: &Message) -> &'static str {
    match message.kind() {
        MessageKind::Text => "message",
        MessageKind::Image | MessageKind::File => "fileUpload",
    }
}
