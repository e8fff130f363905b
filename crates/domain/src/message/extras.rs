//! The extras of messages, beside their content: other messages, people, reactions and metadata. Wire contract, section 13.

use crate::account::UserRef;
use crate::message::{Content, Emoji};
use crate::metadata::{Metadata, SentMetadata};
use crate::room::Seq;
use crate::{MessageId, Timestamp};

/// The extras with which a message is sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SentExtras {
    /// The message that it replies to.
    pub reply_to: Option<MessageId>,
    /// The first message of the thread that it belongs to.
    pub thread: Option<MessageId>,
    /// JSON for the client's own use.
    pub metadata: SentMetadata,
}

impl SentExtras {
    /// Returns the messages that it names.
    pub fn named(&self) -> impl Iterator<Item = MessageId> + use<> {
        self.reply_to.into_iter().chain(self.thread)
    }
}

/// A message that is named by one to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The message as others quote it.
    pub quote: Quote,
    /// The first message of the thread that it is in.
    pub thread: Option<MessageId>,
}

/// The extras that a message shows beside its content. Every part may be empty; of a tombstone all are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extras {
    /// The message that it replies to.
    pub reply_to: Option<Quote>,
    /// The first message of the thread that it is in.
    pub thread: Option<MessageId>,
    /// The replies in the thread that it begins.
    pub replies: Option<Replies>,
    /// The reactions, in the order of the earliest use.
    pub reactions: Vec<Reaction>,
    /// The mentioned members, in the order of their first appearance.
    pub mentions: Vec<UserRef>,
    /// `true` where it mentions everybody in the room.
    pub mentions_room: bool,
    /// The time at which it was pinned, while it is.
    pub pinned_at: Option<Timestamp>,
    /// The JSON that clients keep at it.
    pub metadata: Metadata,
}

impl Extras {
    /// Those of a plain message.
    pub const NONE: Self = Self {
        reply_to: None,
        thread: None,
        replies: None,
        reactions: Vec::new(),
        mentions: Vec::new(),
        mentions_room: false,
        pinned_at: None,
        metadata: Metadata::EMPTY,
    };

    /// Returns them as a message keeps them: `None` where all are empty, as in most messages.
    #[must_use]
    pub fn kept(self) -> Option<Box<Self>> {
        (self != Self::NONE).then(|| Box::new(self))
    }
}

/// A message that another one replies to, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The message's id.
    pub id: MessageId,
    /// Its number in the order of the room.
    pub seq: Seq,
    /// Its sender.
    pub sender: UserRef,
    /// Its text or caption; `None` for a tombstone.
    pub content: Option<Content>,
    /// The time of its deletion.
    pub deleted_at: Option<Timestamp>,
}

/// The replies in a thread that are not deleted; at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replies {
    /// Their number.
    pub count: u32,
    /// The time of the latest.
    pub last_at: Timestamp,
}

/// A reaction, and those who used it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// The emoji.
    pub emoji: Emoji,
    /// The number of users.
    pub count: u32,
    /// The first ten of them, in the order of use.
    pub users: Vec<UserRef>,
}
