//! Laws of single rooms, and of their slugs.

use domain::StoreError;
use domain::membership::{MemberReader, MyMembership, Role};
use domain::metadata::Metadata;
use domain::room::{
    Access, Description, PrivateKind, Revision, Room, RoomLog, RoomName, RoomQuery, RoomReader, RoomView,
    Seq, Slug,
};

use crate::store::AnyStore;
use crate::store::fixtures::{
    self, FIRST, at, delete, delete_room, described, invite, join, list_rooms, new_message, private, public,
    send, slug, users,
};

/// To readers and to units of work.
async fn assert_stored(store: &impl AnyStore, wanted: &Room) {
    let view = fixtures::room(store, wanted.id, &wanted.created_by).await.unwrap();
    assert_eq!(view.room, *wanted);
    let anonymous = RoomReader::room(store, wanted.id, None).await.unwrap();
    assert_eq!(anonymous, Some(RoomView { room: wanted.clone(), mine: None, invited: false }));
    assert!(list_rooms(store, RoomQuery::default(), FIRST, Some(&wanted.created_by)).await.contains(&view));
    let mut work = store.begin().await.unwrap();
    assert_eq!(work.lock_room(wanted.id).await.unwrap().as_ref(), Some(wanted));
}

/// With a description, an empty one, and none.
pub async fn every_kind_of_room_comes_back_whole(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let empty = Some(Description::parse("").unwrap());
    for room in [
        private(1, &alice),
        described(private(2, &alice), "Private", "of some"),
        Room { access: Access::Private(PrivateKind::Group), description: empty, ..private(3, &alice) },
        public(4, &alice),
        Room {
            changed_revision: Revision(1),
            updated_at: at(99),
            metadata: Metadata::stored(Some(r#"{"b":1.0,"a":[]}"#.to_owned())),
            ..described(public(5, &alice), "Public", "of all")
        },
    ] {
        assert_stored(&store, &fixtures::open(&store, room).await).await;
    }
    assert_eq!(fixtures::room(&store, private(6, &alice).id, &alice).await, None);
}

/// Between every kind of room, in both directions.
pub async fn saving_a_room_replaces_its_mutable_part(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let before = fixtures::open(&store, described(public(1, &alice), "Public", "of all")).await;
    let log = RoomLog { last_seq: Seq(7), revision: Revision(20), last_message_at: Some(at(70)) };
    let after = Room {
        name: RoomName::parse("Private").unwrap(),
        description: None,
        metadata: Metadata::stored(Some(r#"{"a":null}"#.to_owned())),
        access: Access::Private(PrivateKind::ByInvitation),
        updated_at: at(80),
        member_count: 5,
        log,
        changed_revision: Revision(19),
        ..before.clone()
    };
    for room in [after, before] {
        let mut work = store.begin().await.unwrap();
        work.lock_room(room.id).await.unwrap();
        work.save_room(room.clone()).await.unwrap();
        work.commit().await.unwrap();
        assert_stored(&store, &room).await;
    }
}

/// Their role, the number of living messages that they have not read, or their invitation.
pub async fn a_room_shows_the_callers_membership(store: impl AnyStore) {
    let [alice, bob, carol, dave] = users(&store).await;
    let room = fixtures::open(&store, public(1, &alice)).await;
    send(&store, new_message(1, room.id, alice.id, "before bob")).await;
    join(&store, room.id, bob.id, Role::Member, at(20)).await;
    invite(&store, room.id, carol.id, alice.id, at(3)).await;
    for n in 2..=5 {
        let sent = send(&store, new_message(n, room.id, alice.id, "hello")).await;
        if n == 3 {
            delete(&store, &sent, alice.id, at(30)).await;
        }
    }
    let alices = MyMembership {
        role: Role::Admin,
        joined_at: at(1),
        last_read_seq: Seq(5),
        unread_count: 0,
        mention_count: 0,
    };
    let bobs = MyMembership {
        role: Role::Member,
        joined_at: at(20),
        last_read_seq: Seq(1),
        unread_count: 3,
        mention_count: 0,
    };
    for (user, mine, invited) in
        [(&alice, Some(alices), false), (&bob, Some(bobs), false), (&carol, None, true), (&dave, None, false)]
    {
        let view = fixtures::room(&store, room.id, user).await.unwrap();
        assert_eq!((view.mine, view.invited), (mine, invited), "{user:?}");
        // Lists leave the invitation out.
        let listed = RoomView { invited: false, ..view };
        assert_eq!(list_rooms(&store, RoomQuery::default(), FIRST, Some(user)).await, [listed]);
    }
}

/// It can't be locked either; its members and invitations go with it.
pub async fn no_reader_returns_a_deleted_room(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, public(1, &alice)).await;
    invite(&store, room.id, bob.id, alice.id, at(3)).await;
    delete_room(&store, room.id, at(5)).await;
    for caller in [None, Some(&alice), Some(&bob)] {
        assert_eq!(RoomReader::room(&store, room.id, caller.map(|user| user.id)).await.unwrap(), None);
        assert!(list_rooms(&store, RoomQuery::default(), FIRST, caller).await.is_empty());
    }
    assert_eq!(store.standing(room.id, alice.id).await.unwrap(), None);
    assert_eq!(store.member(room.id, alice.id).await.unwrap(), None);
    assert_eq!(MemberReader::list(&store, room.id, None, FIRST).await.unwrap().total, 0);
    assert_eq!(store.for_user(bob.id, FIRST).await.unwrap().total, 0);
    assert_eq!(store.for_room(room.id, FIRST).await.unwrap().total, 0);
    let mut work = store.begin().await.unwrap();
    assert_eq!(work.lock_room(room.id).await.unwrap(), None);
    assert_eq!(work.invitation(room.id, bob.id).await.unwrap(), None);
}

async fn free(store: &impl AnyStore, candidates: &[&str]) -> Result<Slug, StoreError> {
    let mut work = store.begin().await.unwrap();
    work.free_slug(candidates.iter().map(|text| slug(text)).collect()).await
}

/// None, where all are taken.
pub async fn the_first_free_slug_is_returned(store: impl AnyStore) {
    let [alice] = users(&store).await;
    for n in [1, 3] {
        fixtures::open(&store, public(n, &alice)).await;
    }
    assert_eq!(free(&store, &["room-1", "room-2", "room-3", "room-4"]).await.unwrap(), slug("room-2"));
    assert_eq!(free(&store, &["room-4", "room-1"]).await.unwrap(), slug("room-4"));
    let none = free(&store, &["room-1", "room-3"]).await;
    assert!(matches!(none, Err(StoreError::Unavailable(_))), "{none:?}");
}

/// Another room may take it then.
pub async fn a_slug_is_free_again_once_its_room_is_deleted_or_private(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let [one, two] = [public(1, &alice), public(2, &alice)];
    fixtures::open(&store, one.clone()).await;
    fixtures::open(&store, two.clone()).await;
    delete_room(&store, one.id, at(5)).await;
    let mut work = store.begin().await.unwrap();
    let room = work.lock_room(two.id).await.unwrap().unwrap();
    work.save_room(Room { access: Access::Private(PrivateKind::ByInvitation), ..room }).await.unwrap();
    work.commit().await.unwrap();
    for (n, text) in [(11, "room-1"), (12, "room-2")] {
        assert_eq!(free(&store, &[text]).await.unwrap(), slug(text));
        let access = Access::Public { slug: slug(text) };
        fixtures::open(&store, Room { access, ..private(n, &alice) }).await;
        assert!(free(&store, &[text]).await.is_err());
    }
}
