//! What messages need from outside.

use async_trait::async_trait;

use super::{Body, ClientKey, Deletion, Edit, HistoryQuery, Message, NewestMessages, Window};
use crate::room::{Revision, Seq};
use crate::{MessageId, RoomId, SessionId, StoreError, Timestamp, UserId};

/// A message on its way into a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// Its id, should it be new.
    pub id: MessageId,
    /// Where to.
    pub room: RoomId,
    /// Who sends it.
    pub sender: UserId,
    /// In whose name: a session of the sender's.
    pub session: SessionId,
    /// What it says.
    pub body: Body,
    /// What makes sending it again safe.
    pub client_key: Option<ClientKey>,
    /// When it came in, by the clock of this replica.
    pub at: Timestamp,
}

/// What became of an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// The message is in the room now.
    New(Message),
    /// It had been there; this is how it looks now, edited or a tombstone included.
    Replayed(Message),
}

/// Where messages are appended.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait MessageLog: Send + Sync {
    /// Appends a message. MUST, in one atomic step under the room's lock, load what [`Batch`](super::Batch) asks for,
    /// let it decide, and store what it says, the sender's reading mark included. MUST answer only when the message is
    /// on disk, and within two seconds; MUST let concurrent callers share a commit, without making a caller wait who is
    /// alone; a caller that goes away, or is refused, changes nothing for the others.
    async fn append(&self, message: NewMessage) -> crate::Result<Appended>;
}

/// Reads messages.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait MessageReader: Send + Sync {
    /// The window of a room's messages that the query asks for, oldest first, whatever order the query names. MUST
    /// touch a number of rows that depends on the limit only, however far from the end the window lies.
    async fn window(&self, room: RoomId, query: HistoryQuery) -> Result<Window, StoreError>;

    /// The window of a room's newest messages; nothing where there are none, or where `known` is still the room's revision:
    /// then no message of it has changed since. MUST tell of every change that was answered before it was asked, at
    /// whichever replica; MUST be cheaper than the window where there is nothing to tell.
    async fn newest(
        &self,
        room: RoomId,
        limit: u32,
        known: Option<Revision>,
    ) -> Result<Option<NewestMessages>, StoreError>;

    /// A message of that room, tombstones included.
    async fn message(&self, room: RoomId, message: MessageId) -> Result<Option<Message>, StoreError>;
}

/// Keeps how far members have read.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait ReadMarks: Send + Sync {
    /// Moves a member's mark to `seq`, or to the newest message where that is less. MUST never move it back. For who
    /// is no member, nothing happens.
    async fn advance(&self, room: RoomId, user: UserId, seq: Seq) -> Result<(), StoreError>;
}

/// Changes messages in a unit of work; [`MessageLog`] appends them.
#[async_trait]
pub trait MessageWrites: Send {
    /// Returns a message of that room, tombstones included.
    async fn message(&mut self, room: RoomId, message: MessageId) -> Result<Option<Message>, StoreError>;

    /// Replaces a message's content, where the message is of that room; MUST keep the former content for audit.
    async fn edit_message(&mut self, edit: Edit) -> Result<(), StoreError>;

    /// Makes a message a tombstone, where it is of that room; MUST keep its content, and who deleted it, for audit.
    async fn delete_message(&mut self, deletion: Deletion) -> Result<(), StoreError>;
}
