//! Events as JSON: the vocabulary of the wire contract, section 5, as the WebSocket writes it.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use bytestring::ByteString;
use domain::RoomId;
use domain::account::UserRef;
use domain::event::{Change, ChangeKind, EphemeralEvent, EphemeralKind};
use domain::membership::Role;
use domain::message::Content;
use domain::room::{Revision, RoomView};
use serde_json::{Value, json};

use crate::json::{KindName, RoleName, Room, SharedFile, time};

/// An event on its way to many: made into text once per format, whoever asks first, and shared.
pub(crate) struct Encoded {
    pub(crate) event: Live,
    json: OnceLock<ByteString>,
    frame: OnceLock<Bytes>,
    sse: OnceLock<ByteString>,
}

/// What travels to subscribers.
#[derive(Debug, Clone)]
pub(crate) enum Live {
    Changed(Change),
    Ephemeral(EphemeralEvent),
    /// A replay is over: the subscriber knows everything up to there.
    CaughtUp(RoomId, Revision),
}

impl Encoded {
    pub(crate) fn new(event: Live) -> Arc<Self> {
        Arc::new(Self { event, json: OnceLock::new(), frame: OnceLock::new(), sse: OnceLock::new() })
    }

    /// Where it happens.
    pub(crate) fn room(&self) -> RoomId {
        match &self.event {
            Live::Changed(change) => change.room,
            Live::Ephemeral(fleeting) => fleeting.room,
            Live::CaughtUp(room, _) => *room,
        }
    }

    /// The room's revision by this event, if it is lasting.
    pub(crate) fn revision(&self) -> Option<Revision> {
        match &self.event {
            Live::Changed(change) => Some(change.revision),
            Live::Ephemeral(_) | Live::CaughtUp(..) => None,
        }
    }

    /// The event as one line of JSON.
    pub(crate) fn json(&self) -> ByteString {
        self.json.get_or_init(|| self.value().to_string().into()).clone()
    }

    /// The event as a frame of a WebSocket, which `encode` makes of its JSON.
    pub(crate) fn frame(&self, encode: impl FnOnce(ByteString) -> Bytes) -> Bytes {
        self.frame.get_or_init(|| encode(self.json())).clone()
    }

    /// The event as a server-sent event.
    pub(crate) fn sse(&self) -> ByteString {
        let text = || {
            let id = match &self.event {
                Live::Changed(change) => format!("id: {}\n", change.revision.0),
                Live::CaughtUp(_, revision) => format!("id: {}\n", revision.0),
                Live::Ephemeral(_) => String::new(),
            };
            ByteString::from(format!("{id}event: {}\ndata: {}\n\n", self.name(), self.json()))
        };
        self.sse.get_or_init(text).clone()
    }

    /// The event's name.
    pub(crate) fn name(&self) -> &'static str {
        match &self.event {
            Live::Changed(change) => change_name(&change.kind),
            Live::Ephemeral(fleeting) => match fleeting.kind {
                EphemeralKind::Joined => "user-joined",
                EphemeralKind::Left => "user-left",
                EphemeralKind::Typing => "typing",
                EphemeralKind::Read(_) => "read",
            },
            Live::CaughtUp(..) => "caught-up",
        }
    }

    /// The event as JSON.
    pub(crate) fn value(&self) -> Value {
        match &self.event {
            Live::Changed(change) => change_json(change),
            Live::Ephemeral(fleeting) => {
                let mut value = json!({
                    "action": self.name(),
                    "roomId": fleeting.room.0,
                    "username": fleeting.user.username.as_str(),
                    "userId": fleeting.user.id.0,
                });
                if let EphemeralKind::Read(seq) = fleeting.kind {
                    value["seq"] = json!(seq.0);
                }
                value
            }
            Live::CaughtUp(room, revision) => {
                json!({"action": "caught-up", "roomId": room.0, "revision": revision.0})
            }
        }
    }
}

fn change_name(kind: &ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Sent(_) => "new-message",
        ChangeKind::Edited(_) => "message-edited",
        ChangeKind::Deleted(_) => "message-deleted",
        ChangeKind::MemberAdded(..) => "member-added",
        ChangeKind::MemberRemoved(..) => "member-removed",
        ChangeKind::RoleChanged(..) => "role-changed",
        ChangeKind::RoomUpdated(_) => "room-updated",
        ChangeKind::RoomDeleted => "room-deleted",
    }
}

/// A lasting change as JSON; `GET …/changes` answers the same.
pub(crate) fn change_json(change: &Change) -> Value {
    let action = change_name(&change.kind);
    let (room, revision) = (change.room.0, change.revision.0);
    match &change.kind {
        ChangeKind::Sent(message) | ChangeKind::Edited(message) => message_json(action, message),
        ChangeKind::Deleted(message) => json!({
            "action": action,
            "roomId": room,
            "revision": revision,
            "id": message.id.0,
            "seq": message.seq.0,
            "sender": message.sender.username.as_str(),
            "senderId": message.sender.id.0,
            "type": KindName::from(message.kind()),
            "timestamp": time(message.created_at),
            "deletedAt": message.deleted_at().map(time),
        }),
        ChangeKind::MemberAdded(user, role)
        | ChangeKind::MemberRemoved(user, role)
        | ChangeKind::RoleChanged(user, role) => member_json(action, change, user, *role),
        ChangeKind::RoomUpdated(now) => {
            let view = RoomView { room: (**now).clone(), mine: None, invited: false };
            json!({"action": action, "roomId": room, "revision": revision, "room": Room::from(&view)})
        }
        ChangeKind::RoomDeleted => json!({"action": action, "roomId": room, "revision": revision}),
    }
}

fn member_json(action: &str, change: &Change, user: &UserRef, role: Role) -> Value {
    json!({
        "action": action,
        "roomId": change.room.0,
        "revision": change.revision.0,
        "username": user.username.as_str(),
        "userId": user.id.0,
        "role": RoleName::from(role),
    })
}

fn message_json(action: &str, message: &domain::message::Message) -> Value {
    json!({
        "action": action,
        "roomId": message.room.0,
        "revision": message.revision.0,
        "seq": message.seq.0,
        "id": message.id.0,
        "sender": message.sender.username.as_str(),
        "senderId": message.sender.id.0,
        "message": message.body().and_then(|body| body.content()).map(Content::as_str),
        "type": KindName::from(message.kind()),
        "file": message.file.as_deref().map(SharedFile::from),
        "clientId": message.client_key.as_ref().map(domain::message::ClientKey::as_str),
        "timestamp": time(message.created_at),
        "editedAt": message.edited_at.map(time),
    })
}
