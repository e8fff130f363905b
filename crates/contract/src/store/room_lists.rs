//! Laws of the lists of rooms.

use domain::account::UserRef;
use domain::membership::Role;
use domain::room::{Revision, Room, RoomLog, RoomName, RoomQuery, RoomReader, RoomSort, Search, Visibility};
use domain::{RoomId, SortOrder};
use futures_util::future::join_all;
use tokio::task::JoinSet;

use crate::store::AnyStore;
use crate::store::fixtures::{
    self, FIRST, at, invite, join, leave, list_rooms, pages, private, public, users,
};

/// Returns the ids of the listed rooms, sorted.
pub(super) async fn found(store: &impl AnyStore, query: RoomQuery, caller: Option<&UserRef>) -> Vec<RoomId> {
    let mut ids: Vec<RoomId> =
        list_rooms(store, query, FIRST, caller).await.iter().map(|view| view.room.id).collect();
    ids.sort();
    ids
}

/// Creates a dozen rooms of alice's with many equals in every order, a third of them without messages.
async fn a_dozen(store: &impl AnyStore) -> (UserRef, Vec<Room>) {
    let [alice] = users(store).await;
    let names = [
        "beta",
        "Alpha",
        "\u{c4}hnlich",
        "alpha",
        "Zulu",
        "\u{e4}hnlich",
        "10",
        "9",
        "Beta",
        "_x_",
        "a b",
        "ab c",
    ];
    let mut rooms = vec![];
    for (n, name) in (1..).zip(names) {
        let time = i64::from(n * 7 % 5);
        let last_message_at = (n % 3 != 0).then_some(at(100 + time));
        let room = Room {
            name: RoomName::stored(name.to_owned()),
            created_at: at(time),
            member_count: i64::from(n % 4),
            log: RoomLog { last_message_at, revision: Revision(1), ..RoomLog::default() },
            ..if n % 2 == 0 { public(n, &alice) } else { private(n, &alice) }
        };
        let updated_at = room.created_at;
        rooms.push(fixtures::open(store, Room { updated_at, ..room }).await);
    }
    (alice, rooms)
}

fn sorted(mut rooms: Vec<Room>, sort: RoomSort, order: SortOrder) -> Vec<Room> {
    let lower = |room: &Room| room.name.as_str().to_lowercase();
    match sort {
        RoomSort::CreatedAt => rooms.sort_by_key(|room| (room.created_at, room.id)),
        RoomSort::Name => rooms.sort_by_key(|room| (lower(room), room.id)),
        RoomSort::MemberCount => rooms.sort_by_key(|room| (room.member_count, room.id)),
        RoomSort::LastMessageAt => rooms.sort_by_key(|room| (room.log.last_message_at, room.id)),
    }
    if order == SortOrder::Descending {
        rooms.reverse();
    }
    if sort == RoomSort::LastMessageAt {
        // A stable sort: rooms without messages go to the end in their order.
        rooms.sort_by_key(|room| room.log.last_message_at.is_none());
    }
    rooms
}

/// The id decides between equals; rooms without messages come last in both directions.
pub async fn room_pages_concatenate_to_all_rooms_in_every_order(store: impl AnyStore) {
    let (alice, rooms) = a_dozen(&store).await;
    for sort in [RoomSort::CreatedAt, RoomSort::Name, RoomSort::MemberCount, RoomSort::LastMessageAt] {
        for order in [SortOrder::Ascending, SortOrder::Descending] {
            let query = RoomQuery { sort, order, ..RoomQuery::default() };
            let wanted = sorted(rooms.clone(), sort, order);
            for limit in [1, 5, 6, 12, 100] {
                let read = pages(limit, async |page| {
                    RoomReader::list(&store, query.clone(), page, Some(alice.id)).await
                });
                let read: Vec<Room> = read.await.into_iter().map(|view| view.room).collect();
                assert_eq!(read, wanted, "{sort:?} {order:?} by {limit}");
            }
        }
    }
}

pub(super) fn looking_for(search: &str) -> RoomQuery {
    RoomQuery { search: Some(Search::parse(search).unwrap()), ..RoomQuery::default() }
}

