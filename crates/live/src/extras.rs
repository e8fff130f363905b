//! The JSON of the extras that a message shows beside its content: wire contract, section 13. REST answers and events share it.

use domain::message::{Content, Extras, Quote, Reaction, Replies};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::metadata::MetadataJson;
use crate::views::{UserRef, time};

/// The extras of a message beside its content; those of a deleted message are null or empty.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageExtras {
    /// The message that this one replies to, as it is now.
    #[schema(required = true)]
    reply_to: Option<QuotedMessage>,
    /// The first message of the thread that this one is in.
    #[schema(required = true)]
    thread_id: Option<Uuid>,
    /// The replies in the thread that this message begins; null where there are none.
    #[schema(required = true)]
    thread: Option<Thread>,
    /// The reactions, in the order of the earliest use.
    reactions: Vec<ReactionCount>,
    /// The members whom the message mentions.
    mentions: Vec<UserRef>,
    /// True if the message mentions everybody in the room.
    mentions_room: bool,
    /// The time at which the message was pinned, while it is.
    #[schema(format = DateTime, required = true)]
    pinned_at: Option<String>,
    /// JSON for the client's own use.
    #[schema(value_type = Object)]
    metadata: MetadataJson,
}

/// A message that another one replies to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuotedMessage {
    id: Uuid,
    seq: i64,
    sender: UserRef,
    /// Null for a deleted message, and for a file without a caption.
    #[schema(required = true)]
    content: Option<String>,
    #[schema(format = DateTime, required = true)]
    deleted_at: Option<String>,
}

/// The replies in a thread, without deleted ones.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    reply_count: u32,
    #[schema(format = DateTime)]
    last_reply_at: String,
}

/// A reaction, and those who used it.
#[derive(Serialize, ToSchema)]
pub struct ReactionCount {
    emoji: String,
    count: u32,
    /// The first ten, in the order of use.
    users: Vec<UserRef>,
}

impl From<&Extras> for MessageExtras {
    fn from(extras: &Extras) -> Self {
        Self {
            reply_to: extras.reply_to.as_ref().map(QuotedMessage::from),
            thread_id: extras.thread.map(|root| root.0),
            thread: extras.replies.map(Thread::from),
            reactions: extras.reactions.iter().map(ReactionCount::from).collect(),
            mentions: extras.mentions.iter().map(UserRef::from).collect(),
            mentions_room: extras.mentions_room,
            pinned_at: extras.pinned_at.map(time),
            metadata: (&extras.metadata).into(),
        }
    }
}

impl From<&Quote> for QuotedMessage {
    fn from(quote: &Quote) -> Self {
        Self {
            id: quote.id.0,
            seq: quote.seq.0,
            sender: (&quote.sender).into(),
            content: quote.content.as_ref().map(Content::to_string),
            deleted_at: quote.deleted_at.map(time),
        }
    }
}

impl From<Replies> for Thread {
    fn from(replies: Replies) -> Self {
        Self { reply_count: replies.count, last_reply_at: time(replies.last_at) }
    }
}

impl From<&Reaction> for ReactionCount {
    fn from(reaction: &Reaction) -> Self {
        Self {
            emoji: reaction.emoji.to_string(),
            count: reaction.count,
            users: reaction.users.iter().map(UserRef::from).collect(),
        }
    }
}
