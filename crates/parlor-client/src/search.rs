//! Searches in messages.

use std::fmt;

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};

use crate::client::answer;
use crate::lists::Query;
use crate::{Client, Error, Message, MessagePage, RoomId, UserId};

impl Client {
    /// Searches the messages of the rooms that the caller is a member of, newest first. A message is found if it has each
    /// word, in any case and with any accents; a word that ends in `*` is the beginning of one.
    pub fn search(&self, words: &str) -> Search {
        let mut query = Query::default();
        query.set("q", words);
        Search { client: self.clone(), query }
    }
}

/// A search, read by cursors: a walk shows every message once, whatever is sent or deleted meanwhile.
#[must_use = "nothing is asked before `page`, `pages` or `items`"]
pub struct Search {
    client: Client,
    query: Query,
}

impl Search {
    /// Keeps the messages of that room.
    pub fn room(mut self, room: RoomId) -> Self {
        self.query.set("roomId", &room.to_string());
        self
    }

    /// Keeps the messages of that sender.
    pub fn sender(mut self, sender: UserId) -> Self {
        self.query.set("senderId", &sender.to_string());
        self
    }

    /// Sets the number of messages of a page: 1 to 50, 20 by default.
    pub fn limit(mut self, limit: u32) -> Self {
        self.query.set("limit", &limit.to_string());
        self
    }

    /// Walks to older messages from a cursor of an earlier page, an RFC 3339 time, or the id of a message.
    pub fn before(mut self, cursor: &str) -> Self {
        self.query.set("before", cursor);
        self
    }

    /// Returns the next page of the walk.
    ///
    /// # Errors
    /// Refused with `ROOM_NOT_FOUND`, `NOT_A_MEMBER`, `MESSAGE_NOT_FOUND`, `INVALID_CURSOR` or `VALIDATION_FAILED`.
    pub async fn page(&self) -> Result<MessagePage, Error> {
        answer(self.client.get(&self.query.after("/api/search/messages"))).await
    }

    /// Walks through every page.
    #[must_use]
    pub fn pages(self) -> BoxStream<'static, Result<MessagePage, Error>> {
        stream::try_unfold(Some(self), |search| async move {
            let Some(search) = search else { return Ok(None) };
            let page = search.page().await?;
            let next = page.pagination.before.as_deref().filter(|_| page.pagination.has_more);
            let next = next.map(|cursor| search.before(cursor));
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

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search").field("query", &self.query).finish_non_exhaustive()
    }
}
