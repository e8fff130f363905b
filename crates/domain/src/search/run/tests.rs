//! The calls that a search makes.

use mockall::Sequence;
use mockall::predicate::eq;

use super::*;
use crate::account::Identity;
use crate::membership::{MockMemberReader, Role, Standing};
use crate::message::{MessageState, MockMessageReader};
use crate::room::Visibility;
use crate::search::MockSearchReader;
use crate::testing::{
    at, caller, members, members_of_invisible_rooms, message, message_id, refusal, room_id, tombstone,
    user_id,
};
use crate::{Refusal, Timestamp};

fn command() -> SearchCommand {
    let query = SearchQuery::parse("hello").unwrap();
    SearchCommand { query, room: None, sender: None, before: None, limit: 2 }
}

/// A message with that text and id, sent at that time.
fn saying(text: &str, number: u128, sent: Timestamp) -> Message {
    let body = Body::Text(Content::parse(text).unwrap());
    Message { id: message_id(number), created_at: sent, state: MessageState::Live(body), ..message(2) }
}

/// Expects each read at such a place, with such a limit, which finds these messages.
fn reading(reads: Vec<(Option<TimelinePosition>, u32, Vec<Message>)>) -> MockSearchReader {
    let mut search = MockSearchReader::new();
    let mut order = Sequence::new();
    for (before, limit, found) in reads {
        let keys = command().query.keys();
        let query = CandidateQuery { keys, room: None, sender: None, before, limit };
        let read =
            search.expect_candidates().with(eq(user_id(1)), eq(query)).times(1).in_sequence(&mut order);
        read.return_once(|_, _| Ok(found));
    }
    search
}

async fn run(search: MockSearchReader, command: SearchCommand) -> Result<Window> {
    run_with(search, MockMessageReader::new(), command).await
}

async fn run_with(
    search: MockSearchReader,
    messages: MockMessageReader,
    command: SearchCommand,
) -> Result<Window> {
    let members = Arc::new(MockMemberReader::new());
    execute(
        caller(1),
        SearchMessages { members, messages: Arc::new(messages), search: Arc::new(search) },
        command,
    )
    .await
}

async fn execute(caller: Identity, search: SearchMessages, command: SearchCommand) -> Result<Window> {
    search.execute(caller, command).await
}

#[tokio::test]
async fn one_message_more_than_asked_for_says_that_there_is_more() {
    let [a, b, c] = [9, 8, 7].map(|n| saying("hello", n, at(5)));
    let window = run(reading(vec![(None, 3, vec![a.clone(), b.clone(), c])]), command()).await.unwrap();
    assert_eq!(window, Window { messages: vec![a.clone(), b.clone()], has_more: true });
    let window = run(reading(vec![(None, 3, vec![a.clone(), b.clone()])]), command()).await.unwrap();
    assert_eq!(window, Window { messages: vec![a, b], has_more: false });
}

#[tokio::test]
async fn candidates_that_do_not_match_now_are_left_out_and_more_are_read() {
    let found = saying("Hello!", 9, at(7));
    let others =
        vec![found.clone(), saying("goodbye", 8, at(6)), Message { created_at: at(5), ..tombstone(2) }];
    let last = &others[2];
    let before = Some(TimelinePosition::Message(last.created_at, last.id));
    let older = saying("hello", 3, at(3));
    let search = reading(vec![(None, 3, others), (before, 12, vec![older.clone()])]);
    let window = run(search, command()).await.unwrap();
    assert_eq!(window, Window { messages: vec![found, older], has_more: false });
}

#[tokio::test]
async fn a_message_that_the_caller_may_read_is_a_place() {
    let mut messages = MockMessageReader::new();
    let sent = messages.expect_sent_at().with(eq(message_id(7)), eq(user_id(1))).times(1);
    sent.return_once(|_, _| Ok(Some(at(3))));
    let search = reading(vec![(Some(TimelinePosition::Message(at(3), message_id(7))), 3, vec![])]);
    let before = Some(Place::Message(message_id(7)));
    run_with(search, messages, SearchCommand { before, ..command() }).await.unwrap();
}

#[tokio::test]
async fn a_message_that_the_caller_may_not_read_is_not_found() {
    let mut messages = MockMessageReader::new();
    messages.expect_sent_at().times(1).return_once(|_, _| Ok(None));
    let before = Some(Place::Message(message_id(7)));
    let found = run_with(MockSearchReader::new(), messages, SearchCommand { before, ..command() }).await;
    assert_eq!(refusal(found), Refusal::MessageNotReadable);
}

async fn run_in_room(members: MockMemberReader, search: MockSearchReader) -> Result<Window> {
    let messages = Arc::new(MockMessageReader::new());
    let search = SearchMessages { members: Arc::new(members), messages, search: Arc::new(search) };
    execute(
        caller(1),
        search,
        SearchCommand { room: Some(room_id(1)), sender: Some(user_id(3)), ..command() },
    )
    .await
}

#[tokio::test]
async fn a_room_and_a_sender_narrow_the_search() {
    let mut search = MockSearchReader::new();
    let narrowed =
        |query: &CandidateQuery| query.room == Some(room_id(1)) && query.sender == Some(user_id(3));
    let read = search.expect_candidates().withf(move |_, query| narrowed(query)).times(1);
    read.return_once(|_, _| Ok(vec![]));
    let members = members(Visibility::Public, Standing::Member(Role::Member));
    assert_eq!(run_in_room(members, search).await.unwrap(), Window::default());
}

#[tokio::test]
async fn a_room_is_refused_as_in_every_call_on_it() {
    let stranger = members(Visibility::Public, Standing::Stranger);
    let refused = run_in_room(stranger, MockSearchReader::new()).await;
    assert_eq!(refusal(refused), Refusal::NotAMember);
    for members in members_of_invisible_rooms() {
        let refused = run_in_room(members, MockSearchReader::new()).await;
        assert_eq!(refusal(refused), Refusal::RoomNotFound);
    }
}
