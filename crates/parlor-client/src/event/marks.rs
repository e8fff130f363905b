//! Reactions and pins.

use serde::Deserialize;
use time::OffsetDateTime;

use crate::{MessageId, RoomId, UserId, UserRef};

/// A reaction that a user added or removed; a replay brings the message instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReactionEvent {
    /// The room.
    pub room: RoomId,
    /// The revision of the change, which is the message's too.
    pub revision: i64,
    /// The message.
    pub message: MessageId,
    /// The message's `seq`.
    pub seq: i64,
    /// The reaction.
    pub emoji: String,
    /// The number of users who use it now.
    pub count: u64,
    /// The user.
    pub user: UserRef,
}

/// A message that was pinned or unpinned; a replay brings the message instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinEvent {
    /// The room.
    pub room: RoomId,
    /// The revision of the change, which is the message's too.
    pub revision: i64,
    /// The message.
    pub message: MessageId,
    /// The message's `seq`.
    pub seq: i64,
    /// The time of the pin; `None` once it is unpinned.
    pub pinned_at: Option<OffsetDateTime>,
    /// The user who pinned or unpinned it.
    pub user: UserRef,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReactionFrame {
    room_id: RoomId,
    revision: i64,
    id: MessageId,
    seq: i64,
    emoji: String,
    count: u64,
    username: String,
    user_id: UserId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PinFrame {
    room_id: RoomId,
    revision: i64,
    id: MessageId,
    seq: i64,
    #[serde(default, with = "time::serde::rfc3339::option")]
    pinned_at: Option<OffsetDateTime>,
    username: String,
    user_id: UserId,
}

impl From<ReactionFrame> for ReactionEvent {
    fn from(frame: ReactionFrame) -> Self {
        Self {
            room: frame.room_id,
            revision: frame.revision,
            message: frame.id,
            seq: frame.seq,
            emoji: frame.emoji,
            count: frame.count,
            user: UserRef { id: frame.user_id, username: frame.username },
        }
    }
}

impl From<PinFrame> for PinEvent {
    fn from(frame: PinFrame) -> Self {
        Self {
            room: frame.room_id,
            revision: frame.revision,
            message: frame.id,
            seq: frame.seq,
            pinned_at: frame.pinned_at,
            user: UserRef { id: frame.user_id, username: frame.username },
        }
    }
}
