//! Events as replicas write them to each other: JSON of a version. Fields may be added within one; whoever does not
//! know a version, or a kind of event, skips it and reads the store.

mod values;

use domain::account::UserRef;
use domain::event::{Change, ChangeKind, EphemeralEvent, EphemeralKind, Event, Revocation};
use domain::room::{Revision, Seq};
use domain::{RoomId, SessionId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use values::{Broken, MessageText, RoleText, RoomText, UserText};

/// What this program writes, and the only one that it reads.
const VERSION: u32 = 1;

/// Who tells, in which version.
#[derive(Serialize, Deserialize)]
struct Letter<T> {
    v: u32,
    from: Uuid,
    event: T,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
enum EventText {
    Changed {
        room: Uuid,
        revision: i64,
        what: ChangeText,
    },
    /// Named as replicas of earlier releases name it.
    #[serde(rename = "fleeting")]
    Ephemeral {
        room: Uuid,
        user: UserText,
        kind: KindText,
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
enum ChangeText {
    Sent(MessageText),
    Edited(MessageText),
    Deleted(MessageText),
    MemberAdded(UserText, RoleText),
    MemberRemoved(UserText, RoleText),
    RoleChanged(UserText, RoleText),
    RoomUpdated(Box<RoomText>),
    RoomDeleted,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum KindText {
    Joined,
    Left,
    Typing,
    Read(i64),
}

/// An event as text, told by `from`.
pub(crate) fn write(event: &Event, from: Uuid) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Letter { v: VERSION, from, event: EventText::from(event) })
}

/// What was told, unless `me` told it.
pub(crate) fn read(told: &[u8], me: Uuid) -> Result<Option<Event>, Broken> {
    let letter: Letter<&RawValue> = serde_json::from_slice(told)?;
    if letter.from == me {
        return Ok(None);
    }
    if letter.v != VERSION {
        return Err(Broken(format!("it is written in version {}", letter.v)));
    }
    let text: EventText = serde_json::from_str(letter.event.get())?;
    text.event().map(Some)
}

impl From<&Event> for EventText {
    fn from(event: &Event) -> Self {
        match event {
            Event::Changed(change) => Self::Changed {
                room: change.room.0,
                revision: change.revision.0,
                what: ChangeText::from(&change.kind),
            },
            Event::Ephemeral(fleeting) => Self::Ephemeral {
                room: fleeting.room.0,
                user: (&fleeting.user).into(),
                kind: match fleeting.kind {
                    EphemeralKind::Joined => KindText::Joined,
                    EphemeralKind::Left => KindText::Left,
                    EphemeralKind::Typing => KindText::Typing,
                    EphemeralKind::Read(seq) => KindText::Read(seq.0),
                },
            },
            Event::Revoked(Revocation::Session(session)) => Self::SessionEnded { session: session.0 },
            Event::Revoked(Revocation::Sessions { user, except }) => {
                Self::SessionsEnded { user: user.0, except: except.map(|session| session.0) }
            }
        }
    }
}

impl EventText {
    fn event(self) -> Result<Event, Broken> {
        Ok(match self {
            Self::Changed { room, revision, what } => Event::Changed(Change {
                room: RoomId(room),
                revision: Revision(revision),
                kind: what.change()?,
            }),
            Self::Ephemeral { room, user, kind } => Event::Ephemeral(EphemeralEvent {
                room: RoomId(room),
                user: user.into(),
                kind: match kind {
                    KindText::Joined => EphemeralKind::Joined,
                    KindText::Left => EphemeralKind::Left,
                    KindText::Typing => EphemeralKind::Typing,
                    KindText::Read(seq) => EphemeralKind::Read(Seq(seq)),
                },
            }),
            Self::SessionEnded { session } => Event::Revoked(Revocation::Session(SessionId(session))),
            Self::SessionsEnded { user, except } => {
                Event::Revoked(Revocation::Sessions { user: UserId(user), except: except.map(SessionId) })
            }
        })
    }
}

impl From<&ChangeKind> for ChangeText {
    fn from(kind: &ChangeKind) -> Self {
        let member = |user: &UserRef, role| (UserText::from(user), RoleText::from(role));
        match kind {
            ChangeKind::Sent(message) => Self::Sent(message.into()),
            ChangeKind::Edited(message) => Self::Edited(message.into()),
            ChangeKind::Deleted(message) => Self::Deleted(message.into()),
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

impl ChangeText {
    fn change(self) -> Result<ChangeKind, Broken> {
        Ok(match self {
            Self::Sent(message) => ChangeKind::Sent(message.message()?),
            Self::Edited(message) => ChangeKind::Edited(message.message()?),
            Self::Deleted(message) => ChangeKind::Deleted(message.message()?),
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
