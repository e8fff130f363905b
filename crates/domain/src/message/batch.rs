//! The rules of appending: decides the outcome of each message and each annotation of a batch on data that the store loaded under the
//! room locks. Pure, so that every store decides alike; a store only loads, calls this and writes.

mod annotations;

use std::collections::HashMap;

use super::{
    Body, ClientKey, Content, Extras, Fingerprint, Mentions, Message, MessageKind, MessageState, Named,
    NewMessage, SentExtras,
};
use crate::account::UserRef;
use crate::file::File;
use crate::membership::Standing;
use crate::room::{RoomLog, Visibility};
use crate::{FileId, MessageId, Refusal, RoomId, SessionId, UserId};

pub use annotations::{Annotated, AnnotationChanges, Annotations, Pin};

/// The end of a locked room's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomTail {
    /// The visibility of the room.
    pub visibility: Visibility,
    /// `true` for a direct room.
    pub direct: bool,
    /// The log, which allocates the position of the next message.
    pub log: RoomLog,
}

/// The sender of a message, with the session it is sent in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The user.
    pub user: UserRef,
    /// The user's current standing in the room.
    pub standing: Standing,
    /// `true` while the session has not ended.
    pub signed_in: bool,
}

/// An earlier message with the same client key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierSend {
    /// The fingerprint of the body as it was first sent.
    pub fingerprint: Fingerprint,
    /// The message in its current state.
    pub message: Message,
}

/// The decision about one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppendDecision {
    /// Store this new message.
    Store(Message, Fingerprint),
    /// Return this earlier message: the send is a retry.
    Replay(Message),
    /// Reject the message.
    Refuse(Refusal),
}

/// The data that a store loads for a batch, and writes back: the ends of the rooms' logs.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// All rooms of the batch that exist.
    pub rooms: HashMap<RoomId, RoomTail>,
    /// All senders of the batch, by room and session.
    pub senders: HashMap<(RoomId, SessionId), Sender>,
    /// All earlier messages with a client key of the batch.
    pub earlier: HashMap<(RoomId, UserId, ClientKey), EarlierSend>,
    /// All messages that those of the batch name and that exist in their room.
    pub named: HashMap<(RoomId, MessageId), Named>,
    /// The members whom the messages of the batch may mention, by their room and the [key](crate::account::Username::key) of
    /// their name.
    pub members: HashMap<RoomId, HashMap<String, UserRef>>,
    /// The messages that the batch annotates.
    pub annotations: Annotations,
    /// All files of the batch that exist. The store MUST keep them from being deleted until the batch is committed.
    pub files: HashMap<FileId, File>,
}

impl Batch {
    /// Decides about the next message of the batch. A message to store gets the next position in its room, and its
    /// client key is known from then on, so that a second one in the same batch is a retry.
    pub fn admit(&mut self, new: NewMessage) -> AppendDecision {
        self.decide(new).unwrap_or_else(AppendDecision::Refuse)
    }

    fn decide(&mut self, new: NewMessage) -> Result<AppendDecision, Refusal> {
        let sender = self.senders.get(&(new.room, new.session)).filter(|sender| sender.signed_in);
        let sender = sender.filter(|sender| sender.user.id == new.sender).ok_or(Refusal::Unauthenticated)?;
        let tail = self.rooms.get_mut(&new.room).ok_or(Refusal::RoomNotFound)?;
        let role = sender.standing.require_member(tail.visibility)?;
        let user = sender.user.clone();

        let fingerprint = Fingerprint::of(&new.body, &new.extras);
        let key = new.client_key.clone().map(|key| (new.room, new.sender, key));
        if let Some(earlier) = key.as_ref().and_then(|key| self.earlier.get(key)) {
            return if earlier.fingerprint == fingerprint {
                Ok(AppendDecision::Replay(earlier.message.clone()))
            } else {
                Err(Refusal::IdempotencyConflict)
            };
        }

        let extras = extras(&self.named, new.room, new.extras)?;
        let file = attached(&self.files, &new.body, new.sender)?;
        let members = self.members.get(&new.room);
        let text = new.body.content().map_or("", Content::as_str);
        let mentions = Mentions::of(text, role, |name| members?.get(name).cloned());
        let entry = tail.log.append(new.at);
        let message = Message {
            id: new.id,
            room: new.room,
            seq: entry.seq,
            revision: entry.revision,
            sender: user,
            client_key: new.client_key,
            created_at: entry.created_at,
            edited_at: None,
            state: MessageState::Live(new.body),
            file: file.map(Box::new),
            extras: Extras { mentions: mentions.people, mentions_room: mentions.room, ..extras }.kept(),
        };
        if let Some(key) = key {
            self.earlier.insert(key, EarlierSend { fingerprint, message: message.clone() });
        }
        Ok(AppendDecision::Store(message, fingerprint))
    }
}

/// Returns what a message shows beside its content. It replies to a message of the room that is not deleted, and so is the
/// first message of its thread, which is itself in no thread.
fn extras(
    known: &HashMap<(RoomId, MessageId), Named>,
    room: RoomId,
    sent: SentExtras,
) -> Result<Extras, Refusal> {
    let find = |message| {
        let living = known.get(&(room, message)).filter(|named| named.quote.deleted_at.is_none());
        living.ok_or(Refusal::MessageNotFound)
    };
    let reply_to = sent.reply_to.map(find).transpose()?.map(|named| named.quote.clone());
    if let Some(root) = sent.thread.map(find).transpose()?
        && root.thread.is_some()
    {
        return Err(Refusal::InThread);
    }
    Ok(Extras { reply_to, thread: sent.thread, metadata: sent.metadata.kept, ..Extras::NONE })
}

/// Returns the file that a message shows: it must be the sender's own, and only a raster image may be shown as an
/// image.
fn attached(files: &HashMap<FileId, File>, body: &Body, sender: UserId) -> Result<Option<File>, Refusal> {
    let Some(id) = body.file() else { return Ok(None) };
    let file = files.get(&id).filter(|file| file.uploaded_by.id == sender).ok_or(Refusal::FileNotFound)?;
    if body.kind() == MessageKind::Image && !file.image {
        return Err(Refusal::NotAnImage);
    }
    Ok(Some(file.clone()))
}

#[cfg(test)]
mod annotations_tests;
#[cfg(test)]
mod tests;
