//! Laws of units of work: all or nothing, one after another.

use std::time::Duration;

use domain::membership::{MemberReader, Role};
use domain::message::MessageReader;
use domain::room::{Access, Revision, Room};
use domain::{Error, Refusal, UserId};
use futures_util::future::{join, join_all};

use crate::store::AnyStore;
use crate::store::fixtures::{
    self, FIRST, at, delete, invite, join as join_room, lock, new_message, private, send, slug, user, users,
    with_password,
};

/// Once its migrations are applied.
pub async fn an_available_store_answers_a_ping(store: impl AnyStore) {
    store.ping().await.unwrap();
}

/// Covers writes of every kind; units that wait for its locks continue.
pub async fn a_dropped_unit_leaves_nothing_and_releases_its_locks(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let before = fixtures::open(&store, private(1, &alice)).await;
    let sent = send(&store, new_message(1, before.id, alice.id, "hello")).await;
    let before = fixtures::room(&store, before.id, &alice).await.unwrap().room;
    for slug in [slug("here-1"), slug("here-2"), slug("here-3")] {
        let mut work = store.begin().await.unwrap();
        work.insert_user(with_password(user(3))).await.unwrap();
        let mut room = lock(&mut *work, before.id).await;
        room.access = Access::Public { slug: work.free_slug(vec![slug]).await.unwrap() };
        work.save_room(room.clone()).await.unwrap();
        let joining =
            domain::membership::Membership::starting(&room, bob.id, Role::Member, at(5), Revision(3));
        work.save_membership(joining).await.unwrap();
        work.end_membership(room.id, alice.id, Revision(3), at(5)).await.unwrap();
        let (message, room) = (sent.id, room.id);
        let deletion =
            domain::message::Deletion { message, room, revision: Revision(3), by: alice.id, at: at(5) };
        work.delete_message(deletion).await.unwrap();
        work.delete_room(room, Revision(3), at(5)).await.unwrap();
        drop(work);

        assert_eq!(store.user(user(3).id).await.unwrap(), None);
        let view = fixtures::room(&store, room, &alice).await.unwrap();
        assert_eq!((view.room, view.mine.is_some()), (before.clone(), true));
        assert_eq!(MemberReader::list(&store, room, None, FIRST).await.unwrap().total, 1);
        assert_eq!(MessageReader::message(&store, room, sent.id).await.unwrap().as_ref(), Some(&sent));
    }
    let mut work = store.begin().await.unwrap();
    assert_eq!(work.lock_room(before.id).await.unwrap(), Some(before));
    drop(work);
    // A store may skip a slug until the unit that claimed it is rolled back; this waits for that.
    let freed = async {
        while store.begin().await.unwrap().free_slug(vec![slug("here-1")]).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), freed).await.unwrap();
}

/// At every point of that call.
pub async fn a_unit_dropped_in_the_middle_of_a_call_releases_its_locks(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    for micros in [0, 0, 50, 200, 1_000] {
        let mut work = store.begin().await.unwrap();
        let timeout = Duration::from_micros(micros);
        let calls = async {
            let room = lock(&mut *work, room.id).await;
            work.save_room(room).await.unwrap();
            work.admin_count(private(1, &alice).id).await.unwrap();
        };
        // It never commits, dropped or not.
        let _done = tokio::time::timeout(timeout, calls).await;
        drop(work);
        let mut work = store.begin().await.unwrap();
        assert_eq!(work.lock_room(room.id).await.unwrap().as_ref(), Some(&room));
        work.commit().await.unwrap();
    }
}

