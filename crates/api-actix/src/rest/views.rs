//! What answers look like: the JSON of the wire contract, sections 2 to 4.

use domain::Timestamp;
use domain::account::{User, UserRef};
use domain::file::File;
use domain::invitation::Invitation;
use domain::membership::{Member, MyMembership, Role};
use domain::message::{Content, Message, MessageKind};
use domain::presence::Present;
use domain::room::{Access, RoomView, Visibility};
use serde::Serialize;
use time::format_description::FormatItem;
use time::macros::format_description;
use utoipa::ToSchema;
use uuid::Uuid;

const MICROSECONDS: &[FormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// RFC 3339 in UTC, always with microseconds.
pub(crate) fn time(moment: Timestamp) -> String {
    moment.as_datetime().format(MICROSECONDS).unwrap_or_default()
}

/// Every success.
#[derive(Serialize)]
pub(super) struct Data<T> {
    pub data: T,
}

/// Every list.
#[derive(Serialize)]
pub(super) struct List<T, P> {
    pub data: Vec<T>,
    pub pagination: P,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Person {
    id: Uuid,
    username: String,
}

impl From<&UserRef> for Person {
    fn from(user: &UserRef) -> Self {
        Self { id: user.id.0, username: user.username.to_string() }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    id: Uuid,
    username: String,
    email: String,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&User> for Account {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.0,
            username: user.username.to_string(),
            email: user.email.to_string(),
            created_at: time(user.created_at),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Mine {
    role: RoleName,
    #[schema(format = DateTime)]
    joined_at: String,
    last_read_seq: i64,
    unread_count: i64,
}

impl From<&MyMembership> for Mine {
    fn from(mine: &MyMembership) -> Self {
        Self {
            role: mine.role.into(),
            joined_at: time(mine.joined_at),
            last_read_seq: mine.last_read_seq.0,
            unread_count: mine.unread_count,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Room {
    id: Uuid,
    name: String,
    #[schema(required = true)]
    slug: Option<String>,
    #[schema(required = true)]
    description: Option<String>,
    visibility: VisibilityName,
    created_by: Person,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    member_count: i64,
    #[schema(format = DateTime, required = true)]
    last_message_at: Option<String>,
    revision: i64,
    #[schema(required = true)]
    membership: Option<Mine>,
}

impl From<&RoomView> for Room {
    fn from(view: &RoomView) -> Self {
        let room = &view.room;
        let slug = match &room.access {
            Access::Public { slug } => Some(slug.to_string()),
            Access::Private { .. } => None,
        };
        Self {
            id: room.id.0,
            name: room.name.to_string(),
            slug,
            description: room.description.as_ref().map(ToString::to_string),
            visibility: room.access.visibility().into(),
            created_by: (&room.created_by).into(),
            created_at: time(room.created_at),
            updated_at: time(room.updated_at),
            member_count: room.member_count,
            last_message_at: room.log.last_message_at.map(time),
            revision: room.log.revision.0,
            membership: view.mine.as_ref().map(Into::into),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoomMember {
    user: Person,
    role: RoleName,
    #[schema(format = DateTime)]
    joined_at: String,
    last_read_seq: i64,
    /// Whether they are in the room right now.
    online: bool,
}

impl RoomMember {
    pub(crate) fn new(member: &Member, present: &[Present]) -> Self {
        Self {
            user: (&member.user).into(),
            role: member.role.into(),
            joined_at: time(member.joined_at),
            last_read_seq: member.last_read_seq.0,
            online: present.iter().any(|present| present.user.id == member.user.id),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenInvitation {
    room_id: Uuid,
    room_name: String,
    user: Person,
    invited_by: Person,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&Invitation> for OpenInvitation {
    fn from(invitation: &Invitation) -> Self {
        Self {
            room_id: invitation.room.0,
            room_name: invitation.room_name.to_string(),
            user: (&invitation.user).into(),
            invited_by: (&invitation.invited_by).into(),
            created_at: time(invitation.created_at),
        }
    }
}

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

pub(super) const ROLES: &[(&str, Role)] = &[("admin", Role::Admin), ("member", Role::Member)];
pub(super) const VISIBILITIES: &[(&str, Visibility)] =
    &[("public", Visibility::Public), ("private", Visibility::Private)];
pub(crate) const KINDS: &[(&str, MessageKind)] =
    &[("text", MessageKind::Text), ("image", MessageKind::Image), ("file", MessageKind::File)];

/// A domain enumeration as the wire spells it.
macro_rules! name {
    ($name:ident of $of:ident { $($word:ident),* }) => {
        #[derive(Serialize, ToSchema)]
        #[serde(rename_all = "lowercase")]
        pub(crate) enum $name { $($word),* }

        impl From<$of> for $name {
            fn from(value: $of) -> Self {
                match value { $($of::$word => Self::$word),* }
            }
        }
    };
}

name!(RoleName of Role { Admin, Member });
name!(VisibilityName of Visibility { Public, Private });
name!(KindName of MessageKind { Text, Image, File });
