//! Laws of groups, and of rooms read with their members.

use domain::account::{UserRef, Username};
use domain::compat::ryos::{RoomKey, RoomWithMembers};
use domain::membership::{Membership, Role};
use domain::room::{Access, PrivateKind, Revision, Room};
use futures_util::future::join_all;

use crate::store::AnyStore;
use crate::store::fixtures::{at, delete_room, invite, join, leave, open, private, public, slug, users};

fn names(users: &[&UserRef]) -> Vec<Username> {
    users.iter().map(|user| user.username.clone()).collect()
}

/// Returns a roster with its names sorted, since the port leaves their order open.
fn sorted(mut found: RoomWithMembers) -> RoomWithMembers {
    found.members.sort_by_key(Username::key);
    found
}

async fn roster(store: &impl AnyStore, key: RoomKey, caller: Option<&UserRef>) -> Option<RoomWithMembers> {
    store.roster(key, caller.map(|caller| caller.id)).await.unwrap().map(sorted)
}

/// For every caller: the rules decide who may see the room.
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
        let found = roster(&store, RoomKey::Id(hidden.id), caller).await.unwrap();
        assert_eq!(found.members, names(&[&alice, &carol]));
        let view = domain::room::RoomReader::room(&store, hidden.id, caller.map(|caller| caller.id)).await;
        assert_eq!(Some(found.view), view.unwrap());
        assert!(roster(&store, RoomKey::Id(open_to_all.id), caller).await.unwrap().members.is_empty());
    }
}

/// An id finds a room of either visibility.
pub async fn a_slug_finds_the_living_public_room_that_has_it(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let key = || RoomKey::Slug(slug("room-1"));
    assert_eq!(roster(&store, key(), None).await, None);
    let room = open(&store, public(1, &alice)).await;
    assert_eq!(roster(&store, key(), None).await.map(|roster| roster.view.room), Some(room.clone()));
    delete_room(&store, room.id, at(9)).await;
    assert_eq!(roster(&store, key(), None).await, None);
    assert_eq!(roster(&store, RoomKey::Id(room.id), None).await, None);
}

/// At most the limit of each kind; an invitation is not a membership.
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
        let rosters = store.rosters(member.map(|member| member.id), most).await.unwrap();
        rosters.into_iter().map(|roster| roster.view.room.id.0.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(listed(None, 10).await, [1, 3, 5]);
    assert_eq!(listed(Some(&carol), 10).await, [1, 3, 5]);
    assert_eq!(listed(Some(&alice), 10).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(listed(Some(&bob), 10).await, [1, 2, 3, 4, 5]);
    assert_eq!(listed(Some(&alice), 2).await, [3, 4, 5, 6]);
    let rosters = store.rosters(Some(bob.id), 10).await.unwrap();
    for found in rosters {
        let alone = roster(&store, RoomKey::Id(found.view.room.id), Some(&bob)).await;
        assert_eq!(alone, Some(sorted(found)));
    }
}

/// Each member has a revision of their own.
pub async fn a_group_comes_back_with_all_its_members(store: impl AnyStore) {
    let [alice, bob, carol] = users(&store).await;
    let room = Room { access: Access::Private(PrivateKind::Group), member_count: 3, ..private(1, &alice) };
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

/// The order is that of revisions, not of times.
pub async fn the_longest_standing_member_joined_first_whatever_the_clocks(store: impl AnyStore) {
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

/// A claim that is rolled back leaves it free.
pub async fn a_slug_can_be_claimed_until_a_living_room_has_it(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let claim = async || store.begin().await.unwrap().claim_slug(slug("room-1")).await.unwrap();
    assert!(claim().await && claim().await, "a claim ends with its unit of work");
    let room = open(&store, public(1, &alice)).await;
    assert!(!claim().await);
    delete_room(&store, room.id, at(9)).await;
    assert!(claim().await);
}

/// The other waits, and its claim fails.
pub async fn of_two_concurrent_claims_of_a_slug_one_succeeds(store: impl AnyStore) {
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

/// Names without an account are omitted.
pub async fn names_find_their_users_in_any_case(store: impl AnyStore) {
    let [alice, bob, _carol] = users(&store).await;
    let requested = ["USER-2", "user-1", "unknown"].map(|name| Username::parse(name).unwrap());
    let mut found = store.named(requested.to_vec()).await.unwrap();
    found.sort_by_key(|user| user.username.key());
    assert_eq!(found, [alice, bob]);
}
