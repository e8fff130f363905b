//! The encoding of values in events: users, messages, files, rooms.

use domain::account::{UserRef, Username};
use domain::file::{ContentType, Digest, File, FileName};
use domain::membership::Role;
use domain::message::{Body, ClientKey, Content, Extras, Message, MessageKind, MessageState};
use domain::metadata::Metadata;
use domain::room::{Access, Description, PrivateKind, Revision, Room, RoomLog, RoomName, Seq, Slug};
use domain::{FileId, MessageId, RoomId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::extras::ExtrasData;

/// An event that can't be decoded, with the reason.
#[derive(Debug)]
pub(crate) struct MalformedEvent(pub String);

impl std::fmt::Display for MalformedEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<serde_json::Error> for MalformedEvent {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// Parses microseconds since 1970.
pub(super) fn timestamp(micros: i64) -> Result<Timestamp, MalformedEvent> {
    Timestamp::from_unix_micros(micros).ok_or_else(|| MalformedEvent(format!("invalid time {micros}")))
}

#[derive(Serialize, Deserialize)]
pub(super) struct UserData {
    id: Uuid,
    name: String,
}

impl From<&UserRef> for UserData {
    fn from(user: &UserRef) -> Self {
        Self { id: user.id.0, name: user.username.as_str().to_owned() }
    }
}

impl From<UserData> for UserRef {
    fn from(user: UserData) -> Self {
        Self { id: UserId(user.id), username: Username::stored(user.name) }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RoleData {
    Admin,
    Member,
}

impl From<Role> for RoleData {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::Member => Self::Member,
        }
    }
}

impl From<RoleData> for Role {
    fn from(role: RoleData) -> Self {
        match role {
            RoleData::Admin => Self::Admin,
            RoleData::Member => Self::Member,
        }
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum MessageKindData {
    Text,
    Image,
    File,
}

#[derive(Serialize, Deserialize)]
pub(super) struct MessageData {
    id: Uuid,
    room: Uuid,
    seq: i64,
    revision: i64,
    sender: UserData,
    client_key: Option<String>,
    created_at: i64,
    edited_at: Option<i64>,
    deleted_at: Option<i64>,
    kind: MessageKindData,
    content: Option<String>,
    file_id: Option<Uuid>,
    file: Option<Box<FileData>>,
    /// Absent from plain messages, and from those of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extras: Option<Box<ExtrasData>>,
}

impl From<&Message> for MessageData {
    fn from(message: &Message) -> Self {
        let body = message.body();
        Self {
            id: message.id.0,
            room: message.room.0,
            seq: message.seq.0,
            revision: message.revision.0,
            sender: (&message.sender).into(),
            client_key: message.client_key.as_ref().map(|key| key.as_str().to_owned()),
            created_at: message.created_at.unix_micros(),
            edited_at: message.edited_at.map(Timestamp::unix_micros),
            deleted_at: message.deleted_at().map(Timestamp::unix_micros),
            kind: match message.kind() {
                MessageKind::Text => MessageKindData::Text,
                MessageKind::Image => MessageKindData::Image,
                MessageKind::File => MessageKindData::File,
            },
            content: body.and_then(Body::content).map(|content| content.as_str().to_owned()),
            file_id: body.and_then(Body::file).map(|file| file.0),
            file: message.file.as_deref().map(|file| Box::new(file.into())),
            extras: message.extras.as_deref().map(|extras| Box::new(extras.into())),
        }
    }
}

impl MessageData {
    pub(super) fn message(self) -> Result<Message, MalformedEvent> {
        let kind = match self.kind {
            MessageKindData::Text => MessageKind::Text,
            MessageKindData::Image => MessageKind::Image,
            MessageKindData::File => MessageKind::File,
        };
        let state = if let Some(at) = self.deleted_at {
            MessageState::Deleted { kind, at: timestamp(at)? }
        } else {
            let body = Body::stored(kind, self.content.map(Content::stored), self.file_id.map(FileId));
            MessageState::Live(body.ok_or_else(|| MalformedEvent("message without a body".into()))?)
        };
        Ok(Message {
            id: MessageId(self.id),
            room: RoomId(self.room),
            seq: Seq(self.seq),
            revision: Revision(self.revision),
            sender: self.sender.into(),
            client_key: self.client_key.map(ClientKey::stored),
            created_at: timestamp(self.created_at)?,
            edited_at: self.edited_at.map(timestamp).transpose()?,
            state,
            file: self.file.map(|file| file.file().map(Box::new)).transpose()?,
            extras: self.extras.map(|extras| extras.extras()).transpose()?.and_then(Extras::kept),
        })
    }
}

#[derive(Serialize, Deserialize)]
struct FileData {
    id: Uuid,
    name: String,
    content_type: String,
    size: u64,
    sha256: [u8; 32],
    image: bool,
    uploaded_by: UserData,
    created_at: i64,
}

impl From<&File> for FileData {
    fn from(file: &File) -> Self {
        Self {
            id: file.id.0,
            name: file.name.as_str().to_owned(),
            content_type: file.content_type.0.clone(),
            size: file.size,
            sha256: file.sha256.0,
            image: file.image,
            uploaded_by: (&file.uploaded_by).into(),
            created_at: file.created_at.unix_micros(),
        }
    }
}

impl FileData {
    fn file(self) -> Result<File, MalformedEvent> {
        Ok(File {
            id: FileId(self.id),
            name: FileName::stored(self.name),
            content_type: ContentType(self.content_type),
            size: self.size,
            sha256: Digest(self.sha256),
            image: self.image,
            uploaded_by: self.uploaded_by.into(),
            created_at: timestamp(self.created_at)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AccessData {
    Public {
        slug: String,
    },
    /// Replicas of the release before know groups alone.
    Private {
        group: bool,
        #[serde(default)]
        direct: bool,
    },
}

#[derive(Serialize, Deserialize)]
pub(super) struct RoomData {
    id: Uuid,
    name: String,
    description: Option<String>,
    access: AccessData,
    created_by: UserData,
    created_at: i64,
    updated_at: i64,
    member_count: i64,
    last_seq: i64,
    revision: i64,
    last_message_at: Option<i64>,
    changed_revision: i64,
    /// As text, so that nothing of it changes on the way; absent from events of earlier releases.
    #[serde(default)]
    metadata: Option<String>,
}

impl From<&Room> for RoomData {
    fn from(room: &Room) -> Self {
        Self {
            id: room.id.0,
            name: room.name.as_str().to_owned(),
            description: room.description.as_ref().map(|text| text.as_str().to_owned()),
            access: match &room.access {
                Access::Public { slug } => AccessData::Public { slug: slug.as_str().to_owned() },
                Access::Private(kind) => AccessData::Private {
                    group: *kind == PrivateKind::Group,
                    direct: *kind == PrivateKind::Direct,
                },
            },
            created_by: (&room.created_by).into(),
            created_at: room.created_at.unix_micros(),
            updated_at: room.updated_at.unix_micros(),
            member_count: room.member_count,
            last_seq: room.log.last_seq.0,
            revision: room.log.revision.0,
            last_message_at: room.log.last_message_at.map(Timestamp::unix_micros),
            changed_revision: room.changed_revision.0,
            metadata: room.metadata.text().map(str::to_owned),
        }
    }
}

impl RoomData {
    pub(super) fn room(self) -> Result<Room, MalformedEvent> {
        Ok(Room {
            id: RoomId(self.id),
            name: RoomName::stored(self.name),
            description: self.description.map(Description::stored),
            metadata: Metadata::stored(self.metadata),
            access: match self.access {
                AccessData::Public { slug } => Access::Public { slug: Slug::stored(slug) },
                AccessData::Private { direct: true, .. } => Access::Private(PrivateKind::Direct),
                AccessData::Private { group: true, .. } => Access::Private(PrivateKind::Group),
                AccessData::Private { .. } => Access::Private(PrivateKind::ByInvitation),
            },
            created_by: self.created_by.into(),
            created_at: timestamp(self.created_at)?,
            updated_at: timestamp(self.updated_at)?,
            member_count: self.member_count,
            log: RoomLog {
                last_seq: Seq(self.last_seq),
                revision: Revision(self.revision),
                last_message_at: self.last_message_at.map(timestamp).transpose()?,
            },
            changed_revision: Revision(self.changed_revision),
        })
    }
}
