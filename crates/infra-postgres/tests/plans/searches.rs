//! Searches in messages.

use domain::MessageId;
use domain::message::TimelinePosition;
use domain::search::{CandidateQuery, SearchIndexer, SearchQuery, SearchReader};

use crate::{LIST, Recorder, id, moment, room, user};

/// The most rows for a user in many rooms: of each room a page of words and a message are read, and the place of a time is found
/// by ten lookups.
const ROOMS: u64 = 10 * LIST;

/// User 1 is in 600 rooms, of which 60 have pending messages, and user 500 in room 1 alone, whose half a million messages are 488
/// blocks and a few smaller stretches. Each message has the word "message", three have "needle", and none has "nowhere".
pub(crate) async fn run(plans: &mut Recorder) {
    let store = plans.store.clone();
    let before = TimelinePosition::Message(moment(500_000), MessageId(id(500_000)));
    for (member, text, most) in [
        (1, "message", ROOMS),
        (1, "needle", ROOMS),
        (1, "nowhere", ROOMS),
        (1, "message needle", ROOMS),
        (500, "message", LIST),
        (500, "mess*", LIST),
        (500, "needle message*", LIST),
        (500, "nowhere", LIST),
    ] {
        for before in [None, Some(before)] {
            for room in [None, Some(room(1))] {
                let keys = SearchQuery::parse(text).unwrap().keys();
                let query = CandidateQuery { keys, room, sender: None, before, limit: 21 };
                let name = format!("search {query:?} of {member}");
                let found = plans.record(name, most, store.candidates(user(member), query)).await;
                assert_eq!(found.is_empty(), text == "nowhere", "{text} {before:?}");
            }
        }
    }
    let keys = SearchQuery::parse("message").unwrap().keys();
    let query = CandidateQuery { keys, room: Some(room(1)), sender: Some(user(7)), before: None, limit: 21 };
    let found = plans.record("search of a sender", LIST, store.candidates(user(1), query)).await;
    assert_eq!(found.len(), 21);
    plans.record("a room to index", LIST, store.index_room(None, 100)).await;
    plans.record("edits to index", LIST, store.index_edits(100)).await;
}
