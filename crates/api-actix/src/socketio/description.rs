//! The events that a Socket.IO client may send, described by the types of their fields.

use domain::RoomId;
use domain::message::{ClientKey, Content, MessageKind};
use domain::room::Revision;
use serde_json::{Value, json};

use crate::http::{Id, Nullable, Property, object};

/// An event that a client may send; the acknowledgement answers it.
pub(crate) struct ClientEvent {
    pub event: &'static str,
    /// The name of its schema.
    pub name: &'static str,
    pub title: &'static str,
    pub schema: Value,
}

/// Describes every event that a client may send.
pub(crate) fn client_events() -> [ClientEvent; 4] {
    let room = || Property::of::<RoomId>("roomId", "");
    let key = || Property::of::<Nullable<ClientKey>>("clientId", "The idempotency key of the message.");
    let since = "The last revision that the client has; what it missed is replayed.";
    let data =
        json!({"type": "string", "format": "binary", "description": "The bytes, as a binary attachment."});
    [
        ClientEvent {
            event: "joinRoom",
            name: "JoinRoomEvent",
            title: "Join a room and subscribe to it",
            schema: object(&[room(), Property::of::<Option<Revision>>("since", since)]),
        },
        ClientEvent {
            event: "leaveRoom",
            name: "LeaveRoomEvent",
            title: "Unsubscribe from a room",
            schema: object(&[room()]),
        },
        ClientEvent {
            event: "message",
            name: "SendMessageEvent",
            title: "Send a message",
            schema: object(&[
                room(),
                Property::of::<Nullable<Content>>("content", "The text; a file may go without."),
                Property::of::<Option<MessageKind>>("type", "By default `text`."),
                Property::of::<Nullable<Id>>("fileId", "The uploaded file, where the type is not `text`."),
                key(),
            ]),
        },
        ClientEvent {
            event: "fileUpload",
            name: "UploadFileEvent",
            title: "Upload a file and send it",
            schema: object(&[
                room(),
                Property::of::<Option<String>>("filename", ""),
                Property::of::<Option<String>>("mimetype", "Ignored: the bytes decide."),
                Property { name: "data", required: true, schema: data },
                key(),
            ]),
        },
    ]
}
