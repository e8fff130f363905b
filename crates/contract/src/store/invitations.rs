//! Laws of invitations.

use domain::invitation::Invitation;
use domain::room::RoomName;

use crate::store::AnyStore;
use crate::store::fixtures::{self, FIRST, at, invite, lock, pages, private, public, users};

/// In the lists of the room and of the user, and in a unit of work.
pub async fn an_invitation_comes_back_whole(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    invite(&store, room.id, bob.id, alice.id, at(3)).await;
    let invitation = Invitation {
        room: room.id,
        room_name: room.name.clone(),
        user: bob.clone(),
        invited_by: alice.clone(),
        created_at: at(3),
    };
    let only = std::slice::from_ref(&invitation);
    assert_eq!(store.for_room(room.id, FIRST).await.unwrap().items, only);
    assert_eq!(store.for_user(bob.id, FIRST).await.unwrap().items, only);
    assert!(store.for_user(alice.id, FIRST).await.unwrap().items.is_empty());
    let mut work = store.begin().await.unwrap();
    assert_eq!(work.invitation(room.id, bob.id).await.unwrap(), Some(invitation));
    assert_eq!(work.invitation(room.id, alice.id).await.unwrap(), None);
}

/// Not the name at the time of the invitation.
pub async fn an_invitation_has_the_rooms_present_name(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    invite(&store, room.id, bob.id, alice.id, at(3)).await;
    let mut work = store.begin().await.unwrap();
    let mut renamed = lock(&mut *work, room.id).await;
    renamed.name = RoomName::parse("Another name").unwrap();
    work.save_room(renamed.clone()).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(store.for_user(bob.id, FIRST).await.unwrap().items[0].room_name, renamed.name);
}

/// The second time there is none.
pub async fn an_invitation_can_be_removed_once(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    invite(&store, room.id, bob.id, alice.id, at(3)).await;
    for there in [true, false] {
        let mut work = store.begin().await.unwrap();
        work.lock_room(room.id).await.unwrap();
        assert_eq!(work.delete_invitation(room.id, bob.id).await.unwrap(), there);
        work.commit().await.unwrap();
        assert!(store.for_room(room.id, FIRST).await.unwrap().items.is_empty());
    }
    invite(&store, room.id, bob.id, alice.id, at(4)).await;
    assert_eq!(store.for_room(room.id, FIRST).await.unwrap().total, 1);
}

/// Of a room and of a user, some created in the same microsecond.
pub async fn invitation_pages_concatenate_to_all_invitations_newest_first(store: impl AnyStore) {
    let people: [_; 8] = users(&store).await;
    let [alice, guest] = [&people[0], &people[7]];
    for n in 1..=7 {
        let room = fixtures::open(&store, public(n, alice)).await;
        invite(&store, room.id, guest.id, alice.id, at(i64::from(n) / 3)).await;
    }
    let room = private(1, alice).id;
    for (moment, user) in (1..).zip(&people[1..7]) {
        invite(&store, room, user.id, alice.id, at(moment / 3)).await;
    }
    let of_room = store.for_room(room, FIRST).await.unwrap().items;
    let of_user = store.for_user(guest.id, FIRST).await.unwrap().items;
    assert_eq!((of_room.len(), of_user.len()), (7, 7));
    for all in [&of_room, &of_user] {
        assert!(all.is_sorted_by(|one, next| one.created_at >= next.created_at), "{all:?}");
    }
    for limit in [1, 2, 3, 7, 8] {
        assert_eq!(pages(limit, async |page| store.for_room(room, page).await).await, of_room);
        assert_eq!(pages(limit, async |page| store.for_user(guest.id, page).await).await, of_user);
    }
}
