//! The events that clients send: the fields of each.

use domain::message::{self, Body, ClientKey, Content, Emoji, MessageKind, SendCommand};
use domain::room::{Revision, Seq};
use domain::{MessageId, RoomId};
use serde_json::{Value as Json, json};

use super::arrived::Attachment;
use crate::http::{Field, Fields, FromFields, Id, InvalidField, Nullable, SentExtras, message_body};

/// Join a room and subscribe to it.
#[derive(FromFields)]
#[fields(name = "JoinRoomEvent")]
pub(super) struct JoinRoom {
    pub room_id: RoomId,
    /// The last revision that the client has; what it missed is replayed.
    pub since: Option<Revision>,
}

/// Unsubscribe from a room.
#[derive(FromFields)]
#[fields(name = "LeaveRoomEvent")]
pub(super) struct LeaveRoom {
    pub room_id: RoomId,
}

/// Subscribe to everything of all of the user's rooms.
#[derive(FromFields)]
#[fields(name = "SubscribeEvent")]
pub(super) struct Subscribe {
    /// The cursor of an earlier `synced`, or of a sync; what changed since comes first.
    pub since: Nullable<String>,
}

/// Send a message.
#[derive(FromFields)]
#[fields(name = "SendMessageEvent", output = SendCommand, then = sent)]
pub(super) struct SendMessage {
    room_id: RoomId,
    /// By default `text`.
    #[field(name = "type")]
    kind: Option<MessageKind>,
    /// The text; a file may go without.
    content: Nullable<Content>,
    /// The uploaded file, where the type is not `text`.
    file_id: Nullable<Id>,
    #[field(flatten = SentExtras)]
    extras: message::SentExtras,
    /// The idempotency key of the message.
    client_id: Nullable<ClientKey>,
}

fn sent(
    fields: &mut Fields,
    room: Result<RoomId, InvalidField>,
    kind: Result<Option<MessageKind>, InvalidField>,
    content: Result<Nullable<Content>, InvalidField>,
    file: Result<Nullable<Id>, InvalidField>,
    extras: Result<message::SentExtras, InvalidField>,
    client_key: Result<Nullable<ClientKey>, InvalidField>,
) -> Result<SendCommand, InvalidField> {
    let body: Result<Body, InvalidField> = message_body::check(fields, "content", kind, content, file);
    Ok(SendCommand { room: room?, body: body?, extras: extras?, client_key: client_key?.0 })
}

/// Upload a file and send it.
#[derive(FromFields)]
#[fields(name = "UploadFileEvent")]
pub(super) struct UploadFile {
    pub room_id: RoomId,
    pub filename: Nullable<String>,
    /// Ignored: the bytes decide.
    #[expect(dead_code, reason = "it is described, and not used")]
    pub mimetype: Ignored,
    pub data: Attachment,
    /// The idempotency key of the message.
    pub client_id: Nullable<ClientKey>,
}

/// Move the read mark.
#[derive(FromFields)]
#[fields(name = "MarkReadEvent")]
pub(super) struct Read {
    pub room_id: RoomId,
    /// The last message that was read.
    pub seq: Seq,
}

/// Show that the user types.
#[derive(FromFields)]
#[fields(name = "ShowTypingEvent")]
pub(super) struct Typing {
    pub room_id: RoomId,
}

/// React to a message.
#[derive(FromFields)]
#[fields(name = "ReactEvent")]
pub(super) struct React {
    pub room_id: RoomId,
    /// The message.
    pub id: MessageId,
    pub emoji: Emoji,
}

/// Take a reaction back.
#[derive(FromFields)]
#[fields(name = "UnreactEvent")]
pub(super) struct Unreact {
    pub room_id: RoomId,
    /// The message.
    pub id: MessageId,
    pub emoji: Emoji,
}

/// A text that clients may send, and that is not looked at.
pub(super) struct Ignored;

impl Field for Ignored {
    const REQUIRED: bool = false;

    fn read(fields: &mut Fields, name: &str) -> Result<Self, InvalidField> {
        fields.as_written(name);
        Ok(Self)
    }

    fn schema() -> Json {
        json!({"type": "string"})
    }
}
