//! The handlers of messages.

use actix_web::http::Method;
use domain::membership::Role;
use domain::message::{
    Anchor, Appended, Body, ClientKey, Content, HistoryQuery, MarkMove, Message, MessageKind, MessageState,
    NewestMessages, Position, Threads, Window,
};
use domain::room::{Revision, Seq, Visibility};
use domain::store::MockUnitOfWork;
use domain::{MessageId, Refusal, SortOrder};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Mocks, NEW, get, in_room, john, now, session, signed_in};
use crate::http::cursor;
use crate::json::samples;

fn numbered(seq: i64) -> Message {
    Message { id: MessageId(Uuid::from_u128(seq.unsigned_abs().into())), seq: Seq(seq), ..samples::message() }
}

/// A member reads a history; `wanted` is what the reader must be asked for, and it has the messages 5 and 6.
fn reading(wanted: HistoryQuery) -> Mocks {
    let mut mocks = Mocks::member(Role::Member);
    mocks
        .messages
        .expect_window()
        .withf(move |room, query| *room == samples::ROOM && *query == wanted)
        .times(1)
        .returning(|_, _| Ok(Window { messages: vec![numbered(5), numbered(6)], has_more: true }));
    mocks
}

fn query(anchor: Anchor) -> HistoryQuery {
    HistoryQuery::unfiltered(anchor, 50, SortOrder::Descending)
}

