//! What Socket.IO clients are told: S4's message JSON, and every other event under its own name.

use domain::event::ChangeKind;
use domain::message::{Content, Message, MessageKind};
use serde_json::{Value, json};

use crate::json::{KindName, SharedFile, time};
use crate::live::{Encoded, Live};

/// The name and the data of an event.
pub(super) fn event(encoded: &Encoded) -> (&'static str, Value) {
    match &encoded.event {
        Live::Changed(change) => match &change.kind {
            ChangeKind::Sent(message) => (message_event(message), message_json(message)),
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

/// A message as S4 writes it, and its place in the room.
pub(super) fn message_json(message: &Message) -> Value {
    let mut data = json!({
        "_id": message.id.0,
        "content": message.body().and_then(|body| body.content()).map(Content::as_str),
        "sender": {"_id": message.sender.id.0, "username": message.sender.username.as_str()},
        "room": message.room.0,
        "roomId": message.room.0,
        "type": KindName::from(message.kind()),
        "clientId": message.client_key.as_ref().map(domain::message::ClientKey::as_str),
        "seq": message.seq.0,
        "revision": message.revision.0,
        "createdAt": time(message.created_at),
        "editedAt": message.edited_at.map(time),
        "file": message.file.as_deref().map(SharedFile::from),
    });
    // S4's own names for what a file is, beside the contract's.
    if let Some(file) = &message.file {
        data["filename"] = json!(file.name.as_str());
        data["originalName"] = json!(file.name.as_str());
        data["mimetype"] = json!(file.content_type.0);
        data["size"] = json!(file.size);
        data["uploadedBy"] = json!(file.uploaded_by.id.0);
        data["url"] = json!(format!("/api/files/{}", file.id));
    }
    data
}
