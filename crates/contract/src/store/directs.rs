//! Laws of direct rooms.

use domain::account::UserRef;
use domain::direct::DirectKey;
use domain::membership::{Membership, MyMembership, Role};
use domain::room::{Access, PrivateKind, Revision, Room, RoomQuery, RoomView};
use futures_util::future::join_all;

use crate::store::AnyStore;
use crate::store::fixtures::{self, FIRST, at, delete_room, list_rooms, private, users};

/// The direct `Room <n>` of these users, the first its creator; not stored yet.
fn direct(n: u32, participants: &[UserRef]) -> (Room, Vec<Membership>, DirectKey) {
    let access = Access::Private(PrivateKind::Direct);
    let mut room = Room { access, member_count: 0, ..private(n, &participants[0]) };
    let mut memberships = vec![];
    for user in participants {
        room.member_count += 1;
        room.log.revision = Revision(room.member_count);
        memberships.push(Membership::starting(&room, user.id, Role::Member, at(4), room.log.revision));
    }
    (room, memberships, DirectKey::of(participants))
}

/// Stores the direct `Room <n>` of these users; returns `None` where they have one.
pub(crate) async fn open(store: &impl AnyStore, n: u32, participants: &[UserRef]) -> Option<Room> {
    let (room, memberships, key) = direct(n, participants);
    let mut work = store.begin().await.unwrap();
    if !work.insert_direct(room.clone(), key).await.unwrap() {
        return None;
    }
    work.insert_memberships(memberships).await.unwrap();
    work.commit().await.unwrap();
    Some(room)
}

/// To every reader and to units of work.
pub async fn a_direct_room_is_found_by_its_participants(store: impl AnyStore) {
    let [alice, bob, carol] = users(&store).await;
    let pair = [bob.clone(), alice.clone()];
    let room = open(&store, 1, &pair).await.unwrap();
    let (_, memberships, key) = direct(1, &pair);
    for (user, mine) in [(&bob, Some(&memberships[0])), (&alice, Some(&memberships[1])), (&carol, None)] {
        let view = RoomView { room: room.clone(), mine: mine.map(MyMembership::read_up), invited: false };
        assert_eq!(store.direct(key, user.id).await.unwrap(), Some(view.clone()));
        assert_eq!(fixtures::room(&store, room.id, user).await, Some(view.clone()));
        let standing = store.standing(room.id, user.id).await.unwrap().unwrap();
        assert!(standing.direct);
        let listed = list_rooms(&store, RoomQuery::default(), FIRST, Some(user)).await;
        assert_eq!(listed, mine.map(|_| view).into_iter().collect::<Vec<_>>());
    }
    let mut work = store.begin().await.unwrap();
    assert_eq!(work.lock_room(room.id).await.unwrap(), Some(room.clone()));
    work.save_room(Room { updated_at: at(9), ..room.clone() }).await.unwrap();
    work.commit().await.unwrap();
    let after = store.direct(key, bob.id).await.unwrap().unwrap().room;
    assert_eq!(after, Room { updated_at: at(9), ..room });
    for others in [&[alice.clone(), carol.clone()][..], &[alice, bob.clone(), carol]] {
        assert_eq!(store.direct(DirectKey::of(others), bob.id).await.unwrap(), None);
    }
}

/// Another set of people, or a deleted room, is no obstacle.
pub async fn of_the_same_people_there_is_one_direct_room(store: impl AnyStore) {
    let [alice, bob, carol] = users(&store).await;
    let (pair, reversed) = ([alice.clone(), bob.clone()], [bob.clone(), alice.clone()]);
    let room = open(&store, 1, &pair).await.unwrap();
    assert_eq!(open(&store, 2, &pair).await, None);
    assert_eq!(open(&store, 2, &reversed).await, None);
    assert!(open(&store, 3, &[alice.clone(), carol.clone()]).await.is_some());
    assert!(open(&store, 4, &[alice.clone(), bob.clone(), carol]).await.is_some());
    let mut work = store.begin().await.unwrap();
    assert!(work.insert_direct(direct(5, &[alice]).0, DirectKey([7; 32])).await.unwrap());
    drop(work);
    delete_room(&store, room.id, at(50)).await;
    assert_eq!(store.direct(DirectKey::of(&pair), bob.id).await.unwrap(), None);
    assert!(open(&store, 6, &reversed).await.is_some());
}

/// The others wait for it, and store nothing.
pub async fn of_concurrent_units_one_stores_the_direct_room(store: impl AnyStore) {
    let [alice, bob, carol, dave] = users(&store).await;
    let pairs = [[alice.clone(), bob.clone()], [bob, alice.clone()], [carol, dave]];
    let stored = join_all((1..=8).map(|n| open(&store, n, &pairs[usize::try_from(n).unwrap() % 2]))).await;
    let stored: Vec<Room> = stored.into_iter().flatten().collect();
    assert_eq!(stored.len(), 1);
    let found = store.direct(DirectKey::of(&pairs[0]), alice.id).await.unwrap().unwrap();
    assert_eq!(found.room, stored[0]);
    assert!(open(&store, 9, &pairs[2]).await.is_some());
}

/// No participant comes nearer to the quota of memberships, and their creator to that of rooms.
pub async fn direct_rooms_count_for_their_creators_quota_of_rooms_only(store: impl AnyStore) {
    let [alice, bob, carol] = users(&store).await;
    open(&store, 1, &[alice.clone(), bob.clone()]).await.unwrap();
    open(&store, 2, &[alice.clone(), carol.clone()]).await.unwrap();
    fixtures::open(&store, private(3, &alice)).await;
    let mut work = store.begin().await.unwrap();
    assert_eq!(work.room_count(alice.id, 9).await.unwrap(), 3);
    assert_eq!(work.room_count(bob.id, 9).await.unwrap(), 0);
    for (user, most, reached) in [(&alice, 1, true), (&alice, 2, false), (&bob, 1, false)] {
        let count = work.most_memberships(vec![user.id], most).await.unwrap();
        assert_eq!(count == most, reached, "{user:?} up to {most}: {count}");
    }
}

/// Ids without an account are omitted.
pub async fn ids_find_their_users(store: impl AnyStore) {
    let [alice, bob, _carol] = users(&store).await;
    let mut found = store.with_ids(vec![bob.id, fixtures::user(9).id, alice.id]).await.unwrap();
    found.sort_by_key(|user| user.username.key());
    assert_eq!(found, [alice, bob]);
    assert_eq!(store.with_ids(vec![]).await.unwrap(), []);
}
