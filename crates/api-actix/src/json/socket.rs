//! The answers that one client alone receives: to a frame on a WebSocket, and to an event of Socket.IO.

use domain::RoomId;
use domain::event::Change;
use domain::message;
use domain::room::{Revision, RoomView};
use live::ChangeBody;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Message;
use super::socketio::SocketIoMessage;
use crate::http::{ApiError, Detail};

/// An answer on a WebSocket.
#[derive(Serialize, ToSchema)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub(crate) enum SocketAnswer<'a> {
    /// The client is in the room: its events follow.
    Joined(Joined),
    /// The frame was carried out.
    Ack(Ack<'a>),
    /// The frame was refused.
    Error(SocketError<'a>),
    /// The answer to `ping`.
    Pong(Pong<'a>),
}

/// The client is in the room: its events follow.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Joined {
    room_id: Uuid,
    /// A greeting for people.
    message: String,
    /// The revision after which events follow.
    revision: i64,
}

/// The frame was carried out.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ack<'a> {
    /// The `ref` of the frame.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value, required = false)]
    pub(crate) reference: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) data: Option<AckData>,
}

/// The result of a frame: of `authenticate`, of `join`, and of `send-message`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum AckData {
    #[schema(title = "Authenticated")]
    Authenticated { username: String },
    #[schema(title = "RoomJoined")]
    RoomJoined(RoomJoined),
    #[schema(title = "Sent")]
    Sent(Box<Message>),
}

/// The room, and the revision after which its events follow.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoomJoined {
    room_id: Uuid,
    revision: i64,
}

/// The frame was refused.
#[derive(Serialize, ToSchema)]
pub(crate) struct SocketError<'a> {
    /// The `ref` of the frame.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value, required = false)]
    reference: Option<&'a RawValue>,
    /// For programs, as in errors of the REST API.
    code: &'a str,
    /// For people.
    error: &'a str,
    /// Every bad field of a frame that is not valid.
    #[serde(skip_serializing_if = "<[Detail]>::is_empty")]
    #[schema(value_type = Vec<Detail>, required = false)]
    details: &'a [Detail],
}

/// The answer to `ping`.
#[derive(Serialize, ToSchema)]
pub(crate) struct Pong<'a> {
    /// The `ref` of the frame.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value, required = false)]
    reference: Option<&'a RawValue>,
}

impl<'a> SocketAnswer<'a> {
    pub(crate) fn joined(view: &RoomView, revision: Revision) -> Self {
        let message = format!("Welcome to {}!", view.room.name);
        Self::Joined(Joined { room_id: view.room.id.0, message, revision: revision.0 })
    }

    /// An acknowledgement; `None` where the client asked for none.
    pub(crate) fn ack(reference: Option<&'a RawValue>, data: Option<AckData>) -> Option<Self> {
        reference.map(|_| Self::Ack(Ack { reference, data }))
    }

    pub(crate) fn error(reference: Option<&'a RawValue>, error: &'a ApiError) -> Self {
        let (code, details) = (error.code().as_str(), error.details());
        Self::Error(SocketError { reference, code, error: error.message(), details })
    }

    pub(crate) fn pong(reference: Option<&'a RawValue>) -> Self {
        Self::Pong(Pong { reference })
    }
}

impl RoomJoined {
    pub(crate) fn new(room: RoomId, revision: Revision) -> Self {
        Self { room_id: room.0, revision: revision.0 }
    }
}

/// The acknowledgement of an event of Socket.IO.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Acknowledgement<'a> {
    #[schema(title = "Accepted")]
    Accepted { success: bool, message: &'a str, data: AcknowledgedData },
    #[schema(title = "Refused")]
    Refused {
        success: bool,
        /// For people.
        message: &'a str,
        /// For programs, as in errors of the REST API.
        code: &'a str,
        /// For people: one for every bad field, or the message.
        errors: Vec<String>,
    },
}

/// The result of an event of Socket.IO: of `joinRoom`, of `leaveRoom`, `read` and `typing`, of
/// `message` and `fileUpload`, of `react` and `unreact` that changed something, and of `subscribe` and `unsubscribe`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum AcknowledgedData {
    #[schema(title = "RoomJoined")]
    Joined(RoomJoined),
    #[schema(title = "RoomNamed")]
    #[serde(rename_all = "camelCase")]
    Room { room_id: Uuid },
    #[schema(title = "Sent")]
    Sent(Box<SocketIoMessage>),
    #[schema(title = "Nothing")]
    Nothing {},
    /// The event that it caused, as the room receives it.
    #[schema(title = "Caused")]
    Event(serde_json::Value),
}

impl AcknowledgedData {
    pub(crate) fn of_room(room: RoomId) -> Self {
        Self::Room { room_id: room.0 }
    }

    pub(crate) fn event(change: &Change) -> Self {
        Self::Event(serde_json::json!(ChangeBody::from(change)))
    }

    pub(crate) fn sent(message: &message::Message) -> Self {
        Self::Sent(Box::new(message.into()))
    }
}

impl<'a> Acknowledgement<'a> {
    pub(crate) fn accepted(message: &'a str, data: AcknowledgedData) -> Self {
        Self::Accepted { success: true, message, data }
    }

    pub(crate) fn refused(error: &'a ApiError) -> Self {
        let details = error.details().iter().map(|detail| format!("{} {}", detail.field, detail.message));
        let mut errors: Vec<String> = details.collect();
        if errors.is_empty() {
            errors.push(error.message().to_owned());
        }
        Self::Refused { success: false, message: error.message(), code: error.code().as_str(), errors }
    }
}
