//! Lists of rooms: each sort, order, page and filter, anonymous and signed in.

use domain::direct::DirectKey;
use domain::room::{RoomQuery, RoomReader, RoomSort, Search, Visibility};
use domain::{PageRequest, SortOrder};

use crate::{FEW, LIST, Recorder, room, user};

/// Searches that match all rooms, five rooms, and one with too few letters for the index of trigrams.
const SEARCHES: [Option<&str>; 4] = [None, Some("room"), Some("needle"), Some("a")];
/// The tombstones of a room of which user 2 has read nothing. An unread count reads each of them, and no other row.
const TOMBSTONES: u64 = 6_000;

pub(crate) async fn run(plans: &mut Recorder) {
    let sorts = [RoomSort::CreatedAt, RoomSort::Name, RoomSort::MemberCount, RoomSort::LastMessageAt];
    for sort in sorts {
        for order in [SortOrder::Ascending, SortOrder::Descending] {
            for visibility in [None, Some(Visibility::Public), Some(Visibility::Private)] {
                for joined in [None, Some(true), Some(false)] {
                    for search in SEARCHES {
                        let search = search.map(|text| Search::parse(text).unwrap());
                        list(plans, RoomQuery { search, visibility, joined, sort, order }).await;
                    }
                }
            }
        }
    }
    let store = plans.store.clone();
    let mut totals = Vec::new();
    for joined in [None, Some(true), Some(false)] {
        let query = RoomQuery { visibility: Some(Visibility::Public), joined, ..RoomQuery::default() };
        let page = PageRequest { page: 1, limit: 1 };
        totals.push(plans.record("total", LIST, store.list(query, page, Some(user(1)))).await.total);
    }
    assert_eq!(totals[0], totals[1] + totals[2], "a public room is joined or not");
    for (name, caller, most) in [
        ("one room, anonymous", None, FEW),
        ("one room, stranger", Some(user(15_000)), FEW),
        ("one room, nearly all read", Some(user(1)), FEW),
        ("one room, nothing read", Some(user(2)), TOMBSTONES),
    ] {
        let found = plans.record(name, most, store.room(room(1), caller)).await;
        assert_eq!(found.unwrap().room.member_count, 1_000);
    }
    Box::pin(direct(plans)).await;
}

async fn direct(plans: &mut Recorder) {
    let store = plans.store.clone();
    for (name, last, caller, found) in [
        ("direct room of a participant", 8, 1, true),
        ("direct room of others", 8, 15_000, true),
        ("direct room that is missing", 9, 1, false),
    ] {
        let mut key = DirectKey([0; 32]);
        key.0[31] = last;
        let read = plans.record(name, FEW, store.direct(key, user(caller))).await;
        assert_eq!(read.is_some_and(|view| view.room.is_direct()), found, "{name}");
    }
}

async fn list(plans: &mut Recorder, query: RoomQuery) {
    let store = plans.store.clone();
    for caller in [None, Some(1)] {
        for page in [1, 7] {
            let name = format!(
                "rooms by {:?} {:?} visibility {:?} joined {:?} search {:?} caller {caller:?} page {page}",
                query.sort,
                query.order,
                query.visibility,
                query.joined,
                query.search.as_ref().map(Search::as_str),
            );
            let request = PageRequest { page, limit: 100 };
            plans.record(name, LIST, store.list(query.clone(), request, caller.map(user))).await;
        }
    }
    if query.joined.is_none() && query.order == SortOrder::Descending {
        let name =
            format!("rooms by {:?} for several, {:?} {:?}", query.sort, query.visibility, query.search);
        // The first reads alone, the others share the next read.
        let request = PageRequest { page: 1, limit: 100 };
        let list = |n| store.list(query.clone(), request, Some(user(n)));
        let listed = async {
            let (first, second, third) = tokio::join!(list(13), list(13), list(15_000));
            first.and(second).and(third)
        };
        plans.record(name, LIST, listed).await;
    }
}
