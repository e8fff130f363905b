//! The encoding of events between replicas: JSON with a version. A version may gain fields. A replica that does not know a
//! version or a kind of event skips it and reads the store.

mod extras;
mod marks;
mod values;

use domain::account::UserRef;
use domain::event::{Change, ChangeKind, EphemeralEvent, EphemeralKind, Event, ReadMark, Revocation};
use domain::room::{Revision, Seq};
use domain::{RoomId, SessionId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use marks::{PinData, ReactionData};
use values::{MalformedEvent, MessageData, RoleData, RoomData, UserData};

/// The only version that this program encodes and decodes.
const VERSION: u32 = 1;

/// The version and the sending replica around an event.
#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    v: u32,
    from: Uuid,
    event: T,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
enum EventData {
    Changed {
        room: Uuid,
        revision: i64,
        #[serde(rename = "what")]
        change: ChangeData,
    },
    /// Has the name that earlier releases use.
    #[serde(rename = "fleeting")]
    Ephemeral {
        room: Uuid,
        user: UserData,
        kind: EphemeralData,
        /// The live connection that moved a read mark.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Uuid>,
    },
    Own {
        user: Uuid,
        room: Uuid,
    },
    SessionEnded {
        session: Uuid,
    },
    SessionsEnded {
        user: Uuid,
        except: Option<Uuid>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ChangeData {
    Sent(MessageData),
    Edited(MessageData),
    Deleted(MessageData),
    ReactionAdded(ReactionData),
    ReactionRemoved(ReactionData),
    MessagePinned(PinData),
    MessageUnpinned(PinData),
    MemberAdded(UserData, RoleData),
    MemberRemoved(UserData, RoleData),
    RoleChanged(UserData, RoleData),
    RoomUpdated(Box<RoomData>),
    RoomDeleted,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum EphemeralData {
    Joined,
    Left,
    Typing,
    Read(i64),
    Unread(i64),
}

/// Encodes an event of the replica `from`.
pub(crate) fn encode(event: &Event, from: Uuid) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Envelope { v: VERSION, from, event: EventData::from(event) })
}

/// Decodes an event; `None` where the replica `own` sent it itself.
pub(crate) fn decode(payload: &[u8], own: Uuid) -> Result<Option<Event>, MalformedEvent> {
    let envelope: Envelope<&RawValue> = serde_json::from_slice(payload)?;
    if envelope.from == own {
        return Ok(None);
    }
    if envelope.v != VERSION {
        return Err(MalformedEvent(format!("unsupported version {}", envelope.v)));
    }
    let event: EventData = serde_json::from_str(envelope.event.get())?;
    event.event().map(Some)
}

impl From<&Event> for EventData {
    fn from(event: &Event) -> Self {
        match event {
            Event::Changed(change) => Self::Changed {
                room: change.room.0,
                revision: change.revision.0,
                change: ChangeData::from(&change.kind),
            },
            Event::Ephemeral(event) => Self::Ephemeral {
                room: event.room.0,
                user: (&event.user).into(),
                kind: match event.kind {
                    EphemeralKind::Joined => EphemeralData::Joined,
                    EphemeralKind::Left => EphemeralData::Left,
                    EphemeralKind::Typing => EphemeralData::Typing,
                    EphemeralKind::Read(mark) => EphemeralData::Read(mark.seq.0),
                    EphemeralKind::Unread(seq) => EphemeralData::Unread(seq.0),
                },
                by: match event.kind {
                    EphemeralKind::Read(mark) => mark.by,
                    _ => None,
                },
            },
            Event::Own(user, room) => Self::Own { user: user.0, room: room.0 },
            Event::Revoked(Revocation::Session(session)) => Self::SessionEnded { session: session.0 },
            Event::Revoked(Revocation::Sessions { user, except }) => {
                Self::SessionsEnded { user: user.0, except: except.map(|session| session.0) }
            }
        }
    }
}

impl EventData {
    fn event(self) -> Result<Event, MalformedEvent> {
        Ok(match self {
            Self::Changed { room, revision, change } => Event::Changed(Change {
                room: RoomId(room),
                revision: Revision(revision),
                kind: change.kind()?,
            }),
            Self::Ephemeral { room, user, kind, by } => Event::Ephemeral(EphemeralEvent {
                room: RoomId(room),
                user: user.into(),
                kind: match kind {
                    EphemeralData::Joined => EphemeralKind::Joined,
                    EphemeralData::Left => EphemeralKind::Left,
                    EphemeralData::Typing => EphemeralKind::Typing,
                    EphemeralData::Read(seq) => EphemeralKind::Read(ReadMark { seq: Seq(seq), by }),
                    EphemeralData::Unread(seq) => EphemeralKind::Unread(Seq(seq)),
                },
            }),
            Self::Own { user, room } => Event::Own(UserId(user), RoomId(room)),
            Self::SessionEnded { session } => Event::Revoked(Revocation::Session(SessionId(session))),
            Self::SessionsEnded { user, except } => {
                Event::Revoked(Revocation::Sessions { user: UserId(user), except: except.map(SessionId) })
            }
        })
    }
}

impl From<&ChangeKind> for ChangeData {
    fn from(kind: &ChangeKind) -> Self {
        let member = |user: &UserRef, role| (UserData::from(user), RoleData::from(role));
        match kind {
            ChangeKind::Sent(message) => Self::Sent(message.into()),
            ChangeKind::Edited(message) => Self::Edited(message.into()),
            ChangeKind::Deleted(message) => Self::Deleted(message.into()),
            ChangeKind::ReactionAdded(reaction) => Self::ReactionAdded(reaction.into()),
            ChangeKind::ReactionRemoved(reaction) => Self::ReactionRemoved(reaction.into()),
            ChangeKind::MessagePinned(pin) => Self::MessagePinned(pin.into()),
            ChangeKind::MessageUnpinned(pin) => Self::MessageUnpinned(pin.into()),
            ChangeKind::MemberAdded(user, role) => {
                let (user, role) = member(user, *role);
                Self::MemberAdded(user, role)
            }
            ChangeKind::MemberRemoved(user, role) => {
                let (user, role) = member(user, *role);
                Self::MemberRemoved(user, role)
            }
            ChangeKind::RoleChanged(user, role) => {
                let (user, role) = member(user, *role);
                Self::RoleChanged(user, role)
            }
            ChangeKind::RoomUpdated(room) => Self::RoomUpdated(Box::new((&**room).into())),
            ChangeKind::RoomDeleted => Self::RoomDeleted,
        }
    }
}

impl ChangeData {
    fn kind(self) -> Result<ChangeKind, MalformedEvent> {
        Ok(match self {
            Self::Sent(message) => ChangeKind::Sent(message.message()?),
            Self::Edited(message) => ChangeKind::Edited(message.message()?),
            Self::Deleted(message) => ChangeKind::Deleted(message.message()?),
            Self::ReactionAdded(reaction) => ChangeKind::ReactionAdded(reaction.into()),
            Self::ReactionRemoved(reaction) => ChangeKind::ReactionRemoved(reaction.into()),
            Self::MessagePinned(pin) => ChangeKind::MessagePinned(pin.pin()?),
            Self::MessageUnpinned(pin) => ChangeKind::MessageUnpinned(pin.pin()?),
            Self::MemberAdded(user, role) => ChangeKind::MemberAdded(user.into(), role.into()),
            Self::MemberRemoved(user, role) => ChangeKind::MemberRemoved(user.into(), role.into()),
            Self::RoleChanged(user, role) => ChangeKind::RoleChanged(user.into(), role.into()),
            Self::RoomUpdated(room) => ChangeKind::RoomUpdated(Box::new(room.room()?)),
            Self::RoomDeleted => ChangeKind::RoomDeleted,
        })
    }
}

#[cfg(test)]
mod tests;
