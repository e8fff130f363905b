//! The decision about each reaction and each pin of a batch.

use std::collections::HashMap;

use super::annotations::{Annotated, AnnotationChanges, Annotations, Pin};
use super::{Batch, RoomTail, Sender};
use crate::event::{Change, ChangeKind};
use crate::membership::{Role, Standing};
use crate::message::{Annotation, AnnotationAct, Emoji, PinChange, ReactionChange};
use crate::room::{Revision, RoomLog, Seq, Visibility};
use crate::testing::{at, caller, message_id, room_id, user, user_id};
use crate::{Refusal, SessionId};

const MEMBER: Standing = Standing::Member(Role::Member);
const ADMIN: Standing = Standing::Member(Role::Admin);

fn emoji(text: &str) -> Emoji {
    Emoji::parse(text).unwrap()
}

/// A batch for room 1, whose revision is 9, with users 1 and 2 in that standing and message 7, to which no one has reacted.
fn batch(standing: Standing) -> Batch {
    let log = RoomLog { last_seq: Seq(7), revision: Revision(9), last_message_at: Some(at(100)) };
    let tail = RoomTail { visibility: Visibility::Private, direct: false, log };
    let sender = |n| {
        let sender = Sender { user: user(n), standing, signed_in: true };
        ((room_id(1), session(n)), sender)
    };
    let message =
        Annotated { seq: Seq(7), revision: Revision(8), deleted: false, pin: None, counts: HashMap::new() };
    let messages = HashMap::from([((room_id(1), message_id(7)), message)]);
    Batch {
        rooms: HashMap::from([(room_id(1), tail)]),
        senders: HashMap::from([sender(1), sender(2)]),
        annotations: Annotations { messages, ..Annotations::default() },
        ..Batch::default()
    }
}

fn session(n: u128) -> SessionId {
    caller(n).session
}

fn message(batch: &mut Batch) -> &mut Annotated {
    batch.annotations.messages.get_mut(&(room_id(1), message_id(7))).unwrap()
}

fn by(n: u128, act: AnnotationAct) -> Annotation {
    let (room, message) = (room_id(1), message_id(7));
    Annotation { room, message, user: user_id(n), session: session(n), act, at: at(50) }
}

fn react(n: u128, text: &str) -> Annotation {
    by(n, AnnotationAct::React(emoji(text)))
}

fn unreact(n: u128, text: &str) -> Annotation {
    by(n, AnnotationAct::Unreact(emoji(text)))
}

fn change(revision: i64, kind: ChangeKind) -> Change {
    Change { room: room_id(1), revision: Revision(revision), kind }
}

fn reaction(n: u128, text: &str, count: u32) -> ReactionChange {
    ReactionChange { message: message_id(7), seq: Seq(7), emoji: emoji(text), count, user: user(n) }
}

#[test]
fn a_reaction_is_the_next_change_of_room_and_message_and_counts_its_users() {
    let mut batch = batch(MEMBER);
    let first = batch.annotate(&react(1, "👍")).unwrap();
    assert_eq!(first, Some(change(10, ChangeKind::ReactionAdded(reaction(1, "👍", 1)))));
    let second = batch.annotate(&react(2, "👍")).unwrap();
    assert_eq!(second, Some(change(11, ChangeKind::ReactionAdded(reaction(2, "👍", 2)))));
    let back = batch.annotate(&unreact(1, "👍")).unwrap();
    assert_eq!(back, Some(change(12, ChangeKind::ReactionRemoved(reaction(1, "👍", 1)))));
    assert_eq!(batch.rooms[&room_id(1)].log.revision, Revision(12));
    assert_eq!(message(&mut batch).revision, Revision(12));
}

#[test]
fn what_changes_nothing_makes_no_revision() {
    let mut batch = batch(ADMIN);
    batch.annotate(&react(1, "👍")).unwrap();
    batch.annotate(&by(1, AnnotationAct::Pin)).unwrap();
    for nothing in [react(1, "👍"), unreact(2, "👍"), unreact(1, "👎"), by(2, AnnotationAct::Pin)] {
        assert_eq!(batch.annotate(&nothing), Ok(None), "{nothing:?}");
    }
    assert_eq!(batch.rooms[&room_id(1)].log.revision, Revision(11));
}

#[test]
fn a_message_has_at_most_20_different_reactions() {
    let mut batch = batch(MEMBER);
    for n in 0..20 {
        batch.annotate(&react(1, &format!("e{n}"))).unwrap();
    }
    assert_eq!(batch.annotate(&react(2, "another")), Err(Refusal::TooManyReactions));
    assert!(batch.annotate(&react(2, "e7")).unwrap().is_some());
    batch.annotate(&unreact(1, "e3")).unwrap();
    assert!(batch.annotate(&react(2, "another")).unwrap().is_some());
}

