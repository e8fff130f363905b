//! Events of rooms: one vocabulary on every transport.

mod marks;

use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::{File, Message, MessageExtras, MessageId, MessageKind, Role, Room, RoomId, UserId, UserRef};
use marks::{PinFrame, ReactionFrame};

pub use marks::{PinEvent, ReactionEvent};

/// An event of a room.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A message was sent.
    NewMessage(Box<Message>),
    /// A message was edited.
    MessageEdited(Box<Message>),
    /// A message was deleted; its `content` and `file` are `None`.
    MessageDeleted(Box<Message>),
    /// A user reacted to a message.
    ReactionAdded(ReactionEvent),
    /// A user took a reaction to a message back.
    ReactionRemoved(ReactionEvent),
    /// A message was pinned.
    MessagePinned(PinEvent),
    /// A message was unpinned.
    MessageUnpinned(PinEvent),
    /// A user became a member.
    MemberAdded(MemberEvent),
    /// A user is no member any more.
    MemberRemoved(MemberEvent),
    /// A member has another role.
    RoleChanged(MemberEvent),
    /// The room has another name, description, visibility or metadata.
    RoomUpdated {
        /// The revision of the change.
        revision: i64,
        /// The room as it is after it, without a membership.
        room: Box<Room>,
    },
    /// The room was deleted; it has no further events.
    RoomDeleted {
        /// The room.
        room: RoomId,
        /// The revision of the change.
        revision: i64,
    },
    /// A user came into the room with the first of their sockets.
    UserJoined(UserEvent),
    /// A user went out of the room with the last of their sockets.
    UserLeft(UserEvent),
    /// A user types.
    Typing(UserEvent),
    /// A user has read the messages up to `seq`.
    Read {
        /// The reader.
        by: UserEvent,
        /// The `seq` of the last message read.
        seq: i64,
    },
    /// Every lasting event up to the revision has been delivered.
    CaughtUp {
        /// The room.
        room: RoomId,
        /// The revision.
        revision: i64,
    },
    /// An event that this version of the client does not know.
    Other(Value),
}

/// A lasting change of a membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberEvent {
    /// The room.
    pub room: RoomId,
    /// The revision of the change.
    pub revision: i64,
    /// The member.
    pub user: UserRef,
    /// The role: the new one, or the one that the former member had.
    pub role: Role,
}

/// A user in a room, for an event that does not last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserEvent {
    /// The room.
    pub room: RoomId,
    /// The user.
    pub user: UserRef,
}

impl Event {
    /// Returns the room; `None` for an unknown event without one.
    #[must_use]
    pub fn room(&self) -> Option<RoomId> {
        match self {
            Self::NewMessage(message) | Self::MessageEdited(message) | Self::MessageDeleted(message) => {
                Some(message.room_id)
            }
            Self::ReactionAdded(event) | Self::ReactionRemoved(event) => Some(event.room),
            Self::MessagePinned(event) | Self::MessageUnpinned(event) => Some(event.room),
            Self::MemberAdded(event) | Self::MemberRemoved(event) | Self::RoleChanged(event) => {
                Some(event.room)
            }
            Self::RoomUpdated { room, .. } => Some(room.id),
            Self::RoomDeleted { room, .. } | Self::CaughtUp { room, .. } => Some(*room),
            Self::UserJoined(event) | Self::UserLeft(event) | Self::Typing(event) => Some(event.room),
            Self::Read { by, .. } => Some(by.room),
            Self::Other(value) => value["roomId"].as_str()?.parse().ok(),
        }
    }

    /// Returns the revision of a lasting event, and of `CaughtUp`; `None` for events that do not last.
    #[must_use]
    pub fn revision(&self) -> Option<i64> {
        match self {
            Self::NewMessage(message) | Self::MessageEdited(message) | Self::MessageDeleted(message) => {
                Some(message.revision)
            }
            Self::ReactionAdded(event) | Self::ReactionRemoved(event) => Some(event.revision),
            Self::MessagePinned(event) | Self::MessageUnpinned(event) => Some(event.revision),
            Self::MemberAdded(event) | Self::MemberRemoved(event) | Self::RoleChanged(event) => {
                Some(event.revision)
            }
            Self::RoomUpdated { revision, .. }
            | Self::RoomDeleted { revision, .. }
            | Self::CaughtUp { revision, .. } => Some(*revision),
            Self::UserJoined(_) | Self::UserLeft(_) | Self::Typing(_) | Self::Read { .. } => None,
            Self::Other(value) => value["revision"].as_i64(),
        }
    }
}

impl From<Value> for Event {
    /// Reads an event; one that this client does not understand becomes [`Event::Other`].
    fn from(value: Value) -> Self {
        Frame::deserialize(&value).map_or(Self::Other(value), Self::from)
    }
}

