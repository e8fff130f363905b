//! Messages and the files that they show.

use domain::file::File;
use domain::message::{Content, Message};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{KindName, Person, time};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SharedFile {
    id: Uuid,
    name: String,
    /// Sniffed, never believed.
    content_type: String,
    size: u64,
    sha256: String,
    /// Where its bytes are.
    url: String,
    uploaded_by: Person,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&File> for SharedFile {
    fn from(file: &File) -> Self {
        Self {
            id: file.id.0,
            name: file.name.to_string(),
            content_type: file.content_type.0.clone(),
            size: file.size,
            sha256: file.sha256.hex(),
            url: format!("/api/files/{}", file.id),
            uploaded_by: (&file.uploaded_by).into(),
            created_at: time(file.created_at),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoomMessage {
    id: Uuid,
    room_id: Uuid,
    seq: i64,
    revision: i64,
    #[serde(rename = "type")]
    kind: KindName,
    #[schema(required = true)]
    content: Option<String>,
    sender: Person,
    #[schema(required = true)]
    file: Option<SharedFile>,
    #[schema(required = true)]
    client_id: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime, required = true)]
    edited_at: Option<String>,
    #[schema(format = DateTime, required = true)]
    deleted_at: Option<String>,
}

impl From<&Message> for RoomMessage {
    fn from(message: &Message) -> Self {
        Self {
            id: message.id.0,
            room_id: message.room.0,
            seq: message.seq.0,
            revision: message.revision.0,
            kind: message.kind().into(),
            content: message.body().and_then(|body| body.content()).map(Content::to_string),
            sender: (&message.sender).into(),
            file: message.file.as_deref().map(Into::into),
            client_id: message.client_key.as_ref().map(ToString::to_string),
            created_at: time(message.created_at),
            edited_at: message.edited_at.map(time),
            deleted_at: message.deleted_at().map(time),
        }
    }
}
