//! Annotations: reactions and pins, by which members change a message that others sent.

use super::Emoji;
use crate::{MessageId, RoomId, SessionId, Timestamp, UserId};

/// The act of an annotation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AnnotationAct {
    /// Adds a reaction of the user.
    React(Emoji),
    /// Takes a reaction of the user back.
    Unreact(Emoji),
    /// Pins the message; for the room's admins, in a direct room for everybody.
    Pin,
    /// Unpins it; for the same users.
    Unpin,
}

/// An annotation of a message, to decide about and to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The room.
    pub room: RoomId,
    /// The message.
    pub message: MessageId,
    /// The user.
    pub user: UserId,
    /// The user's session.
    pub session: SessionId,
    /// The act.
    pub act: AnnotationAct,
    /// The time of the request, by the clock of this replica.
    pub at: Timestamp,
}
