//! Laws of lists of rooms by activity.

use domain::message::NewMessage;
use domain::room::{Revision, Room, RoomLog, RoomQuery, RoomReader, RoomSort};
use domain::{RoomId, SortOrder};

use crate::store::AnyStore;
use crate::store::fixtures::{self, at, new_message, pages, private, public, send, users};

/// On deep pages too, and where some of the rooms had their newest messages within a second.
pub async fn rooms_come_in_the_order_of_their_newest_messages(store: impl AnyStore) {
    assert_order(store, 20_000).await;
}

/// As after an import that gave them all one time.
pub async fn rooms_whose_newest_messages_are_of_one_second_come_in_their_order(store: impl AnyStore) {
    assert_order(store, 1).await;
}

/// Stores rooms with logs so many microseconds apart, and sends a few messages within some seconds.
async fn assert_order(store: impl AnyStore, apart: i64) {
    let [alice] = users(&store).await;
    let room = |n: u32| {
        let last_message_at = Some(at(i64::from(n) * apart));
        let log = RoomLog { last_message_at, revision: Revision(1), ..RoomLog::default() };
        Room { log, ..if n.is_multiple_of(50) { private(n, &alice) } else { public(n, &alice) } }
    };
    let rooms: Vec<Room> = (1..=200).map(room).collect();
    let mut wanted: Vec<RoomId> = rooms.iter().map(|room| room.id).collect();
    fixtures::open_all(&store, rooms).await;
    for (n, place) in (1..).zip([10, 20, 198, 198, 198, 30, 198, 198, 198, 40]) {
        let room = wanted.remove(place);
        wanted.push(room);
        let new = new_message(n, room, alice.id, "hello");
        send(&store, NewMessage { at: at(201 * apart + i64::from(n) * 150_000), ..new }).await;
    }
    for order in [SortOrder::Descending, SortOrder::Ascending] {
        wanted.reverse();
        let query = RoomQuery { sort: RoomSort::LastMessageAt, order, ..RoomQuery::default() };
        for limit in [7, 40] {
            let read = pages(limit, async |page| {
                RoomReader::list(&store, query.clone(), page, Some(alice.id)).await
            });
            let read: Vec<RoomId> = read.await.into_iter().map(|view| view.room.id).collect();
            assert_eq!(read, wanted, "{order:?} by {limit}");
        }
    }
}
