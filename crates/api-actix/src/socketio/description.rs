//! The events that a Socket.IO client may send, described by their fields.

use serde_json::Value;

use super::input::{JoinRoom, LeaveRoom, React, Read, SendMessage, Subscribe, Typing, Unreact, UploadFile};
use crate::http::{FromFields, object};

/// An event that a client may send; the acknowledgement answers it.
pub(crate) struct ClientEvent {
    pub event: &'static str,
    /// The name of its schema.
    pub name: &'static str,
    pub title: &'static str,
    pub schema: Value,
}

/// Describes every event that a client may send.
pub(crate) fn client_events() -> [ClientEvent; 10] {
    [
        event::<JoinRoom>("joinRoom"),
        event::<LeaveRoom>("leaveRoom"),
        event::<SendMessage>("message"),
        event::<UploadFile>("fileUpload"),
        event::<Read>("read"),
        event::<Typing>("typing"),
        event::<React>("react"),
        event::<Unreact>("unreact"),
        event::<Subscribe>("subscribe"),
        ClientEvent {
            event: "unsubscribe",
            name: "UnsubscribeEvent",
            title: "End the subscription to all rooms",
            schema: object(&[]),
        },
    ]
}

fn event<T: FromFields>(event: &'static str) -> ClientEvent {
    ClientEvent { event, name: T::NAME, title: T::ABOUT.trim_end_matches('.'), schema: T::schema() }
}