fn seqs(body: &Value) -> Vec<i64> {
    body["data"].as_array().unwrap().iter().map(|message| message["seq"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_history_passes_its_parameters_to_the_reader() {
    let wanted = HistoryQuery {
        anchor: Anchor::After(Position::Seq(Seq(4))),
        limit: 2,
        order: SortOrder::Ascending,
        kind: Some(MessageKind::Text),
        sender: Some(john().id),
        threads: Threads::All,
    };
    let path = format!(
        "/messages?after={}&limit=2&order=asc&type=text&senderId={}&markRead=false",
        cursor::encode(Seq(4)),
        john().id
    );
    let body = reading(wanted).call(get(&in_room(&path))).await.expect(200);
    assert_eq!(seqs(&body), [5, 6]);
    let (before, after) = (cursor::encode(Seq(5)), cursor::encode(Seq(6)));
    assert_eq!(body["pagination"], json!({"limit": 2, "hasMore": true, "before": before, "after": after}));
}

#[tokio::test]
async fn a_page_marks_the_room_read_unless_it_is_told_not_to() {
    let anchor = Anchor::Before(Position::Seq(Seq(7)));
    for (mark, times) in [("", 1), ("&markRead=true", 1), ("&markRead=false", 0)] {
        let mut mocks = reading(query(anchor));
        mocks
            .marks
            .expect_move_mark()
            .withf(|room, user, by| {
                (*room, *user, *by) == (samples::ROOM, john().id, MarkMove::Forward(Seq(6)))
            })
            .times(times)
            .returning(|_, _, _| Ok(None));
        let path = format!("/messages?before={}{mark}", cursor::encode(Seq(7)));
        let body = mocks.call(get(&in_room(&path))).await.expect(200);
        assert_eq!(seqs(&body), [6, 5], "newest first");
    }
}

#[tokio::test]
async fn the_newest_page_comes_from_its_own_reader() {
    let mut mocks = Mocks::member(Role::Member);
    mocks
        .messages
        .expect_newest()
        .withf(|room, limit, known| *room == samples::ROOM && *limit == 50 && known.is_none())
        .times(1)
        .returning(|_, _, _| {
            let window = Window { messages: vec![numbered(1)], has_more: false };
            Ok(Some(NewestMessages { revision: Revision(1), window }))
        });
    mocks.marks.expect_move_mark().times(1).returning(|_, _, _| Ok(None));
    let body = mocks.call(get(&in_room("/messages"))).await.expect(200);
    assert_eq!((seqs(&body), &body["pagination"]["hasMore"]), (vec![1], &json!(false)));
}

#[tokio::test]
async fn a_message_is_a_cursor() {
    let mut mocks = reading(query(Anchor::Before(Position::Seq(Seq(7)))));
    mocks
        .messages
        .expect_message()
        .withf(|room, message| *room == samples::ROOM && *message == numbered(7).id)
        .times(1)
        .returning(|_, _| Ok(Some(numbered(7))));
    mocks.marks.expect_move_mark().times(1).returning(|_, _, _| Ok(None));
    let path = format!("/messages?before={}", numbered(7).id);
    mocks.call(get(&in_room(&path))).await.expect(200);
}

#[tokio::test]
async fn bad_parameters_of_a_history_are_named_together() {
    let path = in_room(
        "/messages?limit=0&order=up&type=voice&senderId=me&markRead=perhaps&before=a&after=b&since=1",
    );
    let answer = Mocks::new().call(get(&path)).await;
    let mut named = answer.refused(400, "VALIDATION_FAILED");
    named.sort_unstable();
    assert_eq!(named, ["after", "before", "limit", "markRead", "order", "senderId", "since", "type"]);
    let answer = Mocks::new().call(get(&in_room("/messages?before=nonsense"))).await;
    assert_eq!(answer.refused(400, "INVALID_CURSOR"), ["before"]);
}

/// Sends a message of that body; `outcome` is what the log answers.
async fn send(body: Value, wanted: Body, key: Option<&'static str>, outcome: Appended) -> Answer {
    let published = usize::from(matches!(outcome, Appended::New(_)));
    let mut mocks = Mocks::new();
    mocks
        .log
        .expect_append()
        .withf(move |new| {
            let key = key.map(|key| ClientKey::parse(key).unwrap());
            let by = (new.sender, new.session, new.at) == (john().id, session(), now());
            by && new.room == samples::ROOM && new.body == wanted && new.client_key == key && new.id.0 == NEW
        })
        .times(1)
        .return_once(|_| Ok(outcome));
    mocks.events.expect_publish().times(published).return_const(());
    mocks.call(signed_in(Method::POST, &in_room("/messages")).set_json(body)).await
}

fn text(words: &str) -> Body {
    Body::Text(Content::parse(words).unwrap())
}

#[tokio::test]
async fn a_sent_message_is_answered_with_its_path_and_published() {
    let body = json!({"content": " Hello everyone! "});
    let answer = send(body, text("Hello everyone!"), None, Appended::New(samples::message())).await;
    let path = format!("/messages/{}", samples::message().id);
    assert_eq!(answer.header("location"), Some(in_room(&path).as_str()));
    assert_eq!(answer.expect(201)["data"]["content"], "Hello everyone!");
}

#[tokio::test]
async fn a_repeat_is_answered_as_one_and_not_published() {
    let body = json!({"content": "Hello", "clientId": "k1"});
    let answer = send(body, text("Hello"), Some("k1"), Appended::Replayed(samples::message())).await;
    assert_eq!((answer.status, answer.header("location")), (200, None));
}

#[tokio::test]
async fn bad_fields_of_a_message_are_named_together_and_nothing_is_sent() {
    let too_long = "x".repeat(1001);
    for (body, fields) in [
        (json!({}), vec!["content"]),
        (json!({"content": too_long, "clientId": "é", "typo": 1}), vec!["clientId", "content", "typo"]),
        (json!({"type": "image", "fileId": "7"}), vec!["fileId"]),
        (json!({"content": "x", "fileId": samples::FILE.to_string()}), vec!["fileId"]),
        (json!({"content": "a\u{0}b"}), vec!["content"]),
    ] {
        let answer = Mocks::new().call(signed_in(Method::POST, &in_room("/messages")).set_json(&body)).await;
        let mut named = answer.refused(400, "VALIDATION_FAILED");
        named.sort_unstable();
        assert_eq!(named, fields, "{body}");
    }
}

#[tokio::test]
async fn a_message_or_its_tombstone_is_shown() {
    let tombstone =
        Message { state: MessageState::Deleted { kind: MessageKind::Text, at: now() }, ..samples::message() };
    for (stored, content) in [(samples::message(), json!("Hello everyone!")), (tombstone, Value::Null)] {
        let mut mocks = Mocks::member(Role::Member);
        let id = stored.id;
        mocks
            .messages
            .expect_message()
            .withf(move |room, message| *room == samples::ROOM && *message == id)
            .times(1)
            .return_once(|_, _| Ok(Some(stored)));
        let body = mocks.call(get(&in_room(&format!("/messages/{id}")))).await.expect(200);
        assert_eq!(body["data"]["content"], content);
    }
}

/// The samples' room is locked, and the caller a member of it; it has that message.
fn locked(message: Message) -> MockUnitOfWork {
    let mut work = MockUnitOfWork::new();
    work.expect_lock_room().times(1).returning(|_| Ok(Some(samples::room())));
    work.expect_membership().times(1).returning(|_, user| Ok(Some(super::member_of(&samples::room(), user))));
    work.expect_message().times(1).return_once(|_, _| Ok(Some(message)));
    work
}

#[tokio::test]
async fn an_edit_is_stored_published_and_answered() {
    let mut work = locked(samples::message());
    work.expect_edit_message()
        .withf(|edit| {
            let content = edit.content.as_ref().map(Content::as_str);
            edit.message == samples::message().id && content == Some("Hi") && edit.by == john().id
        })
        .times(1)
        .returning(|_| Ok(()));
    work.expect_save_room().times(0..=1).returning(|_| Ok(()));
    work.expect_commit().times(1).returning(|| Ok(()));
    let mut mocks = Mocks::new().unit(work);
    mocks.events.expect_publish().times(1).return_const(());
    let path = in_room(&format!("/messages/{}", samples::message().id));
    let body =
        mocks.call(signed_in(Method::PATCH, &path).set_json(json!({"content": "Hi"}))).await.expect(200);
    assert_eq!(body["data"]["content"], "Hi");
    assert!(body["data"]["editedAt"].is_string());
}

#[tokio::test]
async fn a_deletion_is_stored_published_and_has_no_body() {
    let mut work = locked(samples::message());
    work.expect_delete_message()
        .withf(|deletion| deletion.message == samples::message().id && deletion.by == john().id)
        .times(1)
        .returning(|_| Ok(()));
    work.expect_save_room().times(0..=1).returning(|_| Ok(()));
    work.expect_record().times(1).returning(|_| Ok(()));
    work.expect_commit().times(1).returning(|| Ok(()));
    let mut mocks = Mocks::new().unit(work);
    mocks.events.expect_publish().times(1).return_const(());
    let path = in_room(&format!("/messages/{}", samples::message().id));
    let answer = mocks.call(signed_in(Method::DELETE, &path)).await;
    assert_eq!((answer.status, answer.bytes.as_slice()), (204, &b""[..]));
}

#[tokio::test]
async fn only_members_read_and_nobody_learns_of_rooms_that_they_cannot_see() {
    use domain::membership::Standing;
    for (standing, refusal) in [
        (Some((Visibility::Public, Standing::Stranger)), Refusal::NotAMember),
        (Some((Visibility::Private, Standing::Invited)), Refusal::NotAMember),
        (Some((Visibility::Private, Standing::Stranger)), Refusal::RoomNotFound),
        (None, Refusal::RoomNotFound),
    ] {
        let (status, code) = super::errors::expected(refusal);
        for path in [
            "/messages",
            "/messages?before=2026-01-01T00:00:00Z",
            "/messages/0193b089-3a00-7000-8000-000000000003",
        ] {
            Mocks::standing(standing).call(get(&in_room(path))).await.refused(status, code);
        }
    }
}