/// Not to invited users, nor to former members.
pub async fn private_rooms_are_listed_to_their_members_only(store: impl AnyStore) {
    let [alice, bob, carol, dave] = users(&store).await;
    let hidden = fixtures::open(&store, private(1, &alice)).await.id;
    let square = fixtures::open(&store, public(2, &alice)).await.id;
    join(&store, hidden, bob.id, Role::Member, at(2)).await;
    join(&store, hidden, dave.id, Role::Member, at(2)).await;
    leave(&store, hidden, dave.id).await;
    invite(&store, hidden, carol.id, alice.id, at(3)).await;
    for query in [RoomQuery::default(), looking_for("room")] {
        for member in [&alice, &bob] {
            assert_eq!(found(&store, query.clone(), Some(member)).await, [hidden, square]);
        }
        for other in [Some(&carol), Some(&dave), None] {
            assert_eq!(found(&store, query.clone(), other).await, [square]);
            let page =
                RoomReader::list(&store, query.clone(), FIRST, other.map(|user| user.id)).await.unwrap();
            assert_eq!(page.total, 1);
        }
    }
}

/// And to those who join it later, whether or not its memberships were marked by then; no others see it, and all once it is
/// public again.
pub async fn a_room_that_turns_private_is_listed_to_its_members_at_once(store: impl AnyStore) {
    let [alice, bob, carol, dave] = users(&store).await;
    let room = fixtures::open(&store, public(1, &alice)).await.id;
    join(&store, room, bob.id, Role::Member, at(2)).await;
    join(&store, room, dave.id, Role::Member, at(2)).await;
    leave(&store, room, dave.id).await;
    let listed_to = async |members: &[&UserRef], strangers: &[&UserRef]| {
        for query in [
            RoomQuery::default(),
            looking_for("room"),
            RoomQuery { visibility: Some(Visibility::Private), ..RoomQuery::default() },
        ] {
            for &member in members {
                assert_eq!(found(&store, query.clone(), Some(member)).await, [room], "{query:?}");
            }
            for &stranger in strangers {
                assert!(found(&store, query.clone(), Some(stranger)).await.is_empty(), "{query:?}");
            }
            assert!(found(&store, query, None).await.is_empty());
        }
    };
    let marked = async || store.sweep(at(0), 2).await.unwrap().marked;

    assert_eq!(marked().await, 0);
    fixtures::show(&store, room, false).await;
    listed_to(&[&alice, &bob], &[&carol, &dave]).await;
    // Three memberships, of which one has ended, in batches of two.
    assert_eq!(marked().await, 1);
    listed_to(&[&alice, &bob], &[&carol, &dave]).await;
    join(&store, room, carol.id, Role::Member, at(3)).await;
    listed_to(&[&alice, &bob, &carol], &[&dave]).await;
    while marked().await > 0 {}
    join(&store, room, dave.id, Role::Member, at(4)).await;
    listed_to(&[&alice, &bob, &carol, &dave], &[]).await;

    fixtures::show(&store, room, true).await;
    for swept in [false, true] {
        if swept {
            while marked().await > 0 {}
        }
        for caller in [Some(&alice), Some(&dave), None] {
            let page = RoomReader::list(&store, RoomQuery::default(), FIRST, caller.map(|user| user.id))
                .await
                .unwrap();
            assert_eq!((page.items.len(), page.total), (1, 1));
        }
    }
    leave(&store, room, bob.id).await;
    fixtures::show(&store, room, false).await;
    listed_to(&[&alice, &carol, &dave], &[&bob]).await;
}

/// As they see it alone.
pub async fn callers_who_list_at_the_same_time_see_their_own_rooms(store: impl AnyStore) {
    let [alice, bob, carol] = users(&store).await;
    let square = fixtures::open(&store, public(1, &alice)).await.id;
    fixtures::open(&store, public(2, &bob)).await;
    fixtures::open(&store, private(3, &carol)).await;
    join(&store, square, bob.id, Role::Member, at(2)).await;
    let callers = [None, Some(alice.id), Some(bob.id), Some(carol.id)];
    let public = RoomQuery { visibility: Some(Visibility::Public), ..RoomQuery::default() };
    for (query, carols) in [(RoomQuery::default(), 3), (looking_for("room"), 3), (public, 2)] {
        let list = |n: usize| RoomReader::list(&store, query.clone(), FIRST, callers[n % callers.len()]);
        let mut alone = vec![];
        for n in 0..callers.len() {
            alone.push(list(n).await.unwrap());
        }
        assert_eq!(alone.iter().map(|page| page.items.len()).collect::<Vec<_>>(), [2, 2, 2, carols]);
        let roles = |n: usize| alone[n].items.iter().filter(|view| view.mine.is_some()).count();
        assert_eq!([roles(0), roles(1), roles(2)], [0, 1, 2]);
        for (n, page) in join_all((0..40).map(list)).await.into_iter().enumerate() {
            assert_eq!(
                page.unwrap(),
                alone[n % callers.len()],
                "{query:?} for {:?}",
                callers[n % callers.len()]
            );
        }
    }
}

