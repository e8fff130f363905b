//! The JSON of source document S3.

use domain::message::{self, Content};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::Shown;
use crate::json::{File, KindName, samples, time};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Room {
    pub room_id: Uuid,
    pub room_name: String,
}

impl From<&domain::room::Room> for Room {
    fn from(room: &domain::room::Room) -> Self {
        Self { room_id: room.id.0, room_name: room.name.to_string() }
    }
}

/// The newest rooms, at most a thousand.
#[derive(Serialize, ToSchema)]
pub(super) struct RoomList(pub Vec<Room>);

impl Shown for RoomList {
    fn example() -> Self {
        Self(vec![Room::from(&samples::room())])
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct History {
    pub room_id: Uuid,
    pub messages: Vec<HistoryMessage>,
}

impl Shown for History {
    fn example() -> Self {
        Self { room_id: samples::ROOM.0, messages: vec![HistoryMessage::from(&samples::message())] }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct HistoryMessage {
    sender: String,
    message: String,
    #[schema(format = DateTime)]
    timestamp: String,
    /// Of a message with a file only.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    kind: Option<KindName>,
    /// Of a message with a file only, as in `new-message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    file: Option<File>,
    /// Of a deleted message only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    deleted_at: Option<String>,
}

impl From<&message::Message> for HistoryMessage {
    fn from(message: &message::Message) -> Self {
        // Clients always expect a text: that of a deleted message is empty, and that of a file without a caption.
        let text = message.body().and_then(|body| body.content()).map(Content::to_string);
        Self {
            sender: message.sender.username.to_string(),
            message: text.unwrap_or_default(),
            timestamp: time(message.created_at),
            kind: message.file.as_ref().map(|_| message.kind().into()),
            file: message.file.as_deref().map(File::from),
            deleted_at: message.deleted_at().map(time),
        }
    }
}

/// Makes types of `{"status": "success"}` with one member beside it.
macro_rules! successes {
    ($($name:ident { $field:ident: $of:ty = $example:expr })*) => {$(
        #[derive(Serialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub(super) struct $name {
            /// Always `success`.
            status: &'static str,
            $field: $of,
        }

        impl $name {
            pub(super) fn new($field: $of) -> Self {
                Self { status: "success", $field }
            }
        }

        impl Shown for $name {
            fn example() -> Self {
                Self::new($example)
            }
        }
    )*};
}

successes! {
    LoggedIn { token: String = samples::token().text }
    CreatedRoom { room_id: Uuid = samples::ROOM.0 }
    JoinedRoom { message: String = format!("Joined room {}", samples::room().name) }
}
