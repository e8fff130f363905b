//! Reactions and pins.

use domain::event::Change;
use domain::message::{PinChange, ReactionChange};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::views::time;

/// A user's reaction to a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReactionBody {
    room_id: Uuid,
    /// The revision of the room and the message by this event.
    revision: i64,
    /// The message.
    id: Uuid,
    /// The message's place in the room.
    seq: i64,
    emoji: String,
    /// The number of users who use it now.
    count: u32,
    username: String,
    user_id: Uuid,
}

/// A message, and the user who pinned or unpinned it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PinBody {
    room_id: Uuid,
    /// The revision of the room and the message by this event.
    revision: i64,
    /// The message.
    id: Uuid,
    /// The message's place in the room.
    seq: i64,
    /// The time of the pin; `null` once the message is unpinned.
    #[schema(format = DateTime, required = true)]
    pinned_at: Option<String>,
    username: String,
    user_id: Uuid,
}

impl ReactionBody {
    pub(super) fn new(change: &Change, reaction: &ReactionChange) -> Self {
        Self {
            room_id: change.room.0,
            revision: change.revision.0,
            id: reaction.message.0,
            seq: reaction.seq.0,
            emoji: reaction.emoji.to_string(),
            count: reaction.count,
            username: reaction.user.username.to_string(),
            user_id: reaction.user.id.0,
        }
    }
}

impl PinBody {
    pub(super) fn new(change: &Change, pin: &PinChange) -> Self {
        Self {
            room_id: change.room.0,
            revision: change.revision.0,
            id: pin.message.0,
            seq: pin.seq.0,
            pinned_at: pin.pinned_at.map(time),
            username: pin.user.username.to_string(),
            user_id: pin.user.id.0,
        }
    }
}
