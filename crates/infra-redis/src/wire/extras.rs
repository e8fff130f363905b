//! The encoding of what a message shows beside its content.

use domain::account::UserRef;
use domain::message::{Content, Emoji, Extras, Quote, Reaction, Replies};
use domain::metadata::Metadata;
use domain::room::Seq;
use domain::{MessageId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::values::{MalformedEvent, UserData, timestamp};

#[derive(Serialize, Deserialize)]
pub(super) struct ExtrasData {
    #[serde(default)]
    reply_to: Option<QuoteData>,
    #[serde(default)]
    thread: Option<Uuid>,
    #[serde(default)]
    replies: Option<RepliesData>,
    #[serde(default)]
    reactions: Vec<ReactionData>,
    #[serde(default)]
    mentions: Vec<UserData>,
    #[serde(default)]
    mentions_room: bool,
    #[serde(default)]
    pinned_at: Option<i64>,
    /// As text, so that nothing of it changes on the way.
    #[serde(default)]
    metadata: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct QuoteData {
    id: Uuid,
    seq: i64,
    sender: UserData,
    content: Option<String>,
    deleted_at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct RepliesData {
    count: u32,
    last_at: i64,
}

#[derive(Serialize, Deserialize)]
struct ReactionData {
    emoji: String,
    count: u32,
    users: Vec<UserData>,
}

impl From<&Extras> for ExtrasData {
    fn from(extras: &Extras) -> Self {
        Self {
            reply_to: extras.reply_to.as_ref().map(QuoteData::from),
            thread: extras.thread.map(|root| root.0),
            replies: extras
                .replies
                .map(|replies| RepliesData { count: replies.count, last_at: replies.last_at.unix_micros() }),
            reactions: extras.reactions.iter().map(ReactionData::from).collect(),
            mentions: extras.mentions.iter().map(UserData::from).collect(),
            mentions_room: extras.mentions_room,
            pinned_at: extras.pinned_at.map(Timestamp::unix_micros),
            metadata: extras.metadata.text().map(str::to_owned),
        }
    }
}

impl ExtrasData {
    pub(super) fn extras(self) -> Result<Extras, MalformedEvent> {
        let replies = self.replies.map(|RepliesData { count, last_at }| {
            Ok::<_, MalformedEvent>(Replies { count, last_at: timestamp(last_at)? })
        });
        Ok(Extras {
            reply_to: self.reply_to.map(QuoteData::quote).transpose()?,
            thread: self.thread.map(MessageId),
            replies: replies.transpose()?,
            reactions: self.reactions.into_iter().map(Reaction::from).collect(),
            mentions: self.mentions.into_iter().map(UserRef::from).collect(),
            mentions_room: self.mentions_room,
            pinned_at: self.pinned_at.map(timestamp).transpose()?,
            metadata: Metadata::stored(self.metadata),
        })
    }
}

impl From<&Quote> for QuoteData {
    fn from(quote: &Quote) -> Self {
        Self {
            id: quote.id.0,
            seq: quote.seq.0,
            sender: (&quote.sender).into(),
            content: quote.content.as_ref().map(|content| content.as_str().to_owned()),
            deleted_at: quote.deleted_at.map(Timestamp::unix_micros),
        }
    }
}

impl QuoteData {
    fn quote(self) -> Result<Quote, MalformedEvent> {
        Ok(Quote {
            id: MessageId(self.id),
            seq: Seq(self.seq),
            sender: self.sender.into(),
            content: self.content.map(Content::stored),
            deleted_at: self.deleted_at.map(timestamp).transpose()?,
        })
    }
}

impl From<&Reaction> for ReactionData {
    fn from(reaction: &Reaction) -> Self {
        let Reaction { emoji, count, users } = reaction;
        Self { emoji: emoji.to_string(), count: *count, users: users.iter().map(UserData::from).collect() }
    }
}

impl From<ReactionData> for Reaction {
    fn from(ReactionData { emoji, count, users }: ReactionData) -> Self {
        Self { emoji: Emoji::stored(emoji), count, users: users.into_iter().map(UserRef::from).collect() }
    }
}