/// Each alone and both together.
pub async fn rooms_can_be_listed_by_visibility_and_by_membership(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let rooms = [private(1, &alice), public(2, &alice), public(3, &alice), private(4, &alice)];
    for room in &rooms {
        fixtures::open(&store, room.clone()).await;
    }
    let [mine, yours, theirs, _] = rooms.map(|room| room.id);
    join(&store, mine, bob.id, Role::Member, at(2)).await;
    join(&store, yours, bob.id, Role::Member, at(2)).await;
    // A user who left has not joined.
    join(&store, theirs, bob.id, Role::Member, at(2)).await;
    leave(&store, theirs, bob.id).await;
    let (public, private) = (Some(Visibility::Public), Some(Visibility::Private));
    for (visibility, joined, wanted) in [
        (None, None, vec![mine, yours, theirs]),
        (None, Some(true), vec![mine, yours]),
        (None, Some(false), vec![theirs]),
        (public, None, vec![yours, theirs]),
        (public, Some(true), vec![yours]),
        (public, Some(false), vec![theirs]),
        (private, None, vec![mine]),
        (private, Some(true), vec![mine]),
        (private, Some(false), vec![]),
    ] {
        let query = RoomQuery { visibility, joined, ..RoomQuery::default() };
        assert_eq!(found(&store, query.clone(), Some(&bob)).await, wanted, "{query:?}");
    }
    let apart = RoomQuery { joined: Some(false), ..RoomQuery::default() };
    assert_eq!(found(&store, apart, None).await, [yours, theirs]);
}

/// Rooms are created, deleted, hidden and shown at the same time.
pub async fn totals_are_exact_after_concurrent_changes(store: impl AnyStore) {
    let [alice] = users(&store).await;
    for n in 1..=9 {
        fixtures::open(&store, public(n, &alice)).await;
    }
    let mut changes = JoinSet::new();
    for n in 1..=9 {
        let (store, alice) = (store.clone(), alice.clone());
        changes.spawn(async move {
            let existing = public(n, &alice).id;
            match n % 3 {
                0 => fixtures::delete_room(&store, existing, at(50)).await,
                1 => fixtures::show(&store, existing, false).await,
                _ => {
                    fixtures::show(&store, existing, false).await;
                    fixtures::show(&store, existing, true).await;
                }
            }
            fixtures::open(&store, public(n + 100, &alice)).await;
        });
    }
    while let Some(done) = changes.join_next().await {
        done.unwrap();
    }
    let total = async |visibility, caller| {
        let query = RoomQuery { visibility, ..RoomQuery::default() };
        let page = RoomReader::list(&store, query, FIRST, caller).await.unwrap();
        assert_eq!(u64::try_from(page.items.len()).unwrap(), page.total);
        page.total
    };
    // Three of nine were deleted, three are private now.
    assert_eq!(total(None, None).await, 12);
    assert_eq!(total(Some(Visibility::Public), Some(alice.id)).await, 12);
    assert_eq!(total(None, Some(alice.id)).await, 15);
    assert_eq!(total(Some(Visibility::Private), Some(alice.id)).await, 3);
}

/// Deeper than what is read at once, in every order.
pub async fn deep_pages_concatenate_to_all_rooms(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let rooms: Vec<Room> = (1..=300)
        .map(|n| {
            let last_message_at = (n % 4 != 0).then_some(at((n * 7 % 100).into()));
            let log = RoomLog { last_message_at, revision: Revision(1), ..RoomLog::default() };
            Room { log, ..if n % 50 == 0 { private(n, &alice) } else { public(n, &alice) } }
        })
        .collect();
    fixtures::open_all(&store, rooms.clone()).await;
    let mut rooms: Vec<RoomId> = rooms.into_iter().map(|room| room.id).collect();
    rooms.sort();
    for sort in [RoomSort::CreatedAt, RoomSort::Name, RoomSort::MemberCount, RoomSort::LastMessageAt] {
        for order in [SortOrder::Ascending, SortOrder::Descending] {
            let query = RoomQuery { sort, order, ..RoomQuery::default() };
            let read =
                pages(40, async |page| RoomReader::list(&store, query.clone(), page, Some(alice.id)).await);
            let mut read: Vec<RoomId> = read.await.into_iter().map(|view| view.room.id).collect();
            read.sort();
            assert_eq!(read, rooms, "{sort:?} {order:?}");
        }
    }
}
