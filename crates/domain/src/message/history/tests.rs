//! Who reads history, in which order, and what is marked as read by it.

use mockall::predicate::eq;

use super::*;
use crate::membership::{MockMemberReader, Role, Standing};
use crate::message::{MockMessageReader, MockReadMarks};
use crate::room::Visibility;
use crate::testing::{caller, members, members_unseen, message, refusal, room_id, user_id};

fn query(order: SortOrder) -> HistoryQuery {
    HistoryQuery { anchor: Anchor::Newest, limit: 10, order, kind: None, sender: None }
}

fn window(seqs: &[i64]) -> Window {
    let messages = seqs.iter().map(|&seq| Message { seq: Seq(seq), ..message(2) }).collect();
    Window { messages, has_more: true }
}

/// A member who has read five messages is shown those; only `marked` is expected to be marked as read.
fn reading(query: HistoryQuery, found: &[i64], marked: Option<i64>) -> ReadHistory {
    let found = window(found);
    let mut messages = MockMessageReader::new();
    messages.expect_window().with(eq(room_id(1)), eq(query)).times(1).return_once(|_, _| Ok(found));
    of(member(), messages, marks(marked))
}

/// Of user 1, whose mark is expected to go there, or nowhere.
fn marks(marked: Option<i64>) -> MockReadMarks {
    let mut marks = MockReadMarks::new();
    if let Some(seq) = marked {
        marks
            .expect_advance()
            .with(eq(room_id(1)), eq(user_id(1)), eq(Seq(seq)))
            .times(1)
            .returning(|_, _, _| Ok(()));
    }
    marks
}

fn of(members: MockMemberReader, messages: MockMessageReader, marks: MockReadMarks) -> ReadHistory {
    ReadHistory { members: Arc::new(members), messages: Arc::new(messages), marks: Arc::new(marks) }
}

fn member() -> MockMemberReader {
    members(Visibility::Private, Standing::Member(Role::Member))
}

#[tokio::test]
async fn a_member_gets_the_window_in_the_order_they_ask_for_marked_up_to_its_newest_message() {
    for (order, seqs) in [(SortOrder::Ascending, [5, 6, 7]), (SortOrder::Descending, [7, 6, 5])] {
        let history = reading(query(order), &[5, 6, 7], Some(7));
        let answer = history.execute(caller(1), room_id(1), query(order), true).await.unwrap();
        assert_eq!(answer, window(&seqs));
    }
}

#[tokio::test]
async fn nothing_is_marked_where_the_caller_does_not_say_so() {
    let query = query(SortOrder::Ascending);
    let history = reading(query, &[6, 7], None);
    assert_eq!(history.execute(caller(1), room_id(1), query, false).await.unwrap(), window(&[6, 7]));
}

#[tokio::test]
async fn a_filtered_window_marks_nothing_for_it_passes_over_messages() {
    let plain = query(SortOrder::Ascending);
    for query in [
        HistoryQuery { kind: Some(MessageKind::Text), ..plain },
        HistoryQuery { sender: Some(user_id(2)), ..plain },
    ] {
        let history = reading(query, &[6, 7], None);
        history.execute(caller(1), room_id(1), query, true).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_read_before_or_is_empty_costs_no_write() {
    let query = query(SortOrder::Ascending);
    for found in [&[][..], &[3, 4, 5]] {
        let history = reading(query, found, None);
        history.execute(caller(1), room_id(1), query, true).await.unwrap();
    }
}

/// A member who has read five messages and holds six; of eight they are shown the last two.
fn rereading(known: Option<KnownNewest>, found: Option<NewestMessages>, marked: Option<i64>) -> ReadHistory {
    let mut messages = MockMessageReader::new();
    let revision = known.map(|known| known.revision);
    messages
        .expect_newest()
        .with(eq(room_id(1)), eq(10), eq(revision))
        .times(1)
        .return_once(|_, _, _| Ok(found));
    of(member(), messages, marks(marked))
}

const KNOWN: KnownNewest = KnownNewest { revision: Revision(9), newest: Seq(6) };

#[tokio::test]
async fn what_a_caller_holds_is_read_anew_once_it_changed() {
    let query = query(SortOrder::Descending);
    for known in [None, Some(KNOWN)] {
        let found = NewestMessages { revision: Revision(12), window: window(&[7, 8]) };
        let history = rereading(known, Some(found), Some(8));
        let read = history.newest(caller(1), room_id(1), query, true, known).await.unwrap();
        assert_eq!(read, Some(NewestMessages { revision: Revision(12), window: window(&[8, 7]) }));
    }
}

#[tokio::test]
async fn what_a_caller_holds_and_still_stands_is_marked_as_read_like_the_window_itself() {
    let query = query(SortOrder::Ascending);
    let seen = KnownNewest { newest: Seq(5), ..KNOWN };
    for (known, mark_read, marked) in [(KNOWN, true, Some(6)), (KNOWN, false, None), (seen, true, None)] {
        let history = rereading(Some(known), None, marked);
        let read = history.newest(caller(1), room_id(1), query, mark_read, Some(known)).await.unwrap();
        assert_eq!(read, None);
    }
}

#[tokio::test]
async fn where_nothing_was_said_there_is_nothing_to_hold() {
    let history = rereading(None, None, None);
    let query = query(SortOrder::Ascending);
    assert_eq!(history.newest(caller(1), room_id(1), query, true, None).await.unwrap(), None);
}

#[test]
fn the_newest_messages_are_those_without_a_place_or_a_filter() {
    let plain = query(SortOrder::Descending);
    assert!(plain.is_newest());
    for other in [
        HistoryQuery { anchor: Anchor::Before(Position::Seq(Seq(9))), ..plain },
        HistoryQuery { kind: Some(MessageKind::Text), ..plain },
        HistoryQuery { sender: Some(user_id(2)), ..plain },
    ] {
        assert!(!other.is_newest(), "{other:?}");
    }
}

/// What is said to who holds something, and to who does not. Neither messages nor marks are asked for.
async fn refused(members: MockMemberReader, known: Option<KnownNewest>) -> Refusal {
    let history = of(members, MockMessageReader::new(), marks(None));
    let query = query(SortOrder::Ascending);
    match known {
        None => refusal(history.execute(caller(1), room_id(1), query, true).await),
        Some(_) => refusal(history.newest(caller(1), room_id(1), query, true, known).await),
    }
}

#[tokio::test]
async fn a_caller_who_sees_the_room_but_is_not_in_it_is_told_so() {
    for known in [None, Some(KNOWN)] {
        for (visibility, standing) in
            [(Visibility::Public, Standing::Stranger), (Visibility::Private, Standing::Invited)]
        {
            assert_eq!(refused(members(visibility, standing), known).await, Refusal::NotAMember);
        }
    }
}

#[tokio::test]
async fn a_room_that_the_caller_cannot_see_is_not_found() {
    for known in [None, Some(KNOWN)] {
        for members in members_unseen() {
            assert_eq!(refused(members, known).await, Refusal::RoomNotFound);
        }
    }
}
