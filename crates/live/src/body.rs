//! The JSON of events: wire contract, section 5, as the WebSocket, server-sent events and `changes` write it.

mod marks;
mod personal;

use domain::RoomId;
use domain::event::{Change, ChangeKind, EphemeralEvent, EphemeralKind, ReadMark};
use domain::membership::Role;
use domain::message::{ClientKey, Content, Message};
use domain::room::Revision;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extras::MessageExtras;
use crate::views::{File, KindName, RoleName, Room, time};
use marks::{PinBody, ReactionBody};
pub use personal::PersonalBody;

/// A lasting change of a room.
#[derive(Serialize, ToSchema)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum ChangeBody {
    /// A message was sent.
    NewMessage(MessageBody),
    /// A message's text was changed.
    MessageEdited(MessageBody),
    /// A message was deleted.
    MessageDeleted(DeletedMessageBody),
    /// A user reacted to a message.
    ReactionAdded(ReactionBody),
    /// A user took a reaction to a message back.
    ReactionRemoved(ReactionBody),
    /// A message was pinned.
    MessagePinned(PinBody),
    /// A message was unpinned.
    MessageUnpinned(PinBody),
    /// A user became a member.
    MemberAdded(MemberBody),
    /// A user is no member any more.
    MemberRemoved(MemberBody),
    /// A member has another role.
    RoleChanged(MemberBody),
    /// The room's name, description, visibility or metadata was changed.
    RoomUpdated(RoomUpdatedBody),
    /// The room was deleted.
    RoomDeleted(RoomBody),
}

/// A message with the room's revision.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageBody {
    room_id: Uuid,
    /// The room's revision by this event.
    revision: i64,
    /// The message's place in the room.
    seq: i64,
    id: Uuid,
    sender: String,
    sender_id: Uuid,
    /// The text; `null` where a file was sent without one.
    #[schema(required = true)]
    message: Option<String>,
    #[serde(rename = "type")]
    kind: KindName,
    #[schema(required = true)]
    file: Option<File>,
    #[schema(required = true)]
    client_id: Option<String>,
    #[schema(format = DateTime)]
    timestamp: String,
    #[schema(format = DateTime, required = true)]
    edited_at: Option<String>,
    #[serde(flatten)]
    extras: MessageExtras,
}

/// A message that was deleted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedMessageBody {
    room_id: Uuid,
    /// The room's revision by this event.
    revision: i64,
    /// The message's place in the room.
    seq: i64,
    id: Uuid,
    sender: String,
    sender_id: Uuid,
    #[serde(rename = "type")]
    kind: KindName,
    #[schema(format = DateTime)]
    timestamp: String,
    #[schema(format = DateTime, value_type = String)]
    deleted_at: Option<String>,
}

/// A member and their role.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberBody {
    room_id: Uuid,
    /// The room's revision by this event.
    revision: i64,
    username: String,
    user_id: Uuid,
    role: RoleName,
}

/// A room as it is now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomUpdatedBody {
    room_id: Uuid,
    /// The room's revision by this event.
    revision: i64,
    room: Room,
}

/// A room and its revision.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomBody {
    room_id: Uuid,
    /// The room's revision by this event.
    revision: i64,
}

impl RoomBody {
    fn new(room: RoomId, revision: Revision) -> Self {
        Self { room_id: room.0, revision: revision.0 }
    }
}

