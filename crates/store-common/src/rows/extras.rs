//! The extras of messages: columns of their own, and other rows that belong to them. A list of messages is
//! completed by one statement for each kind of such rows, and by none where no message asks for it.

use std::collections::HashMap;

use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::{Queryable, QueryableByName};
use domain::account::UserRef;
use domain::message::{Content, Extras, Message, Named, Quote, Reaction, Replies};
use domain::metadata::Metadata;
use domain::room::Seq;
use domain::{MessageId, RoomId, StoreError, Timestamp, UserId};

use super::annotations::{ReactionUse, grouped};
use super::{Row, small_count, user_ref};
use crate::sql_types::{Id, Moment};

/// The columns of [`ExtraColumns`], of messages `s`.
#[macro_export]
macro_rules! extra_columns {
    () => {
        "s.reply_to, s.thread_id, s.replies, s.metadata, s.reacted, s.mentions_people, s.mentions_room, s.pinned_at"
    };
}

/// The types of [`ExtraColumns`], in their order.
pub type ExtraTypes =
    (Nullable<Id>, Nullable<Id>, BigInt, Nullable<Text>, Bool, Bool, Bool, Nullable<Moment>);

/// The columns of a message that say what it shows beside its content.
#[derive(Queryable, QueryableByName)]
pub struct ExtraColumns {
    #[diesel(sql_type = Nullable<Id>)]
    pub(super) reply_to: Option<MessageId>,
    #[diesel(sql_type = Nullable<Id>)]
    pub(super) thread_id: Option<MessageId>,
    /// The number of replies that were ever sent in its thread.
    #[diesel(sql_type = BigInt)]
    pub(super) replies: i64,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) metadata: Option<String>,
    /// True if there may be reactions to it.
    #[diesel(sql_type = Bool)]
    pub(super) reacted: bool,
    /// True if it mentions people.
    #[diesel(sql_type = Bool)]
    pub(super) mentions_people: bool,
    #[diesel(sql_type = Bool)]
    pub(super) mentions_room: bool,
    #[diesel(sql_type = Nullable<Moment>)]
    pub(super) pinned_at: Option<Timestamp>,
}

/// A message without what other rows say about it.
pub struct Incomplete {
    message: Message,
    /// The message to quote.
    reply_to: Option<MessageId>,
    /// True if messages were sent in its thread.
    begins_thread: bool,
    /// True if there may be reactions to it.
    reacted: bool,
    /// True if it mentions people.
    mentions_people: bool,
}

impl Incomplete {
    /// A message of which other rows say nothing.
    pub(super) fn plain(message: Message) -> Self {
        Self { message, reply_to: None, begins_thread: false, reacted: false, mentions_people: false }
    }

    /// A message with its own columns. A tombstone shows nothing of them.
    #[must_use]
    pub fn new(mut message: Message, columns: ExtraColumns) -> Self {
        if message.deleted_at().is_some() {
            return Self::plain(message);
        }
        let ExtraColumns {
            reply_to,
            thread_id: thread,
            replies,
            metadata,
            reacted,
            mentions_people,
            mentions_room,
            pinned_at,
        } = columns;
        let metadata = Metadata::stored(metadata);
        message.extras = Extras { thread, metadata, mentions_room, pinned_at, ..Extras::NONE }.kept();
        Self { message, reply_to, begins_thread: replies > 0, reacted, mentions_people }
    }
}

/// The other rows to look up for a list of messages.
pub struct Lookup {
    /// The messages to quote, read as [`NamedRow`].
    pub quoted: Vec<MessageId>,
    /// The first messages of threads, read as [`RepliesRow`].
    pub threads: Vec<MessageId>,
    /// The messages with reactions, read as [`ReactionRow`].
    pub reacted: Vec<MessageId>,
    /// The messages that mention people, read as [`MentionRow`].
    pub mentioning: Vec<MessageId>,
}

impl Lookup {
    /// Returns whether there is nothing to look up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { quoted, threads, reacted, mentioning } = self;
        [quoted, threads, reacted, mentioning].into_iter().all(Vec::is_empty)
    }

    /// Returns what the messages ask for.
    #[must_use]
    pub fn of(messages: &[Incomplete]) -> Self {
        let mut quoted: Vec<_> = messages.iter().filter_map(|message| message.reply_to).collect();
        quoted.sort_unstable();
        quoted.dedup();
        let of = |lacks: fn(&Incomplete) -> bool| -> Vec<_> {
            messages.iter().filter(|message| lacks(message)).map(|message| message.message.id).collect()
        };
        Self {
            quoted,
            threads: of(|message| message.begins_thread),
            reacted: of(|message| message.reacted),
            mentioning: of(|message| message.mentions_people),
        }
    }
}