#[test]
fn an_admin_pins_and_unpins_a_message() {
    let mut batch = batch(ADMIN);
    let pinned = PinChange { message: message_id(7), seq: Seq(7), pinned_at: Some(at(50)), user: user(1) };
    let pin = batch.annotate(&by(1, AnnotationAct::Pin)).unwrap();
    assert_eq!(pin, Some(change(10, ChangeKind::MessagePinned(pinned.clone()))));
    assert_eq!(message(&mut batch).pin, Some(Pin { at: at(50), revision: Revision(10) }));
    let unpinned = PinChange { pinned_at: None, user: user(2), ..pinned };
    let unpin = batch.annotate(&by(2, AnnotationAct::Unpin)).unwrap();
    assert_eq!(unpin, Some(change(11, ChangeKind::MessageUnpinned(unpinned))));
    assert_eq!(batch.annotations.pins[&room_id(1)], 0);
}

#[test]
fn a_member_pins_in_direct_rooms_only() {
    let mut batch = batch(MEMBER);
    for act in [AnnotationAct::Pin, AnnotationAct::Unpin] {
        assert_eq!(batch.annotate(&by(1, act)), Err(Refusal::AdminRequired));
    }
    batch.rooms.get_mut(&room_id(1)).unwrap().direct = true;
    assert!(batch.annotate(&by(1, AnnotationAct::Pin)).unwrap().is_some());
}

#[test]
fn a_room_has_at_most_50_pins() {
    let mut batch = batch(ADMIN);
    batch.annotations.pins.insert(room_id(1), 50);
    assert_eq!(batch.annotate(&by(1, AnnotationAct::Pin)), Err(Refusal::TooManyPins));
    batch.annotations.pins.insert(room_id(1), 49);
    assert!(batch.annotate(&by(1, AnnotationAct::Pin)).unwrap().is_some());
}

#[test]
fn a_tombstone_and_a_message_of_another_room_are_not_found_before_any_role_is_asked_for() {
    for act in [
        AnnotationAct::React(emoji("👍")),
        AnnotationAct::Unreact(emoji("👍")),
        AnnotationAct::Pin,
        AnnotationAct::Unpin,
    ] {
        let mut deleted = batch(MEMBER);
        message(&mut deleted).deleted = true;
        let mut absent = batch(MEMBER);
        absent.annotations.messages.clear();
        for mut batch in [deleted, absent] {
            assert_eq!(batch.annotate(&by(1, act.clone())), Err(Refusal::MessageNotFound));
            assert_eq!(batch.rooms[&room_id(1)].log.revision, Revision(9));
        }
    }
}

#[test]
fn a_caller_who_is_no_member_is_rejected_before_the_message_is_looked_for() {
    for (standing, refusal) in
        [(Standing::Invited, Refusal::NotAMember), (Standing::Stranger, Refusal::RoomNotFound)]
    {
        let mut batch = batch(standing);
        batch.annotations.messages.clear();
        assert_eq!(batch.annotate(&react(1, "👍")), Err(refusal));
    }
    let mut ended = batch(MEMBER);
    ended.senders.values_mut().for_each(|sender| sender.signed_in = false);
    assert_eq!(ended.annotate(&react(1, "👍")), Err(Refusal::Unauthenticated));
    let mut other = batch(MEMBER);
    let forged = Annotation { user: user_id(2), ..react(1, "👍") };
    assert_eq!(other.annotate(&forged), Err(Refusal::Unauthenticated));
    let mut gone = batch(MEMBER);
    gone.rooms.clear();
    assert_eq!(gone.annotate(&react(1, "👍")), Err(Refusal::RoomNotFound));
}

#[test]
fn the_changes_of_a_batch_are_its_end_compared_with_its_beginning() {
    let mut batch = batch(ADMIN);
    batch.annotate(&react(1, "old")).unwrap();
    let before = batch.annotations.clone();
    assert_eq!(batch.annotations.changed_since(&before), AnnotationChanges::default());
    for annotation in [react(2, "👍"), unreact(1, "old"), react(1, "gone"), unreact(1, "gone")] {
        batch.annotate(&annotation).unwrap();
    }
    let changes = batch.annotations.changed_since(&before);
    assert_eq!(changes.messages, [(message_id(7), message(&mut batch).clone())]);
    let mut counts = changes.counts;
    counts.sort_by_key(|(_, emoji, _)| emoji.clone());
    assert_eq!(counts, [(message_id(7), emoji("old"), 0), (message_id(7), emoji("👍"), 1)]);
    assert_eq!(changes.added, [(message_id(7), user_id(2), emoji("👍"), Revision(11))]);
    assert_eq!(changes.removed, [(message_id(7), user_id(1), emoji("old"))]);
}

#[test]
fn a_reaction_that_is_taken_back_and_added_again_is_used_last() {
    let mut batch = batch(MEMBER);
    batch.annotate(&react(1, "👍")).unwrap();
    let before = batch.annotations.clone();
    batch.annotate(&unreact(1, "👍")).unwrap();
    batch.annotate(&react(1, "👍")).unwrap();
    let changes = batch.annotations.changed_since(&before);
    assert_eq!(changes.added, [(message_id(7), user_id(1), emoji("👍"), Revision(12))]);
    assert!(changes.removed.is_empty() && changes.counts.is_empty());
}
