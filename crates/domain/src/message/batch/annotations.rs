//! The rules of reactions and pins, decided in the batch that also takes messages.

use std::collections::HashMap;

use super::Batch;
use crate::event::{Change, ChangeKind};
use crate::membership::Role;
use crate::message::{
    Annotation, AnnotationAct, Emoji, MOST_PINS, MOST_REACTIONS, PinChange, ReactionChange,
};
use crate::room::{Revision, Seq};
use crate::{MessageId, Refusal, RoomId, Timestamp, UserId};

/// A message that a batch annotates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotated {
    /// The number in the order of the room.
    pub seq: Seq,
    /// The revision of its latest change.
    pub revision: Revision,
    /// `true` for a tombstone.
    pub deleted: bool,
    /// The pin, if it is pinned.
    pub pin: Option<Pin>,
    /// Its reactions, with the number of users of each.
    pub counts: HashMap<Emoji, u32>,
}

/// The pin of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    /// The time at which it was pinned.
    pub at: Timestamp,
    /// The revision of that change, by which pins are ordered.
    pub revision: Revision,
}

/// The data that a store loads for the annotations of a batch, and compares afterwards to find what to write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Annotations {
    /// All annotated messages that exist in their room.
    pub messages: HashMap<(RoomId, MessageId), Annotated>,
    /// The reactions of the batch that their users have added before, with the revision at which they did.
    pub uses: HashMap<(MessageId, UserId, Emoji), Revision>,
    /// The number of pinned messages of each room with a pin in the batch.
    pub pins: HashMap<RoomId, u32>,
}

/// The changes of a batch to annotations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnnotationChanges {
    /// The messages in their new state.
    pub messages: Vec<(MessageId, Annotated)>,
    /// The reactions whose number of users changed; 0 for one that is gone.
    pub counts: Vec<(MessageId, Emoji, u32)>,
    /// The reactions that users have added, with the revision at which they did.
    pub added: Vec<(MessageId, UserId, Emoji, Revision)>,
    /// The reactions that users have taken back.
    pub removed: Vec<(MessageId, UserId, Emoji)>,
}

impl Annotations {
    /// Returns what has changed since a state before.
    #[must_use]
    pub fn changed_since(&self, before: &Self) -> AnnotationChanges {
        let mut changes = AnnotationChanges::default();
        for (key, now) in &self.messages {
            let Some(then) = before.messages.get(key).filter(|then| *then != now) else { continue };
            let emojis = then.counts.keys().filter(|emoji| !now.counts.contains_key(*emoji));
            let id = key.1;
            for emoji in now.counts.keys().chain(emojis) {
                let count = |of: &Annotated| of.counts.get(emoji).copied().unwrap_or_default();
                if count(then) != count(now) {
                    changes.counts.push((id, emoji.clone(), count(now)));
                }
            }
            changes.messages.push((id, now.clone()));
        }
        for (key, revision) in &self.uses {
            if before.uses.get(key) != Some(revision) {
                let (message, user, emoji) = key.clone();
                changes.added.push((message, user, emoji, *revision));
            }
        }
        changes.removed.extend(before.uses.keys().filter(|key| !self.uses.contains_key(*key)).cloned());
        changes
    }
}

impl Batch {
    /// Decides about the next annotation of the batch. Returns the change; `None` where there is none.
    pub fn annotate(&mut self, new: &Annotation) -> Result<Option<Change>, Refusal> {
        let sender = self.senders.get(&(new.room, new.session)).filter(|sender| sender.signed_in);
        let sender = sender.filter(|sender| sender.user.id == new.user).ok_or(Refusal::Unauthenticated)?;
        let tail = self.rooms.get_mut(&new.room).ok_or(Refusal::RoomNotFound)?;
        let role = sender.standing.require_member(tail.visibility)?;
        let Annotations { messages, uses, pins } = &mut self.annotations;
        let message = messages.get_mut(&(new.room, new.message)).filter(|message| !message.deleted);
        let message = message.ok_or(Refusal::MessageNotFound)?;
        let (user, revision) = (sender.user.clone(), tail.log.revision.next());
        let (id, seq) = (new.message, message.seq);
        let kind = match &new.act {
            AnnotationAct::React(emoji) => {
                let used = (id, user.id, emoji.clone());
                if uses.contains_key(&used) {
                    return Ok(None);
                }
                let count = message.react(emoji)?;
                uses.insert(used, revision);
                ChangeKind::ReactionAdded(ReactionChange {
                    message: id,
                    seq,
                    emoji: emoji.clone(),
                    count,
                    user,
                })
            }
            AnnotationAct::Unreact(emoji) => {
                if uses.remove(&(id, user.id, emoji.clone())).is_none() {
                    return Ok(None);
                }
                let count = message.unreact(emoji);
                let emoji = emoji.clone();
                ChangeKind::ReactionRemoved(ReactionChange { message: id, seq, emoji, count, user })
            }
            AnnotationAct::Pin | AnnotationAct::Unpin => {
                if role != Role::Admin && !tail.direct {
                    return Err(Refusal::AdminRequired);
                }
                let pin = (new.act == AnnotationAct::Pin).then_some(Pin { at: new.at, revision });
                if pin.is_some() == message.pin.is_some() {
                    return Ok(None);
                }
                let pinned = pins.entry(new.room).or_default();
                match pin {
                    Some(_) if *pinned >= MOST_PINS => return Err(Refusal::TooManyPins),
                    Some(_) => *pinned += 1,
                    None => *pinned = pinned.saturating_sub(1),
                }
                message.pin = pin;
                let change = PinChange { message: id, seq, pinned_at: pin.map(|pin| pin.at), user };
                if pin.is_some() {
                    ChangeKind::MessagePinned(change)
                } else {
                    ChangeKind::MessageUnpinned(change)
                }
            }
        };
        tail.log.revision = revision;
        message.revision = revision;
        Ok(Some(Change { room: new.room, revision, kind }))
    }
}

impl Annotated {
    /// Adds a user of a reaction; returns their number.
    fn react(&mut self, emoji: &Emoji) -> Result<u32, Refusal> {
        if !self.counts.contains_key(emoji) && self.counts.len() >= MOST_REACTIONS {
            return Err(Refusal::TooManyReactions);
        }
        let count = self.counts.entry(emoji.clone()).or_default();
        *count += 1;
        Ok(*count)
    }

    /// Removes a user of a reaction; returns the number of those who remain.
    fn unreact(&mut self, emoji: &Emoji) -> u32 {
        let left = self.counts.get(emoji).copied().unwrap_or_default().saturating_sub(1);
        if left == 0 {
            self.counts.remove(emoji);
        } else {
            self.counts.insert(emoji.clone(), left);
        }
        left
    }
}
