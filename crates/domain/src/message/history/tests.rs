//! Tests of reading history: access, order, and read marks.

use mockall::predicate::eq;

use super::*;
use crate::SortOrder;
use crate::membership::{MockMemberReader, Role, Standing};
use crate::message::{Message, MessageKind, MockMessageReader, Threads};
use crate::room::{Revision, Visibility};
use crate::testing::{
    caller, marks, members, members_of_invisible_rooms, message, message_id, refusal, room_id, tombstone,
    user_id,
};

fn query(order: SortOrder) -> HistoryQuery {
    HistoryQuery::unfiltered(Anchor::Newest, 10, order)
}

fn window(seqs: &[i64]) -> Window {
    let messages = seqs.iter().map(|&seq| Message { seq: Seq(seq), ..message(2) }).collect();
    Window { messages, has_more: true }
}

/// A member who has read five messages reads those found; expects the read mark to move to `marked`.
fn reading(query: HistoryQuery, found: &[i64], marked: Option<i64>) -> ReadHistory {
    let found = window(found);
    let mut messages = MockMessageReader::new();
    messages.expect_window().with(eq(room_id(1)), eq(query)).times(1).return_once(|_, _| Ok(found));
    of(member(), messages, marks(marked))
}

fn of(members: MockMemberReader, messages: MockMessageReader, marks: PublishedMarks) -> ReadHistory {
    ReadHistory { members: Arc::new(members), messages: Arc::new(messages), marks }
}

fn member() -> MockMemberReader {
    members(Visibility::Private, Standing::Member(Role::Member))
}

#[tokio::test]
async fn a_member_reads_the_window_in_the_requested_order_and_the_mark_moves_to_its_newest() {
    for (order, seqs) in [(SortOrder::Ascending, [5, 6, 7]), (SortOrder::Descending, [7, 6, 5])] {
        let history = reading(query(order), &[5, 6, 7], Some(7));
        let read = history.execute(caller(1), room_id(1), query(order), true).await.unwrap();
        assert_eq!(read, window(&seqs));
    }
}

#[tokio::test]
async fn no_mark_moves_without_mark_read() {
    let query = query(SortOrder::Ascending);
    let history = reading(query, &[6, 7], None);
    assert_eq!(history.execute(caller(1), room_id(1), query, false).await.unwrap(), window(&[6, 7]));
}

#[tokio::test]
async fn a_filtered_window_moves_no_mark() {
    let plain = query(SortOrder::Ascending);
    for query in [
        HistoryQuery { kind: Some(MessageKind::Text), ..plain },
        HistoryQuery { sender: Some(user_id(2)), ..plain },
        HistoryQuery { threads: Threads::Outside, ..plain },
    ] {
        let history = reading(query, &[6, 7], None);
        history.execute(caller(1), room_id(1), query, true).await.unwrap();
    }
}

/// A member reads the thread of message 3, which is `root`.
async fn read_thread(root: Option<Message>, window_of_it: Option<Window>) -> Result<Window> {
    let query = HistoryQuery { threads: Threads::Of(message_id(3)), ..query(SortOrder::Ascending) };
    let mut messages = MockMessageReader::new();
    let read = messages.expect_message().with(eq(room_id(1)), eq(message_id(3))).times(1);
    read.return_once(|_, _| Ok(root));
    if let Some(found) = window_of_it {
        messages.expect_window().with(eq(room_id(1)), eq(query)).times(1).return_once(|_, _| Ok(found));
    }
    of(member(), messages, marks(None)).execute(caller(1), room_id(1), query, true).await
}

#[tokio::test]
async fn the_thread_of_a_message_is_read_even_if_that_is_deleted_and_moves_no_mark() {
    for root in [message(2), tombstone(2)] {
        assert_eq!(read_thread(Some(root), Some(window(&[6, 7]))).await.unwrap(), window(&[6, 7]));
    }
}

#[tokio::test]
async fn the_thread_of_an_unknown_message_is_not_found() {
    assert_eq!(refusal(read_thread(None, None).await), Refusal::MessageNotFound);
}

#[tokio::test]
async fn an_empty_or_already_read_window_writes_nothing() {
    let query = query(SortOrder::Ascending);
    for found in [&[][..], &[3, 4, 5]] {
        let history = reading(query, found, None);
        history.execute(caller(1), room_id(1), query, true).await.unwrap();
    }
}

/// A member who has read five messages reads the newest ones and knows `known`; expects the mark to move to `marked`.
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
async fn a_changed_window_is_returned() {
    let query = query(SortOrder::Descending);
    for known in [None, Some(KNOWN)] {
        let found = NewestMessages { revision: Revision(12), window: window(&[7, 8]) };
        let history = rereading(known, Some(found), Some(8));
        let read = history.newest(caller(1), room_id(1), query, true, known).await.unwrap();
        assert_eq!(read, Some(NewestMessages { revision: Revision(12), window: window(&[8, 7]) }));
    }
}

#[tokio::test]
async fn an_unchanged_window_is_not_returned_but_still_marked_as_read() {
    let query = query(SortOrder::Ascending);
    let seen = KnownNewest { newest: Seq(5), ..KNOWN };
    for (known, mark_read, marked) in [(KNOWN, true, Some(6)), (KNOWN, false, None), (seen, true, None)] {
        let history = rereading(Some(known), None, marked);
        let read = history.newest(caller(1), room_id(1), query, mark_read, Some(known)).await.unwrap();
        assert_eq!(read, None);
    }
}

#[tokio::test]
async fn an_empty_room_has_no_newest_messages() {
    let history = rereading(None, None, None);
    let query = query(SortOrder::Ascending);
    assert_eq!(history.newest(caller(1), room_id(1), query, true, None).await.unwrap(), None);
}

#[test]
fn a_query_with_a_position_or_a_filter_is_not_for_the_newest_messages() {
    let plain = query(SortOrder::Descending);
    assert!(plain.is_newest());
    for other in [
        HistoryQuery { anchor: Anchor::Before(Position::Seq(Seq(9))), ..plain },
        HistoryQuery { kind: Some(MessageKind::Text), ..plain },
        HistoryQuery { sender: Some(user_id(2)), ..plain },
        HistoryQuery { threads: Threads::Outside, ..plain },
    ] {
        assert!(!other.is_newest(), "{other:?}");
    }
}

/// Returns the refusal with and without known messages; reads no messages and moves no mark.
async fn refused(members: MockMemberReader, known: Option<KnownNewest>) -> Refusal {
    let history = of(members, MockMessageReader::new(), marks(None));
    let query = query(SortOrder::Ascending);
    match known {
        None => refusal(history.execute(caller(1), room_id(1), query, true).await),
        Some(_) => refusal(history.newest(caller(1), room_id(1), query, true, known).await),
    }
}

#[tokio::test]
async fn a_non_member_who_sees_the_room_is_rejected_as_such() {
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
        for members in members_of_invisible_rooms() {
            assert_eq!(refused(members, known).await, Refusal::RoomNotFound);
        }
    }
}