impl From<&Change> for ChangeBody {
    fn from(change: &Change) -> Self {
        let (room_id, revision) = (change.room.0, change.revision.0);
        let member = |user: &domain::account::UserRef, role: Role| MemberBody {
            room_id,
            revision,
            username: user.username.to_string(),
            user_id: user.id.0,
            role: role.into(),
        };
        match &change.kind {
            ChangeKind::Sent(message) => Self::NewMessage(message.into()),
            ChangeKind::Edited(message) => Self::MessageEdited(message.into()),
            ChangeKind::Deleted(message) => Self::MessageDeleted(DeletedMessageBody {
                room_id,
                revision,
                seq: message.seq.0,
                id: message.id.0,
                sender: message.sender.username.to_string(),
                sender_id: message.sender.id.0,
                kind: message.kind().into(),
                timestamp: time(message.created_at),
                deleted_at: message.deleted_at().map(time),
            }),
            ChangeKind::ReactionAdded(reaction) => Self::ReactionAdded(ReactionBody::new(change, reaction)),
            ChangeKind::ReactionRemoved(reaction) => {
                Self::ReactionRemoved(ReactionBody::new(change, reaction))
            }
            ChangeKind::MessagePinned(pin) => Self::MessagePinned(PinBody::new(change, pin)),
            ChangeKind::MessageUnpinned(pin) => Self::MessageUnpinned(PinBody::new(change, pin)),
            ChangeKind::MemberAdded(user, role) => Self::MemberAdded(member(user, *role)),
            ChangeKind::MemberRemoved(user, role) => Self::MemberRemoved(member(user, *role)),
            ChangeKind::RoleChanged(user, role) => Self::RoleChanged(member(user, *role)),
            ChangeKind::RoomUpdated(room) => {
                Self::RoomUpdated(RoomUpdatedBody { room_id, revision, room: Room::new(room, None) })
            }
            ChangeKind::RoomDeleted => Self::RoomDeleted(RoomBody::new(change.room, change.revision)),
        }
    }
}

impl From<&Message> for MessageBody {
    fn from(message: &Message) -> Self {
        Self {
            room_id: message.room.0,
            revision: message.revision.0,
            seq: message.seq.0,
            id: message.id.0,
            sender: message.sender.username.to_string(),
            sender_id: message.sender.id.0,
            message: message.body().and_then(|body| body.content()).map(Content::to_string),
            kind: message.kind().into(),
            file: message.file.as_deref().map(File::from),
            client_id: message.client_key.as_ref().map(ClientKey::to_string),
            timestamp: time(message.created_at),
            edited_at: message.edited_at.map(time),
            extras: message.extras().into(),
        }
    }
}

/// An event that is not stored, or the end of a replay.
#[derive(Serialize, ToSchema)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum EphemeralBody {
    /// A user's first connection entered the room.
    UserJoined(PresenceBody),
    /// A user's last connection left the room.
    UserLeft(PresenceBody),
    /// A user types.
    Typing(PresenceBody),
    /// A user has read messages.
    Read(ReadBody),
    /// A replay is over: the subscriber has everything up to this revision.
    CaughtUp(RoomBody),
}

/// A user in a room.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceBody {
    room_id: Uuid,
    username: String,
    user_id: Uuid,
}

/// A user, and the place of the last message they have read.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadBody {
    room_id: Uuid,
    username: String,
    user_id: Uuid,
    /// The place of the last message that was read.
    seq: i64,
}

impl EphemeralBody {
    /// The end of a replay.
    pub(crate) fn caught_up(room: RoomId, revision: Revision) -> Self {
        Self::CaughtUp(RoomBody::new(room, revision))
    }
}

impl From<&EphemeralEvent> for EphemeralBody {
    fn from(event: &EphemeralEvent) -> Self {
        let (room_id, username, user_id) = (event.room.0, event.user.username.to_string(), event.user.id.0);
        match event.kind {
            EphemeralKind::Joined => Self::UserJoined(PresenceBody { room_id, username, user_id }),
            EphemeralKind::Left => Self::UserLeft(PresenceBody { room_id, username, user_id }),
            EphemeralKind::Typing => Self::Typing(PresenceBody { room_id, username, user_id }),
            EphemeralKind::Read(ReadMark { seq, .. }) | EphemeralKind::Unread(seq) => {
                Self::Read(ReadBody { room_id, username, user_id, seq: seq.0 })
            }
        }
    }
}
