//! Searches in messages.

use contract::store::everything::Filled;
use domain::message::TimelinePosition;
use domain::search::{CandidateQuery, SearchIndexer, SearchQuery, SearchReader};
use domain::{MessageId, UserId};

use crate::planner::Planner;
use crate::{at, id};

/// Of each stretch the page of a word is found, or the messages of a sender; messages by their numbers.
pub(crate) async fn run(plans: &mut Planner, Filled { room, admin, .. }: Filled) {
    let store = plans.store.clone();
    let by_word = "w USING PRIMARY KEY (room_id=? AND start=? AND word<?";
    let by_beginning = "w USING PRIMARY KEY (room_id=? AND start=? AND word>? AND word<?";
    let pending = "SEARCH s USING INDEX messages_by_seq (room_id=? AND seq>?)";
    while plans.record(store.index_room(None, 1_000)).await.0.is_some() {}
    let (some, time) = (TimelinePosition::Message(at(9), MessageId(id(1))), TimelinePosition::Time(at(9)));
    for (text, index) in
        [("message", by_word), ("mess*", by_beginning), ("message 7", by_word), ("message 1*", by_beginning)]
    {
        for before in [None, Some(some), Some(time)] {
            for room in [None, Some(room)] {
                for sender in [None, Some(UserId(id(2)))] {
                    let keys = SearchQuery::parse(text).unwrap().keys();
                    let query = CandidateQuery { keys, room, sender, before, limit: 20 };
                    let (found, plan) = plans.record(store.candidates(admin, query)).await;
                    assert!(plan.contains(pending), "{plan}");
                    if before.is_none() {
                        assert!(!found.is_empty(), "{text}");
                        assert!(plan.contains(&format!("SEARCH {index}")), "{text} is planned so:\n{plan}");
                        assert!(plan.contains("SEARCH messages USING INDEX messages_by_seq "), "{plan}");
                    }
                }
            }
        }
    }
    plans.record(store.index_edits(100)).await;
}
