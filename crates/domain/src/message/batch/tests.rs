//! The decision about each message of a batch: new, repeated or rejected.

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
        rooms: HashMap::from([(room_id(1), RoomTail { visibility, direct: false, log })]),
        senders: HashMap::from([((room_id(1), caller(1).session), sender)]),
        files: HashMap::from([(file_id(3), file(3, 1)), (file_id(4), file(4, 2))]),
        ..Batch::default()
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
    for (room, named) in
        [(1, named(21, None)), (1, named(22, Some(21))), (1, deleted(named(23, None))), (2, named(24, None))]
    {
        batch.named.insert((room_id(room), named.quote.id), named);
    }
    batch
}

fn beside(reply_to: Option<u128>, thread: Option<u128>) -> NewMessage {
    let (reply_to, thread) = (reply_to.map(message_id), thread.map(message_id));
    NewMessage { extras: SentExtras { reply_to, thread, ..SentExtras::default() }, ..text(1, "hello", None) }
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
fn a_message_mentions_members_and_an_admins_message_the_room() {
    for (role, room) in [(Role::Member, false), (Role::Admin, true)] {
        let mut batch = batch(Visibility::Private, Standing::Member(role));
        let members = HashMap::from([(user(2).username.key(), user(2))]);
        batch.members.insert(room_id(1), members);
        let words = format!("@nobody @{} @room", user(2).username);
        let AppendDecision::Store(message, _) = batch.admit(text(1, &words, None)) else { panic!() };
        assert_eq!((&message.extras().mentions, message.extras().mentions_room), (&vec![user(2)], room));
    }
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
    assert_eq!(batch.admit(text(2, "bye", Some("k"))), AppendDecision::Refuse(Refusal::IdempotencyConflict));
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
