//! The encoding of reactions and pins in events.

use domain::message::{Emoji, PinChange, ReactionChange};
use domain::room::Seq;
use domain::{MessageId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::values::{MalformedEvent, UserData, timestamp};

#[derive(Serialize, Deserialize)]
pub(super) struct ReactionData {
    message: Uuid,
    seq: i64,
    emoji: String,
    count: u32,
    user: UserData,
}

impl From<&ReactionChange> for ReactionData {
    fn from(change: &ReactionChange) -> Self {
        Self {
            message: change.message.0,
            seq: change.seq.0,
            emoji: change.emoji.as_str().to_owned(),
            count: change.count,
            user: (&change.user).into(),
        }
    }
}

impl From<ReactionData> for ReactionChange {
    fn from(data: ReactionData) -> Self {
        Self {
            message: MessageId(data.message),
            seq: Seq(data.seq),
            emoji: Emoji::stored(data.emoji),
            count: data.count,
            user: data.user.into(),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct PinData {
    message: Uuid,
    seq: i64,
    pinned_at: Option<i64>,
    user: UserData,
}

impl From<&PinChange> for PinData {
    fn from(change: &PinChange) -> Self {
        Self {
            message: change.message.0,
            seq: change.seq.0,
            pinned_at: change.pinned_at.map(Timestamp::unix_micros),
            user: (&change.user).into(),
        }
    }
}

impl PinData {
    pub(super) fn pin(self) -> Result<PinChange, MalformedEvent> {
        Ok(PinChange {
            message: MessageId(self.message),
            seq: Seq(self.seq),
            pinned_at: self.pinned_at.map(timestamp).transpose()?,
            user: self.user.into(),
        })
    }
}
