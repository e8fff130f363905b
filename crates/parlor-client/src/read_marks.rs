//! Read marks, and who has read a message.

use serde_json::json;

use crate::client::done;
use crate::{Error, List, MessageId, Reader, RoomClient};

impl RoomClient {
    /// Moves the caller's read mark up to a message; never back.
    ///
    /// # Errors
    /// See [`RoomClient`].
    pub async fn mark_read(&self, seq: i64) -> Result<(), Error> {
        done(self.client.post(&self.path("/read")).json(&json!({"seq": seq}))).await
    }

    /// Makes the message of that number, from 1, the caller's first unread one.
    ///
    /// # Errors
    /// See [`RoomClient`].
    pub async fn mark_unread(&self, seq: i64) -> Result<(), Error> {
        done(self.client.post(&self.path("/unread")).json(&json!({"seq": seq}))).await
    }

    /// Lists the members but its sender who have read a message, the latest mark first. An unknown message is refused with
    /// `MESSAGE_NOT_FOUND`.
    pub fn readers(&self, id: MessageId) -> List<Reader> {
        List::new(&self.client, self.path(&format!("/messages/{id}/readers")))
    }
}
