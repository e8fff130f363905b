//! Events on their way to subscribers, encoded once per format.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use bytestring::ByteString;
use domain::event::{Change, ChangeKind, EphemeralEvent, EphemeralKind};
use domain::room::Revision;
use domain::{RoomId, UserId};
use serde::Serialize;

use crate::body::{ChangeBody, EphemeralBody, PersonalBody};

/// An event for subscribers.
pub enum LiveEvent {
    /// A lasting change.
    Changed(Change),
    /// An event that is not stored.
    Ephemeral(EphemeralEvent),
    /// A replay is over: the subscriber has everything up to this revision.
    CaughtUp(RoomId, Revision),
    /// An event of a subscription that concerns its user alone.
    Personal(Box<PersonalBody>),
}

/// An event for many subscribers. Each format is encoded at its first use, and shared.
pub struct EncodedEvent {
    /// The event.
    pub event: LiveEvent,
    json: OnceLock<ByteString>,
    frame: OnceLock<Bytes>,
    sse: OnceLock<ByteString>,
    sse_of_all_rooms: OnceLock<ByteString>,
    packet: OnceLock<Bytes>,
}

impl EncodedEvent {
    /// Wraps an event; encodes nothing yet.
    #[must_use]
    pub fn new(event: LiveEvent) -> Arc<Self> {
        Arc::new(Self {
            event,
            json: OnceLock::new(),
            frame: OnceLock::new(),
            sse: OnceLock::new(),
            sse_of_all_rooms: OnceLock::new(),
            packet: OnceLock::new(),
        })
    }

    /// Wraps an event of a subscription that concerns its user alone.
    pub(crate) fn personal(body: PersonalBody) -> Arc<Self> {
        Self::new(LiveEvent::Personal(Box::new(body)))
    }

    /// Returns the room of the event; `None` for events of a subscription that concern its user alone.
    #[must_use]
    pub fn room(&self) -> Option<RoomId> {
        match &self.event {
            LiveEvent::Changed(change) => Some(change.room),
            LiveEvent::Ephemeral(event) => Some(event.room),
            LiveEvent::CaughtUp(room, _) => Some(*room),
            LiveEvent::Personal(_) => None,
        }
    }

    /// Returns the room's revision by this event; `None` where it is no lasting change.
    #[must_use]
    pub fn revision(&self) -> Option<Revision> {
        match &self.event {
            LiveEvent::Changed(change) => Some(change.revision),
            LiveEvent::Ephemeral(_) | LiveEvent::CaughtUp(..) | LiveEvent::Personal(_) => None,
        }
    }

    /// Returns the name of the event, which is the `action` of its JSON.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match &self.event {
            LiveEvent::Changed(change) => match change.kind {
                ChangeKind::Sent(_) => "new-message",
                ChangeKind::Edited(_) => "message-edited",
                ChangeKind::Deleted(_) => "message-deleted",
                ChangeKind::ReactionAdded(_) => "reaction-added",
                ChangeKind::ReactionRemoved(_) => "reaction-removed",
                ChangeKind::MessagePinned(_) => "message-pinned",
                ChangeKind::MessageUnpinned(_) => "message-unpinned",
                ChangeKind::MemberAdded(..) => "member-added",
                ChangeKind::MemberRemoved(..) => "member-removed",
                ChangeKind::RoleChanged(..) => "role-changed",
                ChangeKind::RoomUpdated(_) => "room-updated",
                ChangeKind::RoomDeleted => "room-deleted",
            },
            LiveEvent::Ephemeral(event) => match event.kind {
                EphemeralKind::Joined => "user-joined",
                EphemeralKind::Left => "user-left",
                EphemeralKind::Typing => "typing",
                EphemeralKind::Read(_) | EphemeralKind::Unread(_) => "read",
            },
            LiveEvent::CaughtUp(..) => "caught-up",
            LiveEvent::Personal(body) => body.name(),
        }
    }

    /// Returns the event as one line of JSON.
    #[must_use]
    pub fn json(&self) -> ByteString {
        let encode = || match &self.event {
            LiveEvent::Changed(change) => text(&ChangeBody::from(change)),
            LiveEvent::Ephemeral(event) => text(&EphemeralBody::from(event)),
            LiveEvent::CaughtUp(room, revision) => text(&EphemeralBody::caught_up(*room, *revision)),
            LiveEvent::Personal(body) => text(body),
        };
        self.json.get_or_init(|| encode().into()).clone()
    }

    /// Returns the number of bytes that the event takes in a queue: those of its JSON.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.json().len()
    }

    /// Returns the event as a frame of a WebSocket, which `encode` makes of its JSON at the first call.
    pub fn frame(&self, encode: impl FnOnce(ByteString) -> Bytes) -> Bytes {
        self.frame.get_or_init(|| encode(self.json())).clone()
    }

    /// Returns the event as a server-sent event.
    #[must_use]
    pub fn sse(&self) -> ByteString {
        let encode = || {
            let id = match &self.event {
                LiveEvent::Changed(change) => format!("id: {}\n", change.revision.0),
                LiveEvent::CaughtUp(_, revision) => format!("id: {}\n", revision.0),
                LiveEvent::Ephemeral(_) | LiveEvent::Personal(_) => String::new(),
            };
            self.sse_with(&id)
        };
        self.sse.get_or_init(encode).clone()
    }

    /// Returns the event as a server-sent event of a stream of all rooms, where an id is a cursor.
    #[must_use]
    pub fn sse_of_all_rooms(&self) -> ByteString {
        let encode = || match &self.event {
            LiveEvent::Personal(body) => {
                self.sse_with(&body.cursor().map(|cursor| format!("id: {cursor}\n")).unwrap_or_default())
            }
            _ => self.sse_with(""),
        };
        self.sse_of_all_rooms.get_or_init(encode).clone()
    }

    fn sse_with(&self, id: &str) -> ByteString {
        format!("{id}event: {}\ndata: {}\n\n", self.name(), self.json()).into()
    }

    /// Returns the event as a packet of Socket.IO, which `encode` makes at the first call.
    pub fn packet(&self, encode: impl FnOnce(&Self) -> Bytes) -> Bytes {
        self.packet.get_or_init(|| encode(self)).clone()
    }
}

