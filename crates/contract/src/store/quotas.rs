//! Laws of counting what is owned.

use std::sync::Arc;

use domain::UserId;
use domain::membership::{Membership, Role};
use domain::store::Store;
use futures_util::future::join_all;
use tokio::sync::Barrier;

use crate::store::AnyStore;
use crate::store::fixtures::{
    self, at, delete_room, invite, join, leave, lock, private, public, user, users,
};

/// Deleted rooms and those of others do not count, and nothing is counted beyond the quota.
pub async fn a_creators_existing_rooms_are_counted_up_to_the_quota(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    for n in 1..=4 {
        fixtures::open(&store, public(n, &alice)).await;
    }
    fixtures::open(&store, private(5, &bob)).await;
    delete_room(&store, public(2, &alice).id, at(50)).await;
    let mut work = store.begin().await.unwrap();
    for (most, count) in [(1, 1), (3, 3), (9, 3), (0, 0)] {
        assert_eq!(work.room_count(alice.id, most).await.unwrap(), count, "of at most {most}");
    }
    assert_eq!(work.room_count(bob.id, 9).await.unwrap(), 1);
    assert_eq!(work.room_count(user(9).id, 9).await.unwrap(), 0);
}

/// Ended memberships and those of deleted rooms do not bring a user to the quota, whether or not the rows were swept.
pub async fn the_present_memberships_of_the_busiest_user_are_counted(store: impl AnyStore) {
    let [alice, bob, carol] = users(&store).await;
    for n in 1..=5 {
        let room = fixtures::open(&store, public(n, &alice)).await;
        join(&store, room.id, bob.id, Role::Member, at(10)).await;
    }
    leave(&store, public(1, &alice).id, bob.id).await;
    delete_room(&store, public(2, &alice).id, at(50)).await;
    let mut work = store.begin().await.unwrap();
    let (both, reversed) = (vec![alice.id, bob.id], vec![bob.id, alice.id]);
    for (who, most, reached) in [
        (vec![alice.id], 9, false),
        (vec![alice.id], 5, false),
        (vec![alice.id], 4, true),
        (vec![bob.id], 4, false),
        (vec![bob.id], 3, true),
        (vec![carol.id], 1, false),
        (both.clone(), 5, false),
        (both, 4, true),
        (reversed, 4, true),
        (vec![bob.id, carol.id], 2, true),
        (vec![], 1, false),
    ] {
        let count = work.most_memberships(who.clone(), most).await.unwrap();
        assert_eq!(count == most, reached, "{who:?} up to {most}: {count}");
        assert!(count <= most, "{who:?} up to {most}: {count}");
    }
    assert_eq!(work.most_memberships(vec![carol.id], 9).await.unwrap(), 0);
}

/// Of that room only.
pub async fn the_open_invitations_of_a_room_are_counted_up_to_the_quota(store: impl AnyStore) {
    let [alice, bob, carol] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    let other = fixtures::open(&store, private(2, &alice)).await;
    invite(&store, room.id, bob.id, alice.id, at(3)).await;
    invite(&store, room.id, carol.id, alice.id, at(3)).await;
    invite(&store, other.id, carol.id, alice.id, at(3)).await;
    let mut work = store.begin().await.unwrap();
    for (most, count) in [(1, 1), (2, 2), (9, 2)] {
        assert_eq!(work.invitation_count(room.id, most).await.unwrap(), count);
    }
    work.delete_invitation(room.id, carol.id).await.unwrap();
    assert_eq!(work.invitation_count(room.id, 9).await.unwrap(), 1);
}

/// Has the users join the n-th room, if the quota allows; returns the number of units that did.
async fn join_held(store: &impl AnyStore, n: u32, users: Vec<UserId>, most: u32) -> u32 {
    let mut work = store.begin().await.unwrap();
    let mut room = lock(&mut *work, private(n, &user(1).as_ref()).id).await;
    work.lock_owners(users.clone()).await.unwrap();
    if work.most_memberships(users.clone(), most).await.unwrap() >= most {
        return 0;
    }
    for user in users {
        room.member_count += 1;
        let revision = room.log.revision;
        work.save_membership(Membership::starting(&room, user, Role::Member, at(5), revision)).await.unwrap();
    }
    work.save_room(room).await.unwrap();
    work.commit().await.unwrap();
    1
}

/// Several units of work, each for another room: as many succeed as the quota allows.
pub async fn units_that_hold_a_user_follow_one_another(store: impl AnyStore) {
    const UNITS: u32 = 6;
    let [alice, bob, carol] = users(&store).await;
    for n in 1..=UNITS {
        fixtures::open(&store, private(n, &alice)).await;
    }
    let begin = Arc::new(Barrier::new(6));
    let all = (1..=UNITS).map(|n| {
        let (store, begin) = (store.clone(), begin.clone());
        // Both orders: no unit waits for one that waits for it.
        let who = if n % 2 == 0 { vec![bob.id, carol.id] } else { vec![carol.id, bob.id] };
        tokio::spawn(async move {
            begin.wait().await;
            join_held(&store, n, who, 3).await
        })
    });
    let joined: u32 = join_all(all).await.into_iter().map(Result::unwrap).sum();
    assert_eq!(joined, 3);
    let mut work = Store::begin(&store).await.unwrap();
    assert_eq!(work.most_memberships(vec![bob.id], 99).await.unwrap(), 3);
}
