//! Lists of rooms: each sort and order, page and filter, for anybody and for somebody.

use domain::room::{RoomQuery, RoomReader, RoomSort, Search, Visibility};
use domain::{PageRequest, SortOrder};

use crate::{Asked, FEW, LIST, room, user};

/// What one may look for: all rooms, five; and what has too few letters for the index of trigrams.
const SEARCHES: [Option<&str>; 4] = [None, Some("room"), Some("needle"), Some("a")];
/// User 2 has read nothing of a room with so many tombstones. An unread count passes over each of them (and over
/// nothing else), so this is what it may read.
const TOMBSTONES: u64 = 6_000;

pub(crate) async fn ask(asked: &mut Asked) {
    let sorts = [RoomSort::CreatedAt, RoomSort::Name, RoomSort::MemberCount, RoomSort::LastMessageAt];
    for sort in sorts {
        for order in [SortOrder::Ascending, SortOrder::Descending] {
            for visibility in [None, Some(Visibility::Public), Some(Visibility::Private)] {
                for joined in [None, Some(true), Some(false)] {
                    for search in SEARCHES {
                        let search = search.map(|text| Search::parse(text).unwrap());
                        list(asked, RoomQuery { search, visibility, joined, sort, order }).await;
                    }
                }
            }
        }
    }
    let store = asked.store.clone();
    let mut totals = Vec::new();
    for joined in [None, Some(true), Some(false)] {
        let query = RoomQuery { visibility: Some(Visibility::Public), joined, ..RoomQuery::default() };
        let page = PageRequest { page: 1, limit: 1 };
        totals.push(asked.ask("total", LIST, store.list(query, page, Some(user(1)))).await.total);
    }
    assert_eq!(totals[0], totals[1] + totals[2], "a public room is joined or not");
    for (name, caller, most) in [
        ("one room, anonymous", None, FEW),
        ("one room, stranger", Some(user(15_000)), FEW),
        ("one room, nearly all read", Some(user(1)), FEW),
        ("one room, nothing read", Some(user(2)), TOMBSTONES),
    ] {
        let found = asked.ask(name, most, store.room(room(1), caller)).await;
        assert_eq!(found.unwrap().room.member_count, 1_000);
    }
}

async fn list(asked: &mut Asked, query: RoomQuery) {
    let store = asked.store.clone();
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
            asked.ask(name, LIST, store.list(query.clone(), request, caller.map(user))).await;
        }
    }
}