/// Before the commit.
pub async fn a_unit_sees_what_it_has_written(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    let sent = send(&store, new_message(1, room.id, alice.id, "hello")).await;
    invite(&store, room.id, bob.id, alice.id, at(3)).await;
    let mut work = store.begin().await.unwrap();
    let mut room = lock(&mut *work, room.id).await;
    room.member_count = 2;
    let joining = domain::membership::Membership::starting(&room, bob.id, Role::Admin, at(5), Revision(3));
    work.save_membership(joining.clone()).await.unwrap();
    assert!(work.delete_invitation(room.id, bob.id).await.unwrap());
    work.save_room(room.clone()).await.unwrap();
    assert_eq!(work.lock_room(room.id).await.unwrap(), Some(room.clone()));
    assert_eq!(work.membership(room.id, bob.id).await.unwrap(), Some(joining));
    assert_eq!(work.invitation(room.id, bob.id).await.unwrap(), None);
    assert_eq!(work.admin_count(room.id).await.unwrap(), 2);
    assert_eq!(work.message(room.id, sent.id).await.unwrap(), Some(sent.clone()));
    // Other readers do not see it before the commit.
    assert_eq!(store.member(room.id, bob.id).await.unwrap(), None);
    work.commit().await.unwrap();
    assert!(store.member(room.id, bob.id).await.unwrap().is_some());
    delete(&store, &sent, alice.id, at(6)).await;
}

/// Leaves where the room keeps an admin; returns whether it did.
async fn leave_unless_last(store: &impl AnyStore, room: Room, user: UserId) -> bool {
    let mut work = store.begin().await.unwrap();
    let mut room = lock(&mut *work, room.id).await;
    if work.admin_count(room.id).await.unwrap() <= 1 {
        return false;
    }
    room.member_count -= 1;
    work.end_membership(room.id, user, room.log.revision, at(9)).await.unwrap();
    work.save_room(room).await.unwrap();
    work.commit().await.unwrap();
    true
}

/// The second sees that the first has left.
pub async fn two_admins_who_leave_at_once_leave_one_admin(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    for n in 1..=10 {
        let room = fixtures::open(&store, private(n, &alice)).await;
        join_room(&store, room.id, bob.id, Role::Admin, at(2)).await;
        let (one, other) = join(
            leave_unless_last(&store, room.clone(), alice.id),
            leave_unless_last(&store, room.clone(), bob.id),
        )
        .await;
        assert!(one != other, "{one} {other}");
        let left = MemberReader::list(&store, room.id, Some(Role::Admin), FIRST).await.unwrap();
        assert_eq!(left.total, 1);
    }
}

/// None of them fails.
pub async fn rooms_of_one_name_made_at_once_get_different_slugs(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let store = &store;
    let made = join_all((1..=6).map(|n| {
        let room = private(n, &alice);
        async move {
            let candidates = (1..=8).map(|n| slug(&format!("chat-{n}"))).collect();
            let mut work = store.begin().await.unwrap();
            let slug = work.free_slug(candidates).await.unwrap();
            work.insert_room(Room { access: Access::Public { slug: slug.clone() }, ..room }).await.unwrap();
            work.commit().await.unwrap();
            slug
        }
    }));
    let mut slugs = made.await;
    slugs.sort();
    slugs.dedup();
    assert_eq!(slugs.len(), 6, "{slugs:?}");
}

/// No change is lost.
pub async fn concurrent_changes_of_one_room_follow_one_another(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    let changes = (0..8).map(|_| async {
        let mut work = store.begin().await.unwrap();
        let mut room = lock(&mut *work, room.id).await;
        room.member_count += 1;
        let revision = room.log.revision;
        work.save_room(room).await.unwrap();
        work.commit().await.unwrap();
        revision
    });
    let mut revisions = join_all(changes).await;
    revisions.sort_unstable();
    assert_eq!(revisions, (2..=9).map(Revision).collect::<Vec<_>>());
    let after = fixtures::room(&store, room.id, &alice).await.unwrap().room;
    assert_eq!((after.member_count, after.log.revision), (9, Revision(9)));
}

/// A sender who is removed meanwhile is refused.
pub async fn an_append_waits_for_the_lock_of_the_room(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    join_room(&store, room.id, bob.id, Role::Member, at(2)).await;
    let mut work = store.begin().await.unwrap();
    let mut room = lock(&mut *work, room.id).await;
    let append = store.append(new_message(1, room.id, bob.id, "hello"));
    let removal = async {
        // The append has had its chance to run first.
        tokio::task::yield_now().await;
        room.member_count -= 1;
        work.end_membership(room.id, bob.id, room.log.revision, at(9)).await.unwrap();
        work.save_room(room).await.unwrap();
        work.commit().await.unwrap();
    };
    let (appended, ()) = join(append, removal).await;
    assert!(matches!(appended, Err(Error::Refused(Refusal::RoomNotFound))), "{appended:?}");
}
