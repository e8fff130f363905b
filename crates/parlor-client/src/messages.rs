//! Messages: what is sent, and walks through the history of a room.

use std::fmt;

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::client::answer;
use crate::lists::Query;
use crate::{Client, Error, FileId, Message, MessageId, MessageKind, Order, UserId};

/// A message to be sent. It has an idempotency key, so that it is stored once however often it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewMessage {
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(rename = "type")]
    kind: MessageKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_id: Option<FileId>,
    client_id: String,
    #[serde(flatten)]
    extras: SentExtras,
}

/// The extras with which a message is sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct SentExtras {
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<MessageId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_id: Option<MessageId>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    metadata: Map<String, Value>,
}

impl NewMessage {
    #[expect(
        clippy::disallowed_methods,
        reason = "a key of this client's own, which no test needs to foresee"
    )]
    fn new(kind: MessageKind, content: Option<String>, file_id: Option<FileId>) -> Self {
        let (client_id, extras) = (Uuid::new_v4().to_string(), SentExtras::default());
        Self { content, kind, file_id, client_id, extras }
    }

    /// Makes a text message: 1 to 1000 characters.
    #[must_use]
    pub fn text(content: impl Into<String>) -> Self {
        Self::new(MessageKind::Text, Some(content.into()), None)
    }

    /// Makes a message that shows an image that the caller has uploaded.
    #[must_use]
    pub fn image(file: FileId, caption: Option<String>) -> Self {
        Self::new(MessageKind::Image, caption, Some(file))
    }

    /// Makes a message that shows a file that the caller has uploaded.
    #[must_use]
    pub fn file(file: FileId, caption: Option<String>) -> Self {
        Self::new(MessageKind::File, caption, Some(file))
    }

    /// Makes it a reply to another message of the room.
    #[must_use]
    pub fn replying_to(mut self, message: MessageId) -> Self {
        self.extras.reply_to = Some(message);
        self
    }

    /// Sends it into the thread that begins with that message, which is itself in no thread.
    #[must_use]
    pub fn in_thread(mut self, first: MessageId) -> Self {
        self.extras.thread_id = Some(first);
        self
    }

    /// Adds JSON for the client's own use: at most 4,096 bytes and 5 levels.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Map<String, Value>) -> Self {
        self.extras.metadata = metadata;
        self
    }

    /// Replaces the generated idempotency key: 1 to 64 printable ASCII characters. The server knows a key for ever.
    #[must_use]
    pub fn with_key(self, key: impl Into<String>) -> Self {
        Self { client_id: key.into(), ..self }
    }

    /// Returns the idempotency key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.client_id
    }
}

impl From<&str> for NewMessage {
    fn from(content: &str) -> Self {
        Self::text(content)
    }
}

impl From<String> for NewMessage {
    fn from(content: String) -> Self {
        Self::text(content)
    }
}

/// The history of a room, read by cursors: a walk shows every message once, whatever is sent or deleted meanwhile.
///
/// Without [`after`](Self::after) it goes from the newest message, or from [`before`](Self::before), to older ones.
#[must_use = "nothing is asked before `page`, `pages` or `items`"]
pub struct History {
    client: Client,
    path: String,
    query: Query,
    direction: Direction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Older,
    Newer,
}

/// One page of a history.
#[derive(Debug, Clone, Deserialize)]
pub struct MessagePage {
    /// The messages, in the order asked for.
    #[serde(rename = "data")]
    pub messages: Vec<Message>,
    /// The way on from here.
    pub pagination: Cursors,
}

/// The cursors of a page; both are `None` where it is empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cursors {
    /// The number of messages of a full page.
    pub limit: u64,
    /// True where more follow in the direction of the walk.
    pub has_more: bool,
    /// The cursor of the oldest message, for [`History::before`].
    pub before: Option<String>,
    /// The cursor of the newest message, for [`History::after`].
    pub after: Option<String>,
}

impl History {
    pub(crate) fn new(client: &Client, path: String) -> Self {
        let query = Query::default();
        Self { client: client.clone(), path, query, direction: Direction::Older }.order(Order::Descending)
    }

    /// Sets the number of messages of a page: 1 to 100, 50 by default.
    pub fn limit(mut self, limit: u32) -> Self {
        self.query.set("limit", &limit.to_string());
        self
    }

    /// Walks to older messages from a cursor of an earlier page or an RFC 3339 time, newest first.
    pub fn before(mut self, cursor: &str) -> Self {
        self.query.set("before", cursor);
        self.direction = Direction::Older;
        self.order(Order::Descending)
    }

    /// Walks to newer messages from a cursor of an earlier page or an RFC 3339 time, oldest first.
    pub fn after(mut self, cursor: &str) -> Self {
        self.query.set("after", cursor);
        self.direction = Direction::Newer;
        self.order(Order::Ascending)
    }

    /// Walks from the first message of the room to the newest.
    pub fn from_start(self) -> Self {
        self.after("1970-01-01T00:00:00Z")
    }

    /// Sets the order of the messages within a page; walks need none but their own.
    pub fn order(mut self, order: Order) -> Self {
        self.query.set("order", order.name());
        self
    }

    /// Keeps the messages of that kind, without deleted ones.
    pub fn kind(mut self, kind: MessageKind) -> Self {
        let name = match kind {
            MessageKind::Text => "text",
            MessageKind::Image => "image",
            MessageKind::File => "file",
        };
        self.query.set("type", name);
        self
    }

    /// Keeps the messages of that sender.
    pub fn sender(mut self, sender: UserId) -> Self {
        self.query.set("senderId", &sender.to_string());
        self
    }

    /// Keeps the replies in the thread that begins with that message, without deleted ones.
    pub fn thread(mut self, first: MessageId) -> Self {
        self.query.set("threadId", &first.to_string());
        self
    }

    /// Leaves replies in threads out.
    pub fn without_threads(mut self) -> Self {
        self.query.set("threads", "false");
        self
    }

    /// Leaves the caller's read mark where it is; by default reading an unfiltered history moves it.
    pub fn keep_unread(mut self) -> Self {
        self.query.set("markRead", "false");
        self
    }

    /// Returns the next page of the walk.
    ///
    /// # Errors
    /// Refused with `ROOM_NOT_FOUND`, `NOT_A_MEMBER`, `INVALID_CURSOR` or `VALIDATION_FAILED`.
    pub async fn page(&self) -> Result<MessagePage, Error> {
        answer(self.client.get(&self.query.after(&self.path))).await
    }

    /// Walks through every page.
    #[must_use]
    pub fn pages(self) -> BoxStream<'static, Result<MessagePage, Error>> {
        stream::try_unfold(Some(self), |history| async move {
            let Some(mut history) = history else { return Ok(None) };
            let page = history.page().await?;
            let (name, cursor) = match history.direction {
                Direction::Older => ("before", page.pagination.before.as_deref()),
                Direction::Newer => ("after", page.pagination.after.as_deref()),
            };
            let next = match cursor.filter(|_| page.pagination.has_more) {
                Some(cursor) => {
                    history.query.set(name, cursor);
                    Some(history)
                }
                None => None,
            };
            Ok(Some((page, next)))
        })
        .boxed()
    }

    /// Walks through every message.
    #[must_use]
    pub fn items(self) -> BoxStream<'static, Result<Message, Error>> {
        self.pages().map_ok(|page| stream::iter(page.messages.into_iter().map(Ok))).try_flatten().boxed()
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History")
            .field("path", &self.path)
            .field("query", &self.query)
            .finish_non_exhaustive()
    }
}