/// The events as they are written.
#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case", rename_all_fields = "camelCase")]
enum Frame {
    NewMessage(Box<MessageFrame>),
    MessageEdited(Box<MessageFrame>),
    MessageDeleted(Box<MessageFrame>),
    ReactionAdded(ReactionFrame),
    ReactionRemoved(ReactionFrame),
    MessagePinned(PinFrame),
    MessageUnpinned(PinFrame),
    MemberAdded(MemberFrame),
    MemberRemoved(MemberFrame),
    RoleChanged(MemberFrame),
    RoomUpdated { revision: i64, room: Box<Room> },
    RoomDeleted { room_id: RoomId, revision: i64 },
    UserJoined(UserFrame),
    UserLeft(UserFrame),
    Typing(UserFrame),
    Read { room_id: RoomId, username: String, user_id: UserId, seq: i64 },
    CaughtUp { room_id: RoomId, revision: i64 },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageFrame {
    room_id: RoomId,
    revision: i64,
    seq: i64,
    id: MessageId,
    sender: String,
    sender_id: UserId,
    message: Option<String>,
    #[serde(rename = "type")]
    kind: MessageKind,
    file: Option<File>,
    client_id: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    timestamp: OffsetDateTime,
    #[serde(default, with = "time::serde::rfc3339::option")]
    edited_at: Option<OffsetDateTime>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    deleted_at: Option<OffsetDateTime>,
    #[serde(flatten)]
    extras: MessageExtras,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MemberFrame {
    room_id: RoomId,
    revision: i64,
    username: String,
    user_id: UserId,
    role: Role,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserFrame {
    room_id: RoomId,
    username: String,
    user_id: UserId,
}

impl From<Frame> for Event {
    fn from(frame: Frame) -> Self {
        match frame {
            Frame::NewMessage(message) => Self::NewMessage(message.into_message()),
            Frame::MessageEdited(message) => Self::MessageEdited(message.into_message()),
            Frame::MessageDeleted(message) => Self::MessageDeleted(message.into_message()),
            Frame::ReactionAdded(event) => Self::ReactionAdded(event.into()),
            Frame::ReactionRemoved(event) => Self::ReactionRemoved(event.into()),
            Frame::MessagePinned(event) => Self::MessagePinned(event.into()),
            Frame::MessageUnpinned(event) => Self::MessageUnpinned(event.into()),
            Frame::MemberAdded(event) => Self::MemberAdded(event.into()),
            Frame::MemberRemoved(event) => Self::MemberRemoved(event.into()),
            Frame::RoleChanged(event) => Self::RoleChanged(event.into()),
            Frame::RoomUpdated { revision, room } => Self::RoomUpdated { revision, room },
            Frame::RoomDeleted { room_id, revision } => Self::RoomDeleted { room: room_id, revision },
            Frame::UserJoined(event) => Self::UserJoined(event.into()),
            Frame::UserLeft(event) => Self::UserLeft(event.into()),
            Frame::Typing(event) => Self::Typing(event.into()),
            Frame::Read { room_id, username, user_id, seq } => {
                Self::Read { by: UserFrame { room_id, username, user_id }.into(), seq }
            }
            Frame::CaughtUp { room_id, revision } => Self::CaughtUp { room: room_id, revision },
        }
    }
}

impl MessageFrame {
    fn into_message(self: Box<Self>) -> Box<Message> {
        Box::new(Message {
            id: self.id,
            room_id: self.room_id,
            seq: self.seq,
            revision: self.revision,
            kind: self.kind,
            content: self.message,
            sender: UserRef { id: self.sender_id, username: self.sender },
            file: self.file,
            client_id: self.client_id,
            created_at: self.timestamp,
            edited_at: self.edited_at,
            deleted_at: self.deleted_at,
            extras: self.extras,
        })
    }
}

impl From<MemberFrame> for MemberEvent {
    fn from(MemberFrame { room_id, revision, username, user_id, role }: MemberFrame) -> Self {
        Self { room: room_id, revision, user: UserRef { id: user_id, username }, role }
    }
}

impl From<UserFrame> for UserEvent {
    fn from(UserFrame { room_id, username, user_id }: UserFrame) -> Self {
        Self { room: room_id, user: UserRef { id: user_id, username } }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_unknown_event_keeps_its_json_its_room_and_its_revision() {
        let room = "0197a5c2-8f00-7000-8000-000000000000";
        let value = json!({"action": "poll-opened", "roomId": room, "revision": 7, "question": "x"});
        let event = Event::from(value.clone());
        assert_eq!((event.room(), event.revision()), (room.parse().ok(), Some(7)));
        assert_eq!(event, Event::Other(value));
    }

    #[test]
    fn a_deleted_message_has_no_content() {
        let id = "0197a5c2-8f00-7000-8000-000000000000";
        let event = Event::from(json!({
            "action": "message-deleted", "roomId": id, "revision": 5, "id": id, "seq": 1, "sender": "jane",
            "senderId": id, "type": "text", "timestamp": "2026-11-21T07:42:19.132089Z",
            "deletedAt": "2026-11-21T07:42:19.145944Z",
        }));
        let Event::MessageDeleted(message) = &event else { panic!("{event:?}") };
        assert_eq!((message.content.as_ref(), event.revision()), (None, Some(5)));
        assert!(message.deleted_at.is_some());
    }
}