/// The answers to a [`Lookup`].
#[derive(Default)]
pub struct Found {
    /// The quoted messages.
    pub quoted: HashMap<MessageId, Quote>,
    /// The replies in threads that have any.
    pub replies: HashMap<MessageId, Replies>,
    reactions: HashMap<MessageId, Vec<Reaction>>,
    mentions: HashMap<MessageId, Vec<UserRef>>,
}

impl Found {
    /// Adds messages that are named.
    pub fn add_quoted(&mut self, named: impl IntoIterator<Item = (RoomId, Named)>) {
        self.quoted.extend(named.into_iter().map(|(_, named)| (named.quote.id, named.quote)));
    }

    /// Adds users of reactions, in any order; all of one message at once.
    pub fn add_reactions(&mut self, uses: Vec<ReactionUse>) {
        self.reactions.extend(grouped(uses));
    }

    /// Adds people who are mentioned, those of one message in the order of first appearance.
    pub fn add_mentions(&mut self, mentions: impl IntoIterator<Item = (MessageId, UserRef)>) {
        for (message, user) in mentions {
            self.mentions.entry(message).or_default().push(user);
        }
    }

    /// Returns the messages with what was found.
    #[must_use]
    pub fn complete(mut self, messages: Vec<Incomplete>) -> Vec<Message> {
        messages.into_iter().map(|message| self.completed(message)).collect()
    }

    fn completed(&mut self, incomplete: Incomplete) -> Message {
        let Incomplete { mut message, reply_to, begins_thread, reacted, mentions_people } = incomplete;
        if reply_to.is_none() && !(begins_thread || reacted || mentions_people) {
            return message;
        }
        let own = message.extras.take().map_or(Extras::NONE, |extras| *extras);
        message.extras = Extras {
            reply_to: reply_to.and_then(|quoted| self.quoted.get(&quoted)).cloned(),
            replies: self.replies.get(&message.id).copied(),
            reactions: self.reactions.remove(&message.id).unwrap_or_default(),
            mentions: self.mentions.remove(&message.id).unwrap_or_default(),
            ..own
        }
        .kept();
        message
    }
}

/// A message that another one names, without the content of a tombstone.
#[derive(QueryableByName)]
pub struct NamedRow {
    #[diesel(sql_type = Id)]
    id: MessageId,
    #[diesel(sql_type = Id)]
    room_id: RoomId,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Id)]
    sender_id: UserId,
    #[diesel(sql_type = Text)]
    sender: String,
    #[diesel(sql_type = Nullable<Text>)]
    content: Option<String>,
    #[diesel(sql_type = Nullable<Moment>)]
    deleted_at: Option<Timestamp>,
    #[diesel(sql_type = Nullable<Id>)]
    thread_id: Option<MessageId>,
}

impl NamedRow {
    /// Messages whose id follows.
    pub const SELECT: &str = "SELECT q.id, q.room_id, q.seq, q.sender_id, u.username AS sender,
            CASE WHEN q.deleted_at IS NULL THEN q.content END AS content, q.deleted_at, q.thread_id
        FROM messages q JOIN users u ON u.id = q.sender_id WHERE q.id ";
}

impl Row for NamedRow {
    type Value = (RoomId, Named);

    fn value(self) -> Result<Self::Value, StoreError> {
        let quote = Quote {
            id: self.id,
            seq: Seq(self.seq),
            sender: user_ref(self.sender_id, self.sender),
            content: self.content.map(Content::stored),
            deleted_at: self.deleted_at,
        };
        Ok((self.room_id, Named { quote, thread: self.thread_id }))
    }
}

/// The replies in the thread that a message begins, without deleted ones.
#[derive(QueryableByName)]
pub struct RepliesRow {
    #[diesel(sql_type = Id)]
    id: MessageId,
    #[diesel(sql_type = BigInt)]
    living: i64,
    #[diesel(sql_type = Nullable<Moment>)]
    last_at: Option<Timestamp>,
}

impl RepliesRow {
    /// Messages whose id follows. Of the replies, only deleted ones are counted, which are few.
    pub const SELECT: &str = "SELECT t.id, t.replies - (SELECT count(*) FROM messages d
                WHERE d.thread_id = t.id AND d.deleted_at IS NOT NULL) AS living,
            (SELECT l.created_at FROM messages l WHERE l.thread_id = t.id AND l.deleted_at IS NULL
                ORDER BY l.seq DESC LIMIT 1) AS last_at
        FROM messages t WHERE t.id ";
}

impl Row for RepliesRow {
    type Value = Option<(MessageId, Replies)>;

    fn value(self) -> Result<Self::Value, StoreError> {
        let Some(last_at) = self.last_at else { return Ok(None) };
        Ok(Some((self.id, Replies { count: small_count(self.living)?, last_at })))
    }
}