fn text(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}

/// Returns true if a change ends the room for that user: it removes them, or the room.
pub(crate) fn ends_for(change: &Change, user: UserId) -> bool {
    change.ends_for().is_some_and(|ended| ended.is_none_or(|ended| ended == user))
}

#[cfg(test)]
mod tests {
    use domain::account::{UserRef, Username};
    use domain::event::ReadMark;
    use domain::membership::Role;
    use domain::message::{Emoji, PinChange, ReactionChange};
    use domain::room::Seq;
    use domain::{MessageId, Timestamp};
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    const ROOM: RoomId = RoomId(Uuid::from_u128(1));

    fn parsed(event: LiveEvent) -> (&'static str, Value) {
        let encoded = EncodedEvent::new(event);
        (encoded.name(), serde_json::from_str(&encoded.json()).unwrap())
    }

    #[test]
    fn the_action_of_an_event_is_its_name() {
        let user = UserRef { id: UserId(Uuid::from_u128(2)), username: Username::parse("jane_doe").unwrap() };
        let (message, seq) = (MessageId(Uuid::from_u128(4)), Seq(5));
        let reaction = || ReactionChange {
            message,
            seq,
            emoji: Emoji::parse("👍").unwrap(),
            count: 2,
            user: user.clone(),
        };
        let pin = |pinned_at| PinChange { message, seq, pinned_at, user: user.clone() };
        let kinds = [
            ChangeKind::ReactionAdded(reaction()),
            ChangeKind::ReactionRemoved(reaction()),
            ChangeKind::MessagePinned(pin(Some(Timestamp::EPOCH))),
            ChangeKind::MessageUnpinned(pin(None)),
            ChangeKind::MemberAdded(user.clone(), Role::Member),
            ChangeKind::MemberRemoved(user.clone(), Role::Member),
            ChangeKind::RoleChanged(user.clone(), Role::Admin),
            ChangeKind::RoomDeleted,
        ];
        let changes = kinds
            .into_iter()
            .map(|kind| LiveEvent::Changed(Change { room: ROOM, revision: Revision(3), kind }));
        let kinds = [
            EphemeralKind::Joined,
            EphemeralKind::Left,
            EphemeralKind::Typing,
            EphemeralKind::Read(ReadMark { seq: Seq(4), by: None }),
            EphemeralKind::Unread(Seq(4)),
        ];
        let ephemeral = kinds
            .into_iter()
            .map(|kind| LiveEvent::Ephemeral(EphemeralEvent { room: ROOM, user: user.clone(), kind }));
        let caught_up = LiveEvent::CaughtUp(ROOM, Revision(3));
        for event in changes.chain(ephemeral).chain([caught_up]) {
            let (name, json) = parsed(event);
            assert_eq!(json["action"], name);
            assert_eq!(json["roomId"], json!(ROOM.0));
        }
    }

    #[test]
    fn a_reaction_and_a_pin_name_message_and_user() {
        let user = UserRef { id: UserId(Uuid::from_u128(2)), username: Username::parse("jane_doe").unwrap() };
        let (message, seq, revision) = (MessageId(Uuid::from_u128(4)), Seq(5), Revision(9));
        let emoji = Emoji::parse("👍").unwrap();
        let reaction = ReactionChange { message, seq, emoji, count: 2, user: user.clone() };
        let pin = PinChange { message, seq, pinned_at: None, user };
        let of = |kind| parsed(LiveEvent::Changed(Change { room: ROOM, revision, kind })).1;
        let common = json!({"roomId": ROOM.0, "revision": 9, "id": message.0, "seq": 5, "username": "jane_doe",
            "userId": Uuid::from_u128(2)});
        let with = |more: Value| {
            let mut all = common.clone();
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            all
        };
        let added = with(json!({"action": "reaction-added", "emoji": "👍", "count": 2}));
        assert_eq!(of(ChangeKind::ReactionAdded(reaction)), added);
        let unpinned = with(json!({"action": "message-unpinned", "pinnedAt": null}));
        assert_eq!(of(ChangeKind::MessageUnpinned(pin)), unpinned);
    }

    #[test]
    fn the_end_of_a_replay_names_room_and_revision_only() {
        let (_, json) = parsed(LiveEvent::CaughtUp(ROOM, Revision(9)));
        assert_eq!(json, json!({"action": "caught-up", "roomId": ROOM.0, "revision": 9}));
    }
}
