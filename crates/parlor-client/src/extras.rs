//! The JSON of the extras that a message shows beside its content.

use serde::Deserialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::{MessageId, UserRef};

/// The extras of a message beside its content; those of a deleted message are `None` or empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MessageExtras {
    /// The message that it replies to, as that is now.
    pub reply_to: Option<QuotedMessage>,
    /// The first message of the thread that it is in.
    pub thread_id: Option<MessageId>,
    /// The replies in the thread that it begins; `None` where there are none.
    pub thread: Option<Thread>,
    /// The reactions, in the order of the earliest use.
    pub reactions: Vec<Reaction>,
    /// The members whom it mentions.
    pub mentions: Vec<UserRef>,
    /// True if it mentions everybody in the room.
    pub mentions_room: bool,
    /// The time at which it was pinned, while it is.
    #[serde(with = "time::serde::rfc3339::option")]
    pub pinned_at: Option<OffsetDateTime>,
    /// The JSON that clients keep at it.
    pub metadata: Map<String, Value>,
}

/// A message that another one replies to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotedMessage {
    /// The message's id.
    pub id: MessageId,
    /// Its place in the room.
    pub seq: i64,
    /// Its sender.
    pub sender: UserRef,
    /// Its text or caption; `None` where it has none, and once it is deleted.
    pub content: Option<String>,
    /// The time of its deletion.
    #[serde(with = "time::serde::rfc3339::option")]
    pub deleted_at: Option<OffsetDateTime>,
}

/// The replies in a thread, without deleted ones.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    /// Their number.
    pub reply_count: u32,
    /// The time of the latest.
    #[serde(with = "time::serde::rfc3339")]
    pub last_reply_at: OffsetDateTime,
}

/// A reaction, and those who used it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// The number of users.
    pub count: u32,
    /// The first ten of them, in the order of use.
    pub users: Vec<UserRef>,
}
