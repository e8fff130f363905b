//! The JSON of the wire: accounts, rooms, members, invitations, messages, files.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::{FileId, MessageExtras, MessageId, RoomId, UserId};

/// A user, as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct UserRef {
    /// The user's id.
    pub id: UserId,
    /// The user's name.
    pub username: String,
}

/// The caller's own account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The user's id.
    pub id: UserId,
    /// The user's name.
    pub username: String,
    /// The email address, which only the account's owner sees.
    pub email: String,
    /// The time of signing up.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// A person, as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The user's id.
    pub id: UserId,
    /// The user's name.
    pub username: String,
    /// The time of signing up.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// A member who has read a message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reader {
    /// The user.
    pub user: UserRef,
    /// The `seq` of the last message that they have read.
    pub last_read_seq: i64,
}

/// A token of a session.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// The bearer token.
    pub access_token: String,
    /// The end of the token, if it is not refreshed.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

impl fmt::Debug for Token {
    /// Writes everything but the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// A secret that stands for a session once and for a short time, for URLs.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// The value of `?ticket=`.
    pub ticket: String,
    /// The time at which it lapses.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

impl fmt::Debug for Ticket {
    /// Writes everything but the ticket.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// The beginning of a session: its first token, and the account that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Login {
    /// The token.
    #[serde(flatten)]
    pub token: Token,
    /// The account.
    pub user: Account,
}

/// The kind of a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May change the room and its members.
    Admin,
    /// May read and send.
    Member,
}

/// The visibility of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Everybody sees it and may join.
    Public,
    /// Only members and the invited see it.
    Private,
}

/// The caller's membership of a room.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    /// The caller's role.
    pub role: Role,
    /// The time of joining.
    #[serde(with = "time::serde::rfc3339")]
    pub joined_at: OffsetDateTime,
    /// The `seq` of the last message that the caller has read.
    pub last_read_seq: i64,
    /// The number of messages after that one.
    pub unread_count: i64,
    /// The number of those that mention the caller, or everybody in the room.
    #[serde(default)]
    pub mention_count: i64,
}

/// A room.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    /// The room's id.
    pub id: RoomId,
    /// The room's name.
    pub name: String,
    /// The readable id of a public room; `None` for private ones.
    pub slug: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The visibility.
    pub visibility: Visibility,
    /// The creator.
    pub created_by: UserRef,
    /// The time of creation.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// The time of the last change of name, description or visibility.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// The number of members.
    pub member_count: i64,
    /// The time of the newest message; `None` where there is none.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_message_at: Option<OffsetDateTime>,
    /// The number of lasting changes so far.
    pub revision: i64,
    /// The caller's membership; `None` for strangers and in events.
    pub membership: Option<Membership>,
    /// The JSON that clients keep at it.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// `true` for the direct room of a fixed set of people.
    pub direct: bool,
}

/// A member of a room.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The user.
    pub user: UserRef,
    /// The role.
    pub role: Role,
    /// The time of joining.
    #[serde(with = "time::serde::rfc3339")]
    pub joined_at: OffsetDateTime,
    /// The `seq` of the last message that the member has read.
    pub last_read_seq: i64,
    /// True while the member is in the room with a socket.
    pub online: bool,
}

/// An open invitation into a room.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// The room.
    pub room_id: RoomId,
    /// The room's name.
    pub room_name: String,
    /// The invited user.
    pub user: UserRef,
    /// The room's admin who invited them.
    pub invited_by: UserRef,
    /// The time of the invitation.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// A user who is in a room with a socket.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Present {
    /// The user's id.
    pub id: UserId,
    /// The user's name.
    pub username: String,
    /// The time of coming in.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
}

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct File {
    /// The file's id.
    pub id: FileId,
    /// The name that its uploader gave it.
    pub name: String,
    /// The media type, found by looking at the bytes.
    pub content_type: String,
    /// The number of bytes.
    pub size: u64,
    /// The SHA-256 of the bytes, in hexadecimal.
    pub sha256: String,
    /// The path or URL of the bytes.
    pub url: String,
    /// The uploader.
    pub uploaded_by: UserRef,
    /// The time of the upload.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// The kind of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// Text without a file.
    Text,
    /// A raster image, with or without a caption.
    Image,
    /// Any other file, with or without a caption.
    File,
}

/// A content that a message has had, or has now.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageVersion {
    /// The text or caption; `None` where there is none.
    pub content: Option<String>,
    /// The time from which the message had it.
    #[serde(with = "time::serde::rfc3339")]
    pub changed_at: OffsetDateTime,
    /// The user who wrote it.
    pub changed_by: UserRef,
}

/// A message, as REST answers and events carry it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The message's id.
    pub id: MessageId,
    /// The room.
    pub room_id: RoomId,
    /// The place in the room's one order: 1, 2, 3, … without a gap.
    pub seq: i64,
    /// The room's revision at the latest change of this message.
    pub revision: i64,
    /// The kind.
    #[serde(rename = "type")]
    pub kind: MessageKind,
    /// The text or caption; `None` where there is none, and for deleted messages.
    pub content: Option<String>,
    /// The sender.
    pub sender: UserRef,
    /// The attached file; `None` for deleted messages.
    pub file: Option<File>,
    /// The idempotency key that it was sent under.
    pub client_id: Option<String>,
    /// The time of sending.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// The time of the latest edit.
    #[serde(with = "time::serde::rfc3339::option")]
    pub edited_at: Option<OffsetDateTime>,
    /// The time of deletion.
    #[serde(with = "time::serde::rfc3339::option")]
    pub deleted_at: Option<OffsetDateTime>,
    /// The extras that it shows beside its content.
    #[serde(flatten)]
    pub extras: MessageExtras,
}
