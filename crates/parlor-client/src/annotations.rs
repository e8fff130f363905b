//! Reactions, pins and mentions.

use crate::client::done;
use crate::lists::encoded;
use crate::{Client, Error, History, List, Message, MessageId, Method, RoomClient, UserRef};

impl Client {
    /// Walks through the messages that mention the caller, or everybody in one of their rooms: of the rooms that they are a
    /// member of now. Of the methods of [`History`], those for filters and read marks are refused.
    pub fn mentions(&self) -> History {
        History::new(self, "/api/mentions".to_owned())
    }
}

impl RoomClient {
    fn reaction(&self, message: MessageId, emoji: &str) -> String {
        let emoji: String = emoji.bytes().map(encoded).collect();
        self.path(&format!("/messages/{message}/reactions/{emoji}"))
    }

    /// Adds the caller's reaction to a message. Repeating it changes nothing.
    ///
    /// # Errors
    /// Refused with `MESSAGE_NOT_FOUND`, `TOO_MANY_REACTIONS` or `VALIDATION_FAILED`.
    pub async fn react(&self, message: MessageId, emoji: &str) -> Result<(), Error> {
        done(self.client.request(Method::PUT, &self.reaction(message, emoji))).await
    }

    /// Takes the caller's reaction back. Repeating it changes nothing.
    ///
    /// # Errors
    /// Refused with `MESSAGE_NOT_FOUND` or `VALIDATION_FAILED`.
    pub async fn unreact(&self, message: MessageId, emoji: &str) -> Result<(), Error> {
        done(self.client.delete(&self.reaction(message, emoji))).await
    }

    /// Lists all who reacted to a message with an emoji, in the order of use.
    pub fn reaction_users(&self, message: MessageId, emoji: &str) -> List<UserRef> {
        List::new(&self.client, self.reaction(message, emoji))
    }

    /// Pins a message; for admins, in a direct room for everybody. Repeating it changes nothing.
    ///
    /// # Errors
    /// Refused with `MESSAGE_NOT_FOUND`, `ADMIN_REQUIRED` or `TOO_MANY_PINS`.
    pub async fn pin(&self, message: MessageId) -> Result<(), Error> {
        done(self.client.request(Method::PUT, &self.path(&format!("/pins/{message}")))).await
    }

    /// Unpins a message; for the same users. Repeating it changes nothing.
    ///
    /// # Errors
    /// Refused with `MESSAGE_NOT_FOUND` or `ADMIN_REQUIRED`.
    pub async fn unpin(&self, message: MessageId) -> Result<(), Error> {
        done(self.client.delete(&self.path(&format!("/pins/{message}")))).await
    }

    /// Lists the pinned messages, the latest pin first.
    pub fn pins(&self) -> List<Message> {
        List::new(&self.client, self.path("/pins"))
    }
}
