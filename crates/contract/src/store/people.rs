//! Laws of finding people.

use domain::account::{Circle, Profile, User, UserRef, Username};
use domain::membership::Role;

use crate::store::AnyStore;
use crate::store::directs;
use crate::store::fixtures::{
    self, FIRST, at, delete_room, join, leave, pages, private, public, store_user, user, users,
};

/// Stores a user of that name.
async fn named(store: &impl AnyStore, n: u32, name: &str) -> User {
    let user = User { username: Username::parse(name).unwrap(), ..user(n) };
    store_user(store, user.clone()).await.unwrap();
    user
}

async fn found(store: &impl AnyStore, start: &str, circle: Circle) -> Vec<String> {
    let found = store.profiles(start.to_owned(), circle, FIRST).await.unwrap();
    found.items.into_iter().map(|profile| profile.user.username.to_string()).collect()
}

/// By their id.
pub async fn a_profile_has_the_name_and_the_age_of_the_account(store: impl AnyStore) {
    let user = named(&store, 7, "Al.Ice_-9").await;
    let profile = Profile { user: user.as_ref(), created_at: user.created_at };
    assert_eq!(store.profile(user.id, Circle::Everyone).await.unwrap(), Some(profile.clone()));
    let listed = store.profiles("al.ice".to_owned(), Circle::Everyone, FIRST).await.unwrap();
    assert_eq!((listed.items, listed.total), (vec![profile], 1));
    assert_eq!(store.profile(fixtures::user(8).id, Circle::Everyone).await.unwrap(), None);
}

/// `_`, `.` and `-` stand for themselves.
pub async fn people_are_found_by_the_start_of_their_names_in_any_case(store: impl AnyStore) {
    let names = ["Al_ice", "ALICE", "al.ice", "al-ice", "Alab", "ali9", "alz", "ala", "bal", "am9"];
    for (n, name) in (1..).zip(names) {
        named(&store, n, name).await;
    }
    let cases: [(&str, &[&str]); 8] = [
        ("al", &["al-ice", "al.ice", "Al_ice", "ala", "Alab", "ali9", "ALICE", "alz"]),
        ("al_", &["Al_ice"]),
        ("al.", &["al.ice"]),
        ("al-", &["al-ice"]),
        ("alice", &["ALICE"]),
        ("alz", &["alz"]),
        ("alicee", &[]),
        ("zz", &[]),
    ];
    for (start, expected) in cases {
        assert_eq!(found(&store, start, Circle::Everyone).await, expected, "{start}");
    }
    for limit in [1, 3, 8] {
        let start = || "al".to_owned();
        let all = pages(limit, async |page| store.profiles(start(), Circle::Everyone, page).await).await;
        let names: Vec<String> = all.into_iter().map(|profile| profile.user.username.to_string()).collect();
        assert_eq!(names, found(&store, "al", Circle::Everyone).await, "pages of {limit}");
    }
}

/// Rooms of any kind count, while they exist and both are in them. Invitations do not.
pub async fn the_circle_of_a_user_is_who_shares_a_room_with_them(store: impl AnyStore) {
    let [alice, bob, carol, dave, erin] = users(&store).await;
    let all = [&alice, &bob, &carol, &dave, &erin];
    let circle = async |of: &UserRef| {
        let names = found(&store, "user-", Circle::Of(of.id)).await;
        for user in all {
            let shown = store.profile(user.id, Circle::Of(of.id)).await.unwrap().is_some();
            assert_eq!(shown, names.contains(&user.username.to_string()), "{of:?} {user:?}");
        }
        names
    };
    assert_eq!(circle(&alice).await, ["User-1"], "the center is in it");
    let hall = fixtures::open(&store, public(1, &alice)).await.id;
    join(&store, hall, bob.id, Role::Member, at(2)).await;
    let den = fixtures::open(&store, private(2, &carol)).await.id;
    join(&store, den, alice.id, Role::Member, at(3)).await;
    fixtures::invite(&store, den, erin.id, carol.id, at(4)).await;
    directs::open(&store, 3, &[alice.clone(), dave.clone()]).await.unwrap();
    assert_eq!(circle(&alice).await, ["User-1", "User-2", "User-3", "User-4"]);
    assert_eq!(circle(&bob).await, ["User-1", "User-2"]);
    assert_eq!(circle(&carol).await, ["User-1", "User-3"]);
    assert_eq!(circle(&erin).await, ["User-5"]);
    leave(&store, hall, bob.id).await;
    delete_room(&store, den, at(90)).await;
    assert_eq!(circle(&alice).await, ["User-1", "User-4"]);
    assert_eq!(circle(&bob).await, ["User-2"]);
}
