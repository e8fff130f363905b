//! The rules of appending: decides the outcome of each message of a batch on data that the store loaded under the
//! room locks. Pure, so that every store decides alike; a store only loads, calls this and writes.

use std::collections::HashMap;

use super::{
    Body, ClientKey, Extras, Fingerprint, Message, MessageKind, MessageState, Named, NewMessage, SentExtras,
};
use crate::account::UserRef;
use crate::file::File;
use crate::membership::Standing;
use crate::room::{RoomLog, Visibility};
use crate::{FileId, MessageId, Refusal, RoomId, SessionId, UserId};

/// The end of a locked room's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomTail {
    /// The visibility of the room.
    pub visibility: Visibility,
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
        sender.standing.require_member(tail.visibility)?;
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
            extras: extras.kept(),
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
mod tests {
    use super::*;
    use crate::membership::Role;
    use crate::message::{AttachmentKind, Content, Quote};
    use crate::room::{Revision, Seq};
    use crate::testing::{at, caller, file, file_id, message_id, room_id, user, user_id};

    /// A batch for room 1 with user 1 in that standing.
    fn batch(visibility: Visibility, standing: Standing) -> Batch {
        let log = RoomLog { last_seq: Seq(7), revision: Revision(9), last_message_at: Some(at(100)) };
        let sender = Sender { user: user(1), standing, signed_in: true };
        Batch {
            rooms: HashMap::from([(room_id(1), RoomTail { visibility, log })]),
            senders: HashMap::from([((room_id(1), caller(1).session), sender)]),
            earlier: HashMap::new(),
            named: HashMap::new(),
            files: HashMap::from([(file_id(3), file(3, 1)), (file_id(4), file(4, 2))]),
        }
    }

    fn text(id: u128, content: &str, key: Option<&str>) -> NewMessage {
        NewMessage {
            id: message_id(id),
            room: room_id(1),
            sender: user_id(1),
            session: caller(1).session,
            body: Body::Text(Content::parse(content).unwrap()),
            extras: SentExtras::default(),
            client_key: key.map(|key| ClientKey::parse(key).unwrap()),
            at: at(50),
        }
    }

    const MEMBER: Standing = Standing::Member(Role::Member);

    #[test]
    fn a_members_message_gets_the_next_position_and_never_an_earlier_time() {
        let mut batch = batch(Visibility::Private, MEMBER);
        let AppendDecision::Store(message, _) = batch.admit(text(1, "hello", None)) else { panic!() };
        assert_eq!((message.seq, message.revision), (Seq(8), Revision(10)));
        assert_eq!(message.created_at, at(101));
        assert_eq!(message.sender, user(1));
        assert_eq!(batch.rooms[&room_id(1)].log.last_seq, Seq(8));
    }

    fn attachment(kind: AttachmentKind, file: u128) -> NewMessage {
        let body = Body::Attachment { kind, file: file_id(file), caption: None };
        NewMessage { body, ..text(1, "x", None) }
    }

    #[test]
    fn a_message_shows_only_a_file_of_its_sender() {
        let mut batch = batch(Visibility::Private, MEMBER);
        let decision = batch.admit(attachment(AttachmentKind::File, 3));
        let AppendDecision::Store(message, _) = decision else { panic!() };
        assert_eq!(message.file, Some(Box::new(file(3, 1))));
        for other in [4, 5] {
            let decision = batch.admit(attachment(AttachmentKind::File, other));
            assert_eq!(decision, AppendDecision::Refuse(Refusal::FileNotFound));
        }
        assert_eq!(batch.rooms[&room_id(1)].log.last_seq, Seq(8));
    }

    #[test]
    fn only_a_raster_image_is_shown_as_an_image() {
        let mut batch = batch(Visibility::Private, MEMBER);
        let decision = batch.admit(attachment(AttachmentKind::Image, 3));
        assert_eq!(decision, AppendDecision::Refuse(Refusal::NotAnImage));
        batch.files.get_mut(&file_id(3)).unwrap().image = true;
        assert!(matches!(batch.admit(attachment(AttachmentKind::Image, 3)), AppendDecision::Store(..)));
    }

    /// Message `id` of room 1 by user 2, in that thread.
    fn named(id: u128, thread: Option<u128>) -> Named {
        let content = Some(Content::parse("quoted").unwrap());
        let quote = Quote { id: message_id(id), seq: Seq(3), sender: user(2), content, deleted_at: None };
        Named { quote, thread: thread.map(message_id) }
    }

    fn deleted(mut named: Named) -> Named {
        (named.quote.content, named.quote.deleted_at) = (None, Some(at(20)));
        named
    }

    /// A batch in which message 21 is in no thread, 22 in one, and 23 deleted; 24 is of room 2.
    fn batch_with_named() -> Batch {
        let mut batch = batch(Visibility::Private, MEMBER);
        for (room, named) in [
            (1, named(21, None)),
            (1, named(22, Some(21))),
            (1, deleted(named(23, None))),
            (2, named(24, None)),
        ] {
            batch.named.insert((room_id(room), named.quote.id), named);
        }
        batch
    }

