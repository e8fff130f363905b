//! The JSON of source document S4.

use domain::account::{User, UserRef};
use domain::file::File;
use domain::message::{self, Content};
use domain::room;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::examples;
use crate::json::{samples, time};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedUp {
    pub user_id: Uuid,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoggedIn {
    id: Uuid,
    username: String,
    email: String,
    access_token: String,
    #[schema(format = DateTime)]
    created_at: String,
}

impl LoggedIn {
    pub(super) fn new(user: &User, access_token: String) -> Self {
        Self {
            id: user.id.0,
            username: user.username.to_string(),
            email: user.email.to_string(),
            access_token,
            created_at: time(user.created_at),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Room {
    #[serde(rename = "_id")]
    id: Uuid,
    name: String,
    #[schema(required = true)]
    description: Option<String>,
    /// Of a new room only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    created_by: Option<Uuid>,
    /// Of a single room only: for members its latest 50, oldest first; for others none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    messages: Option<Vec<Message>>,
    #[schema(format = DateTime)]
    created_at: String,
}

impl Room {
    pub(super) fn listed(room: &room::Room) -> Self {
        Self {
            id: room.id.0,
            name: room.name.to_string(),
            description: room.description.as_ref().map(ToString::to_string),
            created_by: None,
            messages: None,
            created_at: time(room.created_at),
        }
    }

    pub(super) fn made(room: &room::Room) -> Self {
        Self { created_by: Some(room.created_by.id.0), ..Self::listed(room) }
    }

    pub(super) fn with(room: &room::Room, messages: &[message::Message]) -> Self {
        Self { messages: Some(messages.iter().map(Message::from).collect()), ..Self::listed(room) }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Sender {
    #[serde(rename = "_id")]
    id: Uuid,
    username: String,
}

impl From<&UserRef> for Sender {
    fn from(user: &UserRef) -> Self {
        Self { id: user.id.0, username: user.username.to_string() }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    #[serde(rename = "_id")]
    id: Uuid,
    /// Null for a deleted message, and for a file without a caption.
    #[schema(required = true)]
    content: Option<String>,
    sender: Sender,
    /// Of a message with a file only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    file: Option<UploadedFile>,
    #[schema(format = DateTime)]
    created_at: String,
    /// Of an edited message only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    edited_at: Option<String>,
    /// Of a deleted message only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    deleted_at: Option<String>,
}

impl From<&message::Message> for Message {
    fn from(message: &message::Message) -> Self {
        Self {
            id: message.id.0,
            content: content(message),
            sender: (&message.sender).into(),
            file: message.file.as_deref().map(Into::into),
            created_at: time(message.created_at),
            edited_at: message.edited_at.map(time),
            deleted_at: message.deleted_at().map(time),
        }
    }
}

/// A message as its sender gets it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SentMessage {
    #[serde(rename = "_id")]
    id: Uuid,
    /// Null for a file without a caption.
    #[schema(required = true)]
    content: Option<String>,
    sender: Uuid,
    room: Uuid,
    /// Of a message with a file only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    file: Option<UploadedFile>,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&message::Message> for SentMessage {
    fn from(message: &message::Message) -> Self {
        Self {
            id: message.id.0,
            content: content(message),
            sender: message.sender.id.0,
            room: message.room.0,
            file: message.file.as_deref().map(Into::into),
            created_at: time(message.created_at),
        }
    }
}

fn content(message: &message::Message) -> Option<String> {
    message.body().and_then(|body| body.content()).map(Content::to_string)
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UploadedFile {
    #[serde(rename = "_id")]
    id: Uuid,
    filename: String,
    original_name: String,
    /// Found in the bytes, not what the client claimed.
    mimetype: String,
    size: u64,
    /// The path of the bytes, below the dialect's base and below the server's alike; the whole URL where the server knows its own.
    url: String,
    uploaded_by: Uuid,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&File> for UploadedFile {
    fn from(file: &File) -> Self {
        Self {
            id: file.id.0,
            filename: file.name.to_string(),
            original_name: file.name.to_string(),
            mimetype: file.content_type.0.clone(),
            size: file.size,
            // Good at either base: clients append it to the one they know, browsers resolve it against the server's.
            url: live::links::to_file(file.id),
            uploaded_by: file.uploaded_by.id.0,
            created_at: time(file.created_at),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListedFile {
    #[serde(rename = "_id")]
    id: Uuid,
    filename: String,
    original_name: String,
    size: u64,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&File> for ListedFile {
    fn from(file: &File) -> Self {
        Self {
            id: file.id.0,
            filename: file.name.to_string(),
            original_name: file.name.to_string(),
            size: file.size,
            created_at: time(file.created_at),
        }
    }
}

examples! {
    SignedUp: Self { user_id: samples::user().id.0 };
    LoggedIn: Self::new(&samples::user(), samples::token().text);
    Room: Self::with(&samples::room(), &[samples::message()]);
    SentMessage: Self::from(&samples::message());
    Message: Self::from(&samples::message());
    UploadedFile: Self::from(&samples::file());
    ListedFile: Self::from(&samples::file());
}
