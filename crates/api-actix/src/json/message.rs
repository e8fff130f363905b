//! Messages.

use domain::message::{self, Content};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{File, KindName, MessageExtras, UserRef, time};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    id: Uuid,
    room_id: Uuid,
    seq: i64,
    revision: i64,
    #[serde(rename = "type")]
    kind: KindName,
    /// Null for a deleted message, and for a file without a caption.
    #[schema(required = true)]
    content: Option<String>,
    sender: UserRef,
    #[schema(required = true)]
    file: Option<File>,
    #[schema(required = true)]
    client_id: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime, required = true)]
    edited_at: Option<String>,
    #[schema(format = DateTime, required = true)]
    deleted_at: Option<String>,
    #[serde(flatten)]
    extras: MessageExtras,
}

impl From<&message::Message> for Message {
    fn from(message: &message::Message) -> Self {
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
            extras: message.extras().into(),
        }
    }
}