    fn beside(reply_to: Option<u128>, thread: Option<u128>) -> NewMessage {
        let (reply_to, thread) = (reply_to.map(message_id), thread.map(message_id));
        NewMessage {
            extras: SentExtras { reply_to, thread, ..SentExtras::default() },
            ..text(1, "hello", None)
        }
    }

    #[test]
    fn a_reply_shows_the_message_that_it_replies_to() {
        let AppendDecision::Store(message, _) = batch_with_named().admit(beside(Some(22), Some(21))) else {
            panic!()
        };
        assert_eq!(message.extras().reply_to, Some(named(22, Some(21)).quote));
        assert_eq!(message.extras().thread, Some(message_id(21)));
    }

    #[test]
    fn a_message_that_is_deleted_or_of_another_room_is_not_found() {
        for absent in [23, 24, 25] {
            for new in [beside(Some(absent), None), beside(None, Some(absent))] {
                let mut batch = batch_with_named();
                assert_eq!(batch.admit(new), AppendDecision::Refuse(Refusal::MessageNotFound));
                assert_eq!(batch.rooms[&room_id(1)].log.last_seq, Seq(7));
            }
        }
    }

    #[test]
    fn a_message_in_a_thread_begins_no_thread() {
        let decision = batch_with_named().admit(beside(None, Some(22)));
        assert_eq!(decision, AppendDecision::Refuse(Refusal::InThread));
    }

    #[test]
    fn a_retry_is_recognised_before_the_messages_that_it_names_are_looked_for() {
        let mut batch = batch_with_named();
        let client_key = ClientKey::parse("k").ok();
        let new = NewMessage { client_key, ..beside(Some(21), Some(21)) };
        let AppendDecision::Store(first, _) = batch.admit(new.clone()) else { panic!() };
        batch.named.clear();
        assert_eq!(batch.admit(new.clone()), AppendDecision::Replay(first));
        let other = NewMessage { extras: SentExtras::default(), ..new };
        assert_eq!(batch.admit(other), AppendDecision::Refuse(Refusal::IdempotencyConflict));
    }

    #[test]
    fn a_non_member_is_rejected_and_uses_no_position() {
        for (visibility, standing, refusal) in [
            (Visibility::Public, Standing::Stranger, Refusal::NotAMember),
            (Visibility::Private, Standing::Invited, Refusal::NotAMember),
            (Visibility::Private, Standing::Stranger, Refusal::RoomNotFound),
        ] {
            let mut batch = batch(visibility, standing);
            assert_eq!(batch.admit(text(1, "hello", None)), AppendDecision::Refuse(refusal));
            assert_eq!(batch.rooms[&room_id(1)].log.last_seq, Seq(7));
        }
    }

    #[test]
    fn an_ended_session_is_rejected_before_all_other_checks() {
        let mut ended = batch(Visibility::Private, Standing::Stranger);
        ended.senders.values_mut().for_each(|sender| sender.signed_in = false);
        let mut of_another = batch(Visibility::Private, MEMBER);
        of_another.senders.values_mut().for_each(|sender| sender.user = user(2));
        let mut unknown = batch(Visibility::Private, MEMBER);
        unknown.senders.clear();
        for mut batch in [ended, of_another, unknown] {
            assert_eq!(batch.admit(text(1, "hello", None)), AppendDecision::Refuse(Refusal::Unauthenticated));
            assert_eq!(batch.rooms[&room_id(1)].log.last_seq, Seq(7));
        }
    }

    #[test]
    fn a_deleted_room_is_not_found() {
        let mut batch = batch(Visibility::Public, MEMBER);
        batch.rooms.clear();
        assert_eq!(batch.admit(text(1, "hello", None)), AppendDecision::Refuse(Refusal::RoomNotFound));
    }

    #[test]
    fn the_same_key_in_one_batch_is_one_message() {
        let mut batch = batch(Visibility::Public, MEMBER);
        let AppendDecision::Store(first, _) = batch.admit(text(1, "hello", Some("k"))) else { panic!() };
        assert_eq!(batch.admit(text(2, "hello", Some("k"))), AppendDecision::Replay(first));
        assert_eq!(batch.rooms[&room_id(1)].log.last_seq, Seq(8));
    }

    #[test]
    fn the_same_key_for_another_content_is_a_conflict() {
        let mut batch = batch(Visibility::Public, MEMBER);
        batch.admit(text(1, "hello", Some("k")));
        assert_eq!(
            batch.admit(text(2, "bye", Some("k"))),
            AppendDecision::Refuse(Refusal::IdempotencyConflict)
        );
    }

    #[test]
    fn a_retry_returns_the_message_in_its_current_state() {
        let mut batch = batch(Visibility::Public, MEMBER);
        let sent = text(1, "hello", Some("k"));
        let AppendDecision::Store(mut tombstone, fingerprint) = batch.admit(sent.clone()) else { panic!() };
        tombstone.state = MessageState::Deleted { kind: tombstone.kind(), at: at(200) };
        let key = (room_id(1), user_id(1), ClientKey::parse("k").unwrap());
        batch.earlier.insert(key, EarlierSend { fingerprint, message: tombstone.clone() });
        assert_eq!(batch.admit(sent), AppendDecision::Replay(tombstone));
    }
}
