//! The session of a live connection, without a network.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};

use super::Update;
use super::session::{Output, Reply, Session};
use crate::{ApiError, Event, Message, NewMessage, RoomId, UserId};

const ROOM: &str = "0197a5c2-8f00-7000-8000-000000000001";
const OTHER: &str = "0197a5c2-8f00-7000-8000-000000000002";
const USER: &str = "0197a5c2-8f00-7000-8000-000000000003";

/// Keeps the answers of sends.
#[derive(Debug, Clone, Default)]
struct Answers(Rc<RefCell<Vec<Result<Message, ApiError>>>>);

impl Reply for Answers {
    fn reply(self, answer: Result<Message, ApiError>) {
        self.0.borrow_mut().push(answer);
    }
}

fn id(text: &str) -> RoomId {
    text.parse().unwrap()
}

fn session() -> Session<Answers> {
    Session::new(Some(UserId(USER.parse().unwrap())))
}

fn event(action: &str, revision: i64) -> Value {
    json!({
        "action": action, "roomId": ROOM, "revision": revision, "seq": revision, "id": ROOM, "sender": "jane",
        "senderId": OTHER, "message": "x", "type": "text", "timestamp": "2026-11-21T07:42:19.132089Z",
    })
}

fn caught_up(revision: i64) -> Value {
    json!({"action": "caught-up", "roomId": ROOM, "revision": revision})
}

fn ack(join: &Value, revision: i64) -> Value {
    json!({"action": "ack", "ref": join["ref"], "data": {"roomId": join["roomId"], "revision": revision}})
}

fn refusal(frame: &Value, code: &str) -> Value {
    json!({"action": "error", "ref": frame["ref"], "code": code, "error": "No."})
}

/// The revisions of the lasting events among the updates of these frames, `caught-up` apart.
fn delivered(session: &mut Session<Answers>, frames: impl IntoIterator<Item = Value>) -> Vec<i64> {
    let updates = frames.into_iter().flat_map(|frame| session.received(frame).updates);
    updates
        .filter_map(|update| match update {
            Update::Event(Event::CaughtUp { .. }) => None,
            Update::Event(event) => event.revision(),
            _ => None,
        })
        .collect()
}

/// Makes a connected session that follows the room from `since` on, with its join acknowledged.
fn following(since: Option<i64>, revision: i64) -> Session<Answers> {
    let mut session = session();
    session.join(id(ROOM), since);
    let frames = session.opened();
    session.received(ack(&frames[0], revision));
    session
}

#[test]
fn a_first_join_without_a_revision_begins_at_the_present() {
    let mut session = session();
    assert_eq!(session.join(id(ROOM), None), Output::default(), "nothing is sent without a socket");
    let frames = session.opened();
    assert_eq!(frames.len(), 1);
    assert_eq!((&frames[0]["action"], frames[0].get("since")), (&json!("join"), None));
    let joined = session.received(ack(&frames[0], 7));
    assert_eq!(joined.updates, [Update::Joined { room: id(ROOM), revision: 7 }]);
    assert_eq!(delivered(&mut session, [event("new-message", 8), event("new-message", 9)]), [8, 9]);
    session.closed(None);
    assert_eq!(session.opened()[0]["since"], 9, "and goes on after the last one delivered");
}

#[test]
fn a_replay_may_skip_revisions_and_live_events_may_not() {
    let mut session = following(Some(2), 9);
    let replay =
        [event("new-message", 4), event("message-edited", 8), caught_up(9), event("new-message", 10)];
    assert_eq!(delivered(&mut session, replay), [4, 8, 10]);
    let gap = session.received(event("new-message", 12));
    assert_eq!(gap.updates, []);
    assert_eq!((&gap.frames[0]["action"], &gap.frames[0]["since"]), (&json!("join"), &json!(10)));
    // Everything until the answer is repeated by the replay that follows it.
    assert_eq!(delivered(&mut session, [event("new-message", 13), caught_up(13)]), [0; 0]);
    assert_eq!(session.received(event("new-message", 14)).frames, [Value::Null; 0], "one join is enough");
    session.received(ack(&gap.frames[0], 14));
    let replay = [11, 12, 13, 14].map(|revision| event("new-message", revision));
    assert_eq!(delivered(&mut session, replay), [11, 12, 13, 14]);
    assert_eq!(delivered(&mut session, [caught_up(14), event("new-message", 15)]), [15]);
}

#[test]
fn an_event_that_comes_again_is_delivered_once() {
    let mut session = following(Some(0), 3);
    let frames = [1, 2, 2, 1, 3, 3].map(|revision| event("new-message", revision));
    assert_eq!(delivered(&mut session, frames), [1, 2, 3]);
}

#[test]
fn a_cut_in_the_middle_of_a_replay_goes_on_after_the_last_delivered_event() {
    let mut session = following(Some(0), 9);
    assert_eq!(delivered(&mut session, [event("new-message", 3)]), [3]);
    session.closed(None);
    let frames = session.opened();
    assert_eq!(frames[0]["since"], 3);
    session.received(ack(&frames[0], 9));
    assert_eq!(delivered(&mut session, [event("new-message", 9), caught_up(9)]), [9]);
}

#[test]
fn events_of_the_moment_pass_and_rooms_that_are_not_followed_do_not() {
    let mut session = following(Some(0), 0);
    let typing = |room: &str| json!({"action": "typing", "roomId": room, "username": "jane", "userId": USER});
    assert_eq!(session.received(typing(ROOM)).updates.len(), 1);
    assert_eq!(session.received(typing(OTHER)).updates, []);
    session.leave(id(ROOM));
    assert_eq!(session.received(typing(ROOM)).updates, []);
    assert_eq!(session.received(event("new-message", 1)).updates, []);
}

