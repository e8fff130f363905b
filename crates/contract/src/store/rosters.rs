//! Laws of groups, and of rooms read with who is in them.

use domain::account::{UserRef, Username};
use domain::compat::ryos::{RoomKey, RoomWithMembers};
use domain::membership::{Membership, Role};
use domain::room::{Access, Revision, Room};
use futures_util::future::join_all;

use crate::store::AnyStore;
use crate::store::fixtures::{at, delete_room, invite, join, leave, open, private, public, slug, users};

fn names(users: &[&UserRef]) -> Vec<Username> {
    users.iter().map(|user| user.username.clone()).collect()
}

/// A roll with its names in order, which the port leaves open.
fn sorted(mut roll: RoomWithMembers) -> RoomWithMembers {
    roll.members.sort_by_key(Username::key);
    roll
}

async fn roster(store: &impl AnyStore, key: RoomKey, caller: Option<&UserRef>) -> Option<RoomWithMembers> {
    store.roster(key, caller.map(|caller| caller.id)).await.unwrap().map(sorted)
}

/// Whoever asks: who may see it is for the rules to say.
pub async fn a_roster_names_the_present_members_of_a_private_room_only(store: impl AnyStore) {
    let [alice, bob, carol, dora] = users(&store).await;
    let (hidden, open_to_all) = (private(1, &alice), public(2, &alice));
    for room in [&hidden, &open_to_all] {
        open(&store, room.clone()).await;
        join(&store, room.id, bob.id, Role::Member, at(5)).await;
        join(&store, room.id, carol.id, Role::Member, at(6)).await;
        leave(&store, room.id, bob.id).await;
    }
    invite(&store, hidden.id, dora.id, alice.id, at(7)).await;
    for caller in [None, Some(&alice), Some(&bob), Some(&dora)] {
        let roll = roster(&store, RoomKey::Id(hidden.id), caller).await.unwrap();
        assert_eq!(roll.members, names(&[&alice, &carol]));
        let view = domain::room::RoomReader::room(&store, hidden.id, caller.map(|caller| caller.id)).await;
        assert_eq!(Some(roll.view), view.unwrap());
        assert!(roster(&store, RoomKey::Id(open_to_all.id), caller).await.unwrap().members.is_empty());
    }
}

/// And so does an id.
pub async fn a_slug_finds_the_living_public_room_that_has_it(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let key = || RoomKey::Slug(slug("room-1"));
    assert_eq!(roster(&store, key(), None).await, None);
    let room = open(&store, public(1, &alice)).await;
    assert_eq!(roster(&store, key(), None).await.map(|roll| roll.view.room), Some(room.clone()));
    delete_room(&store, room.id, at(9)).await;
    assert_eq!(roster(&store, key(), None).await, None);
    assert_eq!(roster(&store, RoomKey::Id(room.id), None).await, None);
}

