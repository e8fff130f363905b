//! A message as Socket.IO carries it: S4's names for it, and its place in the room.

use domain::file;
use domain::message::{self, ClientKey, Content};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{File, KindName, MessageExtras, time};

/// A message, as the events `message` and `fileUpload` and their acknowledgements carry it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SocketIoMessage {
    #[serde(rename = "_id")]
    id: Uuid,
    /// Null for a file without a caption.
    #[schema(required = true)]
    content: Option<String>,
    sender: SocketIoUser,
    /// The same as `roomId`.
    room: Uuid,
    room_id: Uuid,
    #[serde(rename = "type")]
    kind: KindName,
    #[schema(required = true)]
    client_id: Option<String>,
    seq: i64,
    revision: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime, required = true)]
    edited_at: Option<String>,
    #[schema(required = true)]
    file: Option<File>,
    #[serde(flatten)]
    extras: MessageExtras,
    #[serde(flatten)]
    upload: Option<Upload>,
}

/// The sender of a message.
#[derive(Serialize, ToSchema)]
pub(crate) struct SocketIoUser {
    #[serde(rename = "_id")]
    id: Uuid,
    username: String,
}

/// S4's names for the file of a message, beside `file`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Upload {
    filename: String,
    original_name: String,
    mimetype: String,
    size: u64,
    uploaded_by: Uuid,
    url: String,
}

impl From<&message::Message> for SocketIoMessage {
    fn from(message: &message::Message) -> Self {
        let file = message.file.as_deref();
        Self {
            id: message.id.0,
            content: message.body().and_then(|body| body.content()).map(Content::to_string),
            sender: SocketIoUser { id: message.sender.id.0, username: message.sender.username.to_string() },
            room: message.room.0,
            room_id: message.room.0,
            kind: message.kind().into(),
            client_id: message.client_key.as_ref().map(ClientKey::to_string),
            seq: message.seq.0,
            revision: message.revision.0,
            created_at: time(message.created_at),
            edited_at: message.edited_at.map(time),
            file: file.map(File::from),
            extras: message.extras().into(),
            upload: file.map(Upload::from),
        }
    }
}

impl From<&file::File> for Upload {
    fn from(file: &file::File) -> Self {
        Self {
            filename: file.name.to_string(),
            original_name: file.name.to_string(),
            mimetype: file.content_type.0.clone(),
            size: file.size,
            uploaded_by: file.uploaded_by.id.0,
            url: live::links::to_file(file.id),
        }
    }
}