#[test]
fn a_refused_join_ends_the_room_and_one_refused_for_a_while_is_repeated() {
    let mut session = session();
    let mut frames = session.opened();
    frames.extend(session.join(id(ROOM), Some(5)).frames);
    assert!(!session.wants_retry());
    assert_eq!(session.received(refusal(&frames[0], "UNAVAILABLE")), Output::default());
    assert!(session.wants_retry());
    // Not joined yet, so nothing counts.
    assert_eq!(delivered(&mut session, [event("new-message", 6)]), [0; 0]);
    let again = session.retry();
    assert_eq!((again.len(), &again[0]["since"]), (1, &json!(5)));
    assert!(!session.wants_retry());
    let ended = session.received(refusal(&again[0], "NOT_A_MEMBER"));
    let [Update::Ended { room, reason: Some(reason) }] = &ended.updates[..] else { panic!("{ended:?}") };
    assert_eq!((*room, reason.code.as_str()), (id(ROOM), "NOT_A_MEMBER"));
    session.closed(None);
    assert_eq!(session.opened(), [Value::Null; 0]);
}

#[test]
fn unanswered_sends_are_repeated_under_their_keys_in_order_after_a_reconnection() {
    let (mut session, answers) = (session(), Answers::default());
    let messages = [NewMessage::text("one"), NewMessage::text("two"), NewMessage::text("three")];
    for message in &messages {
        session.send(id(ROOM), message, answers.clone());
    }
    let first = session.opened();
    let keys: Vec<_> = first.iter().map(|frame| frame["clientId"].as_str().unwrap()).collect();
    assert_eq!(keys, messages.each_ref().map(NewMessage::key));
    let stored = json!({
        "id": ROOM, "roomId": ROOM, "seq": 1, "revision": 2, "type": "text", "content": "two", "file": null,
        "sender": {"id": USER, "username": "jane"}, "clientId": keys[1], "editedAt": null, "deletedAt": null,
        "createdAt": "2026-11-21T07:42:19.132089Z",
    });
    session.received(json!({"action": "ack", "ref": first[1]["ref"], "data": stored}));
    assert_eq!(answers.0.borrow()[0].as_ref().unwrap().content.as_deref(), Some("two"));
    session.closed(None);
    assert_eq!(session.opened(), [first[0].clone(), first[2].clone()]);
    session.received(refusal(&first[0], "UNAVAILABLE"));
    assert_eq!(session.retry(), [first[0].clone()]);
    session.received(refusal(&first[0], "NOT_A_MEMBER"));
    assert_eq!(answers.0.borrow()[1].as_ref().unwrap_err().code, "NOT_A_MEMBER");
    session.closed(None);
    assert_eq!(session.opened(), [first[2].clone()]);
}

#[test]
fn a_message_that_no_frame_can_hold_is_refused_at_once() {
    let (mut session, answers) = (session(), Answers::default());
    session.opened();
    let sent = session.send(id(ROOM), &NewMessage::text("é".repeat(32 * 1024)), answers.clone());
    assert_eq!(sent, Output::default());
    assert_eq!(answers.0.borrow()[0].as_ref().unwrap_err().code, "PAYLOAD_TOO_LARGE");
    session.send(id(ROOM), &NewMessage::text("x".repeat(65_000)), answers.clone());
    assert_eq!((session.opened().len(), answers.0.borrow().len()), (1, 1));
}

#[test]
fn a_socket_closed_for_a_frame_too_large_refuses_the_largest_send_and_the_others_are_repeated() {
    let (mut session, answers) = (session(), Answers::default());
    session.closed(Some(1009));
    for length in [10, 3_000, 20] {
        session.send(id(ROOM), &NewMessage::text("x".repeat(length)), answers.clone());
    }
    let frames = session.opened();
    session.closed(Some(1001));
    assert_eq!(session.opened(), frames, "any other end refuses nothing");
    session.closed(Some(1009));
    assert_eq!(answers.0.borrow().len(), 1);
    assert_eq!(answers.0.borrow()[0].as_ref().unwrap_err().code, "PAYLOAD_TOO_LARGE");
    assert_eq!(session.opened(), [frames[0].clone(), frames[2].clone()]);
}

#[test]
fn a_room_ends_with_its_deletion_or_the_removal_of_the_user() {
    let member = |user: &str, revision: i64| {
        json!({"action": "member-removed", "roomId": ROOM, "revision": revision, "username": "jane",
            "userId": user, "role": "member"})
    };
    let mut session = following(Some(0), 0);
    assert_eq!(session.received(member(OTHER, 1)).updates.len(), 1);
    let removed = session.received(member(USER, 2));
    assert_eq!(removed.updates[1], Update::Ended { room: id(ROOM), reason: None });
    let mut session = following(Some(0), 0);
    let deleted = session.received(json!({"action": "room-deleted", "roomId": ROOM, "revision": 1}));
    assert_eq!(deleted.updates[1], Update::Ended { room: id(ROOM), reason: None });
    assert_eq!(session.known().count(), 0);
}

#[test]
fn a_join_that_was_left_meanwhile_is_answered_in_vain() {
    let mut session = session();
    session.opened();
    let first = session.join(id(ROOM), None).frames;
    session.leave(id(ROOM));
    let second = session.join(id(ROOM), Some(4)).frames;
    assert_eq!(session.received(ack(&first[0], 2)), Output::default());
    assert_eq!(delivered(&mut session, [event("new-message", 3)]), [0; 0]);
    assert_eq!(session.received(ack(&second[0], 5)).updates.len(), 1);
    assert_eq!(delivered(&mut session, [event("new-message", 5), caught_up(5)]), [5]);
}
