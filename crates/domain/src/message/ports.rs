//! Ports for messages.

use async_trait::async_trait;

use super::{
    Annotation, Body, ClientKey, Deletion, Edit, Emoji, HistoryQuery, MentionQuery, Mentions, Message,
    NewestMessages, SentExtras, Version, Window,
};
use crate::account::UserRef;
use crate::event::Change;
use crate::room::Revision;
use crate::{MessageId, Page, PageRequest, RoomId, SessionId, StoreError, Timestamp, UserId};

/// A message to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// The id, used if the message is new.
    pub id: MessageId,
    /// The room.
    pub room: RoomId,
    /// The sender.
    pub sender: UserId,
    /// The sender's session.
    pub session: SessionId,
    /// The body.
    pub body: Body,
    /// The extras beside the body.
    pub extras: SentExtras,
    /// The idempotency key, if any.
    pub client_key: Option<ClientKey>,
    /// The time of the request, by the clock of this replica.
    pub at: Timestamp,
}

/// The outcome of an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// The message was stored.
    New(Message),
    /// The message was stored earlier; its current state, edits and tombstones included.
    Replayed(Message),
}

/// A write on the append path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogWrite {
    /// A message to append.
    Send(NewMessage),
    /// A reaction or a pin.
    Annotate(Annotation),
}

impl LogWrite {
    /// Returns the room.
    #[must_use]
    pub fn room(&self) -> RoomId {
        match self {
            Self::Send(new) => new.room,
            Self::Annotate(new) => new.room,
        }
    }

    /// Returns the message, if it is one.
    #[must_use]
    pub fn message(&self) -> Option<&NewMessage> {
        match self {
            Self::Send(new) => Some(new),
            Self::Annotate(_) => None,
        }
    }

    /// Returns the annotation, if it is one.
    #[must_use]
    pub fn annotation(&self) -> Option<&Annotation> {
        match self {
            Self::Annotate(new) => Some(new),
            Self::Send(_) => None,
        }
    }

    /// Returns the user, their session, and the time of the request.
    #[must_use]
    pub fn by(&self) -> (UserId, SessionId, Timestamp) {
        match self {
            Self::Send(new) => (new.sender, new.session, new.at),
            Self::Annotate(new) => (new.user, new.session, new.at),
        }
    }
}

/// The outcome of a write on the append path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogOutcome {
    /// That of a message.
    Appended(Appended),
    /// The change that an annotation made, if any.
    Annotated(Option<Change>),
}

impl LogOutcome {
    /// Returns the outcome of a message; `Err` where it is that of an annotation.
    pub fn appended(self) -> Result<Appended, StoreError> {
        match self {
            Self::Appended(appended) => Ok(appended),
            Self::Annotated(_) => Err(StoreError::Corrupt("a message that was not appended".into())),
        }
    }

    /// Returns the outcome of an annotation; `Err` where it is that of a message.
    pub fn annotated(self) -> Result<Option<Change>, StoreError> {
        match self {
            Self::Annotated(change) => Ok(change),
            Self::Appended(_) => Err(StoreError::Corrupt("an annotation that became a message".into())),
        }
    }
}

/// The append path, on which concurrent messages, reactions and pins share commits.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait MessageLog: Send + Sync {
    /// Appends a message. MUST, in one atomic step under the room's lock, load the data of a [`Batch`](super::Batch),
    /// let it decide, and store the decision together with the sender's read mark.
    ///
    /// MUST return only once the message is durable, and within two seconds; MUST let concurrent callers share a
    /// commit without delaying a single caller. A cancelled or rejected message MUST NOT affect the others.
    async fn append(&self, message: NewMessage) -> crate::Result<Appended>;

    /// Adds or removes a reaction or a pin, with the same obligations, in the same batches. Returns the change; `None` where
    /// there is none.
    async fn annotate(&self, annotation: Annotation) -> crate::Result<Option<Change>>;
}

/// Reads messages.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait MessageReader: Send + Sync {
    /// Returns the window that the query selects, oldest first regardless of the order in the query. MUST touch a
    /// number of rows that depends on the limit only, regardless of the distance to the newest message. The limit may
    /// be 0: the window then says only whether there is a message.
    async fn window(&self, room: RoomId, query: HistoryQuery) -> Result<Window, StoreError>;

    /// Returns the newest `limit` messages; `None` where there are none, or where the room is still at revision
    /// `known`, so that none has changed. MUST include every change acknowledged before the call, at any replica;
    /// MUST be cheaper than the window where it returns `None`.
    async fn newest(
        &self,
        room: RoomId,
        limit: u32,
        known: Option<Revision>,
    ) -> Result<Option<NewestMessages>, StoreError>;

    /// Returns a message of that room, tombstones included; `None` where there is none.
    async fn message(&self, room: RoomId, message: MessageId) -> Result<Option<Message>, StoreError>;

    /// Returns a page of the contents that a message has had, oldest first, its present one last. MUST return none of a
    /// tombstone, with a total of 0.
    async fn versions(&self, message: MessageId, page: PageRequest) -> Result<Page<Version>, StoreError>;

    /// Returns a page of the users of a reaction, in the order of use; `None` where that room has no such message, or a
    /// tombstone.
    async fn reaction_users(
        &self,
        room: RoomId,
        message: MessageId,
        emoji: Emoji,
        page: PageRequest,
    ) -> Result<Option<Page<UserRef>>, StoreError>;

    /// Returns a page of the pinned messages of a room, the latest pin first.
    async fn pins(&self, room: RoomId, page: PageRequest) -> Result<Page<Message>, StoreError>;

    /// Returns the window that the query selects, oldest first, of the messages that mention the user, or everybody in a
    /// room. MUST leave out tombstones, and rooms of which the user is no member now.
    async fn mentions(&self, user: UserId, query: MentionQuery) -> Result<Window, StoreError>;

    /// Returns the time at which a message was sent, tombstones included; `None` unless the user is a member of its room.
    async fn sent_at(&self, message: MessageId, user: UserId) -> Result<Option<Timestamp>, StoreError>;
}

/// Changes messages in a unit of work; [`MessageLog`] appends them.
#[async_trait]
pub trait MessageWrites: Send {
    /// Returns a message of that room, tombstones included; `None` where there is none.
    async fn message(&mut self, room: RoomId, message: MessageId) -> Result<Option<Message>, StoreError>;

    /// Replaces a message's content and metadata where the edit has others, and the message is of that room; MUST keep a
    /// content that is replaced.
    async fn edit_message(&mut self, edit: Edit) -> Result<(), StoreError>;

    /// Replaces the mentions of a message.
    async fn replace_mentions(&mut self, message: MessageId, mentions: Mentions) -> Result<(), StoreError>;

    /// Makes a message a tombstone, where it is of that room; MUST keep its content, and who deleted it, for audit. It
    /// mentions no one any more, and is not pinned.
    async fn delete_message(&mut self, deletion: Deletion) -> Result<(), StoreError>;
}
