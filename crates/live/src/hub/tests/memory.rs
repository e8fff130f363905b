//! The memory of a subscription, counted in bytes that are allocated.

use allocation_counter::measure;
use domain::sync::{Cursor, MovedSeats, Seat, SyncPage, Walk};
use tokio::runtime::Builder;

use super::*;
use crate::feed::Receiver;

/// The rooms of each user.
const ROOMS: u128 = 1_000;
/// The wire contract has 256 KiB. A connection takes a part of them, and an allocator rounds up.
const MOST: i64 = 208 * 1_024;

fn seen() -> Seen {
    Seen { epoch: 1, below: 1, except: vec![] }
}

/// The rooms of a user: users 1 and 2 are in the same ones, others in none of theirs.
fn seats(user: UserId) -> Vec<Seat> {
    let first = user.0.as_u128() / 3 * ROOMS;
    let ids = (first..first + ROOMS).map(|n| RoomId(Uuid::from_u128(n)));
    ids.map(|room| Seat { room, revision: Revision(7), last_read_seq: Seq(3) }).collect()
}

fn hub() -> Arc<Hub> {
    let mut changes = MockChangeReader::new();
    changes.expect_changed_rooms().returning(|_| Ok(vec![]));
    let mut presence = MockPresence::new();
    presence.expect_renew().returning(Vec::new);
    let mut sync = MockSyncReader::new();
    let moved = || MovedSeats { now: seen(), memberships: vec![], invitations: vec![] };
    sync.expect_moved_seats().returning(move |_, _| Ok(moved()));
    sync.expect_seats().returning(|user| Ok(seats(user)));
    Hub::start(
        Arc::new(changes),
        (Arc::new(sync), Arc::new(MockCursorSeal::new())),
        Arc::new(presence),
        Arc::new(MockEventBus::new()),
        Arc::new(MockClock::new()),
        Arc::new(MockIdSource::new()),
    )
}

/// Subscribes a connection to all rooms of a user, of which none changed since its cursor.
async fn subscribe(hub: &Hub, of: u128, connection: u128) {
    let (user, connection) = (user(of), Uuid::from_u128(connection));
    let attached = hub.attach(&user, connection, Receiver::Stream(Outbox::new())).await.unwrap();
    let cursor = Cursor { walk: Walk::Changed { since: seen(), place: None }, invitations: 0 };
    let page = SyncPage {
        rooms: vec![],
        left: vec![],
        invitations: vec![],
        has_more: false,
        cursor,
        has_news: false,
    };
    hub.settle(attached, connection, &page, &|_| false);
}

#[test]
fn a_subscription_of_a_user_with_a_thousand_rooms_takes_less_than_256_kib() {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let _within = runtime.enter();
    let hub = hub();
    let takes = |of, connection| measure(|| runtime.block_on(subscribe(&hub, of, connection))).bytes_current;
    let at_most = |most: i64, bytes: i64, of| assert!(bytes <= most, "{of} takes {bytes} bytes");
    at_most(MOST, takes(1, 10), "the first user");
    at_most(MOST / 2, takes(2, 20), "another member of the same rooms");
    at_most(MOST, takes(3, 30), "a member of other rooms");
    at_most(4_096, takes(1, 11), "another connection of the first user");
    let before = lock(&hub.rooms).len();
    let freed = measure(|| {
        for (of, connection) in [(1, 10), (1, 11), (2, 20)] {
            hub.detach(user(of).id, Uuid::from_u128(connection));
        }
    });
    assert!(freed.bytes_current < -MOST / 2, "{} bytes are given back", -freed.bytes_current);
    assert_eq!((before, lock(&hub.rooms).len()), (2_000, 1_000), "rooms without subscribers are forgotten");
}
