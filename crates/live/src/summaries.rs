//! The JSON of a room with its newest message, and of invitations: what both sync and subscriptions answer.

use domain::message::Content;
use domain::{invitation, message, sync};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extras::MessageExtras;
use crate::views::{File, KindName, Room, UserRef, time};

/// A message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
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

/// An open invitation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    room_id: Uuid,
    room_name: String,
    user: UserRef,
    invited_by: UserRef,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&invitation::Invitation> for Invitation {
    fn from(invitation: &invitation::Invitation) -> Self {
        Self {
            room_id: invitation.room.0,
            room_name: invitation.room_name.to_string(),
            user: (&invitation.user).into(),
            invited_by: (&invitation.invited_by).into(),
            created_at: time(invitation.created_at),
        }
    }
}

/// A room as one of its members sees it, and its newest message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomSummary {
    #[serde(flatten)]
    room: Room,
    /// The newest message, deleted or not; null where there is none.
    #[schema(required = true)]
    last_message: Option<Message>,
}

impl From<&sync::RoomSummary> for RoomSummary {
    fn from(summary: &sync::RoomSummary) -> Self {
        let last_message = summary.last_message.as_ref().map(Message::from);
        Self { room: (&summary.view).into(), last_message }
    }
}