/// So many of each kind; an invitation is no membership.
pub async fn rosters_are_the_newest_public_rooms_and_the_members_own(store: impl AnyStore) {
    let [alice, bob, carol] = users(&store).await;
    for n in [1, 3, 5] {
        open(&store, public(n, &alice)).await;
        let room = open(&store, private(n + 1, &alice)).await;
        join(&store, room.id, bob.id, Role::Member, at(9)).await;
    }
    delete_room(&store, open(&store, public(7, &alice)).await.id, at(9)).await;
    delete_room(&store, open(&store, private(8, &alice)).await.id, at(9)).await;
    leave(&store, private(6, &alice).id, bob.id).await;
    invite(&store, private(2, &alice).id, carol.id, alice.id, at(9)).await;
    let listed = async |member: Option<&UserRef>, most| {
        let rolls = store.rosters(member.map(|member| member.id), most).await.unwrap();
        rolls.into_iter().map(|roll| roll.view.room.id.0.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(listed(None, 10).await, [1, 3, 5]);
    assert_eq!(listed(Some(&carol), 10).await, [1, 3, 5]);
    assert_eq!(listed(Some(&alice), 10).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(listed(Some(&bob), 10).await, [1, 2, 3, 4, 5]);
    assert_eq!(listed(Some(&alice), 2).await, [3, 4, 5, 6]);
    let rolls = store.rosters(Some(bob.id), 10).await.unwrap();
    for roll in rolls {
        let alone = roster(&store, RoomKey::Id(roll.view.room.id), Some(&bob)).await;
        assert_eq!(alone, Some(sorted(roll)));
    }
}

/// Each with a revision of their own.
pub async fn a_group_comes_back_with_everybody_in_it(store: impl AnyStore) {
    let [alice, bob, carol] = users(&store).await;
    let room = Room { access: Access::Private { group: true }, member_count: 3, ..private(1, &alice) };
    let starting = |user: &UserRef, role, revision| {
        Membership::starting(&room, user.id, role, at(4), Revision(revision))
    };
    let all = vec![
        starting(&alice, Role::Admin, 1),
        starting(&carol, Role::Member, 2),
        starting(&bob, Role::Member, 3),
    ];
    let mut work = store.begin().await.unwrap();
    work.insert_room(room.clone()).await.unwrap();
    work.insert_memberships(all.clone()).await.unwrap();
    work.commit().await.unwrap();
    let mut work = store.begin().await.unwrap();
    for membership in all {
        assert_eq!(work.membership(room.id, membership.user).await.unwrap(), Some(membership));
    }
    drop(work);
    assert!(store.member(room.id, bob.id).await.unwrap().is_some());
}

/// In the order of revisions, not of times.
pub async fn the_longest_standing_came_in_first_whatever_the_clocks_said(store: impl AnyStore) {
    let [alice, bob, carol] = users(&store).await;
    let room = open(&store, private(1, &alice)).await.id;
    let second = join(&store, room, bob.id, Role::Member, at(50)).await;
    let third = join(&store, room, carol.id, Role::Member, at(5)).await;
    let first = async |except: &UserRef| {
        let mut work = store.begin().await.unwrap();
        work.longest_standing(room, except.id).await.unwrap()
    };
    assert_eq!(first(&carol).await.map(|(user, _)| user), Some(alice.clone()));
    assert_eq!(first(&alice).await, Some((bob.clone(), second)));
    leave(&store, room, bob.id).await;
    assert_eq!(first(&alice).await, Some((carol.clone(), third)));
    leave(&store, room, carol.id).await;
    assert_eq!(first(&alice).await, None);
}

/// Claimed in vain it stays free.
pub async fn a_slug_can_be_claimed_until_a_living_room_has_it(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let claim = async || store.begin().await.unwrap().claim_slug(slug("room-1")).await.unwrap();
    assert!(claim().await && claim().await, "a claim ends with its unit of work");
    let room = open(&store, public(1, &alice)).await;
    assert!(!claim().await);
    delete_room(&store, room.id, at(9)).await;
    assert!(claim().await);
}

/// The other waits, and is told.
pub async fn of_two_who_claim_a_slug_at_once_one_gets_it(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let claim = async |n: u32| {
        let room = Room { access: Access::Public { slug: slug("room") }, ..private(n, &alice) };
        let mut work = store.begin().await.unwrap();
        let free = work.claim_slug(slug("room")).await.unwrap();
        if free {
            work.insert_room(room).await.unwrap();
            work.commit().await.unwrap();
        }
        free
    };
    let got = join_all([claim(1), claim(2)]).await;
    assert_eq!(got.into_iter().filter(|free| *free).count(), 1);
}

/// Those that nobody bears are left out.
pub async fn names_find_their_bearers_in_any_case(store: impl AnyStore) {
    let [alice, bob, _carol] = users(&store).await;
    let asked = ["USER-2", "user-1", "nobody"].map(|name| Username::parse(name).unwrap());
    let mut found = store.named(asked.to_vec()).await.unwrap();
    found.sort_by_key(|user| user.username.key());
    assert_eq!(found, [alice, bob]);
}
