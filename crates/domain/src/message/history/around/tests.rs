//! Tests of reading around a place, on a room of ten messages whose times are their numbers in microseconds.

use std::sync::Arc;

use mockall::predicate::eq;

use super::*;
use crate::membership::{MockMemberReader, Role, Standing};
use crate::message::{MockMessageReader, PublishedMarks, Window};
use crate::room::Visibility;
use crate::testing::{
    caller, marks, members, members_of_invisible_rooms, message, message_id, refusal, room_id,
};
use crate::{Refusal, Timestamp};

const NEWEST: i64 = 10;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_unix_micros(micros).unwrap()
}

fn numbered(seq: i64) -> Message {
    Message { seq: Seq(seq), created_at: at(seq), ..message(2) }
}

/// Answers a query as a store does that has the messages 1 to 10.
fn stored(query: &HistoryQuery) -> Window {
    let number = |position| match position {
        Position::Seq(seq) => seq.0,
        Position::Time(time) => (0..=NEWEST).find(|&seq| at(seq) >= time).unwrap_or(NEWEST + 1),
    };
    let all = 1..=NEWEST;
    let mut matching: Vec<i64> = match query.anchor {
        Anchor::Newest => all.rev().collect(),
        Anchor::Before(edge) => all.rev().filter(|&seq| seq < number(edge)).collect(),
        Anchor::After(Position::Seq(edge)) => all.filter(|&seq| seq > edge.0).collect(),
        Anchor::After(Position::Time(edge)) => all.filter(|&seq| at(seq) > edge).collect(),
    };
    let has_more = matching.len() > query.limit as usize;
    matching.truncate(query.limit as usize);
    matching.sort_unstable();
    Window { messages: matching.into_iter().map(numbered).collect(), has_more }
}

fn reader() -> MockMessageReader {
    let mut messages = MockMessageReader::new();
    messages
        .expect_window()
        .withf(|room, query| *room == room_id(1) && query.kind.is_none() && query.sender.is_none())
        .times(2..=3)
        .returning(|_, query| Ok(stored(&query)));
    messages
}

fn history(messages: MockMessageReader, marks: PublishedMarks) -> ReadHistory {
    let members = members(Visibility::Private, Standing::Member(Role::Member));
    ReadHistory { members: Arc::new(members), messages: Arc::new(messages), marks }
}

/// Returns the numbers of the messages around the place, and whether there are more on either side.
async fn around(place: Place, limit: u32) -> (Vec<i64>, bool, bool) {
    let query = Around { place, limit, order: SortOrder::Ascending };
    let history = history(reader(), marks(None));
    let found = history.around(caller(1), room_id(1), query, false).await.unwrap();
    let numbers = found.messages.iter().map(|message| message.seq.0).collect();
    (numbers, found.more_before, found.more_after)
}

fn seq(seq: i64) -> Place {
    Place::At(Position::Seq(Seq(seq)))
}

#[tokio::test]
async fn half_of_the_messages_are_older_and_odd_limits_round_down() {
    for (limit, expected) in
        [(1, vec![5]), (2, vec![4, 5]), (3, vec![4, 5, 6]), (4, vec![3, 4, 5, 6]), (5, vec![3, 4, 5, 6, 7])]
    {
        assert_eq!(around(seq(5), limit).await, (expected, true, true), "{limit}");
    }
}

#[tokio::test]
async fn newer_messages_fill_up_where_older_ones_are_few_and_never_the_other_way_round() {
    assert_eq!(around(seq(2), 6).await, (vec![1, 2, 3, 4, 5, 6], false, true));
    assert_eq!(around(seq(1), 4).await, (vec![1, 2, 3, 4], false, true));
    assert_eq!(around(seq(9), 6).await, (vec![6, 7, 8, 9, 10], true, false));
    assert_eq!(around(seq(10), 4).await, (vec![8, 9, 10], true, false));
    assert_eq!(around(seq(5), 100).await, ((1..=10).collect(), false, false));
}

#[tokio::test]
async fn a_time_stands_for_the_first_message_at_or_after_it_and_else_for_the_newest() {
    let time = |micros| Place::At(Position::Time(at(micros)));
    assert_eq!(around(time(5), 2).await, (vec![4, 5], true, true));
    assert_eq!(around(time(-7), 2).await, (vec![1, 2], false, true));
    assert_eq!(around(time(11), 3).await, (vec![9, 10], true, false));
    assert_eq!(around(seq(99), 1).await, (vec![10], true, false));
}

#[tokio::test]
async fn the_order_is_the_requested_one_and_the_mark_moves_to_the_newest() {
    let query = Around { place: seq(7), limit: 3, order: SortOrder::Descending };
    let found = history(reader(), marks(Some(8))).around(caller(1), room_id(1), query, true).await.unwrap();
    assert_eq!(found.messages, [8, 7, 6].map(numbered));
}

#[tokio::test]
async fn a_message_is_a_place_where_the_room_has_it() {
    let named = |found: Option<Message>, mut messages: MockMessageReader| {
        let read = messages.expect_message().with(eq(room_id(1)), eq(message_id(7))).times(1);
        read.return_once(|_, _| Ok(found));
        history(messages, marks(None))
    };
    let place = Place::Message(message_id(7));
    let query = Around { place, limit: 2, order: SortOrder::Ascending };
    let found = named(Some(numbered(3)), reader()).around(caller(1), room_id(1), query, false).await.unwrap();
    assert_eq!(found.messages, [2, 3].map(numbered));
    let missing = named(None, MockMessageReader::new()).around(caller(1), room_id(1), query, false).await;
    assert_eq!(refusal(missing), Refusal::MessageNotFound);

    let before = named(Some(numbered(3)), MockMessageReader::new());
    let anchor = before.anchor(&caller(1), room_id(1), Anchor::Before(place)).await.unwrap();
    assert_eq!(anchor, Anchor::Before(Position::Seq(Seq(3))));
    let after = named(None, MockMessageReader::new());
    let missing = after.anchor(&caller(1), room_id(1), Anchor::After(place)).await;
    assert_eq!(refusal(missing), Refusal::MessageNotFound);
}

#[tokio::test]
async fn those_who_may_not_read_the_room_do_not_learn_which_messages_it_has() {
    let refused = async |members: MockMemberReader| {
        let messages = Arc::new(MockMessageReader::new());
        let history = ReadHistory { members: Arc::new(members), messages, marks: marks(None) };
        let place = Place::Message(message_id(7));
        refusal(history.anchor(&caller(1), room_id(1), Anchor::Before(place)).await)
    };
    assert_eq!(refused(members(Visibility::Public, Standing::Stranger)).await, Refusal::NotAMember);
    for members in members_of_invisible_rooms() {
        assert_eq!(refused(members).await, Refusal::RoomNotFound);
    }
    let history = ReadHistory {
        members: Arc::new(members(Visibility::Public, Standing::Stranger)),
        messages: Arc::new(MockMessageReader::new()),
        marks: marks(None),
    };
    let query = Around { place: seq(1), limit: 1, order: SortOrder::Ascending };
    assert_eq!(refusal(history.around(caller(1), room_id(1), query, true).await), Refusal::NotAMember);
}
