//! Laws of read marks, and of who has read a message.

use domain::account::UserRef;
use domain::membership::{Membership, Reader, Role};
use domain::message::MarkMove;
use domain::room::{Room, Seq};

use crate::store::AnyStore;
use crate::store::fixtures::{
    self, FIRST, at, delete_room, join, leave, new_message, pages, private, public, send, users,
};
use crate::store::members::stored;

async fn mark(store: &impl AnyStore, room: &Room, user: &UserRef) -> Seq {
    store.standing(room.id, user.id).await.unwrap().unwrap().last_read_seq
}

/// Sends so many messages of the room's creator.
async fn send_many(store: &impl AnyStore, room: &Room, count: u32) {
    for n in 1..=count {
        send(store, new_message(n, room.id, room.created_by.id, "hello")).await;
    }
}

/// Checks the mark, and that the messages after it are unread.
async fn check(store: &impl AnyStore, room: &Room, user: &UserRef, wanted: i64, of: i64) {
    assert_eq!(mark(store, room, user).await, Seq(wanted));
    let unread = fixtures::room(store, room.id, user).await.unwrap().mine.unwrap().unread_count;
    assert_eq!(unread, of - wanted);
}

/// Holds for every requested seq, negative ones and those beyond the newest message too. The result is the mark where it
/// moved.
pub async fn a_read_mark_never_moves_back_or_beyond_the_newest(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    join(&store, room.id, bob.id, Role::Member, at(2)).await;
    send_many(&store, &room, 5).await;
    for (asked, moved, wanted) in [
        (0, None, 0),
        (2, Some(2), 2),
        (1, None, 2),
        (-7, None, 2),
        (4, Some(4), 4),
        (4, None, 4),
        (i64::MAX, Some(5), 5),
        (i64::MAX, None, 5),
        (3, None, 5),
    ] {
        assert_eq!(
            store.move_mark(room.id, bob.id, MarkMove::Forward(Seq(asked))).await.unwrap(),
            moved.map(Seq),
            "{asked}"
        );
        check(&store, &room, &bob, wanted, 5).await;
    }
    assert_eq!(mark(&store, &room, &alice).await, Seq(5));
}

/// The result is the mark where it moved.
pub async fn a_read_mark_can_be_set_forward_and_back_but_not_beyond_the_newest(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    join(&store, room.id, bob.id, Role::Member, at(2)).await;
    assert_eq!(
        store.move_mark(room.id, bob.id, MarkMove::To(Seq(3))).await.unwrap(),
        None,
        "in an empty room"
    );
    send_many(&store, &room, 5).await;
    for (asked, moved, wanted) in [
        (4, Some(4), 4),
        (1, Some(1), 1),
        (1, None, 1),
        (i64::MAX, Some(5), 5),
        (7, None, 5),
        (0, Some(0), 0),
        (0, None, 0),
    ] {
        assert_eq!(
            store.move_mark(room.id, bob.id, MarkMove::To(Seq(asked))).await.unwrap(),
            moved.map(Seq),
            "{asked}"
        );
        check(&store, &room, &bob, wanted, 5).await;
    }
    assert_eq!(mark(&store, &room, &alice).await, Seq(5), "another's stays");
    assert_eq!(
        store.move_mark(room.id, bob.id, MarkMove::Forward(Seq(2))).await.unwrap(),
        Some(Seq(2)),
        "it moves on from there"
    );
}

/// A mark may move, forward or back, between the read and the save of a membership.
pub async fn a_stale_membership_does_not_move_a_read_mark(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    join(&store, room.id, bob.id, Role::Member, at(2)).await;
    send_many(&store, &room, 3).await;
    for moved in [3, 1] {
        let before = stored(&store, &room, &bob).await.unwrap();
        store.move_mark(room.id, bob.id, MarkMove::To(Seq(moved))).await.unwrap();
        let mut work = store.begin().await.unwrap();
        work.lock_room(room.id).await.unwrap();
        work.save_membership(Membership { role: Role::Admin, ..before.clone() }).await.unwrap();
        work.commit().await.unwrap();
        let after = Membership { role: Role::Admin, last_read_seq: Seq(moved), ..before };
        assert_eq!(stored(&store, &room, &bob).await, Some(after));
    }
}

/// Neither that of a stranger nor that of a former member, whose mark is a new one on return.
pub async fn the_read_mark_of_a_user_who_is_no_member_does_not_move(store: impl AnyStore) {
    let [alice, bob, carol] = users(&store).await;
    let room = fixtures::open(&store, public(1, &alice)).await;
    join(&store, room.id, bob.id, Role::Member, at(2)).await;
    send_many(&store, &room, 1).await;
    leave(&store, room.id, bob.id).await;
    for user in [&bob, &carol] {
        assert_eq!(store.move_mark(room.id, user.id, MarkMove::Forward(Seq(1))).await.unwrap(), None);
        assert_eq!(store.move_mark(room.id, user.id, MarkMove::To(Seq(1))).await.unwrap(), None);
        assert_eq!(mark(&store, &room, user).await, Seq(0));
        assert_eq!(store.member(room.id, user.id).await.unwrap(), None);
    }
    let unknown = private(2, &alice).id;
    assert_eq!(store.move_mark(unknown, alice.id, MarkMove::Forward(Seq(1))).await.unwrap(), None);
    assert_eq!(store.move_mark(unknown, alice.id, MarkMove::To(Seq(1))).await.unwrap(), None);
    join(&store, room.id, bob.id, Role::Member, at(7)).await;
    assert_eq!(mark(&store, &room, &bob).await, Seq(1));
}

/// The append itself moves the mark.
pub async fn a_sender_has_read_the_messages_before(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    join(&store, room.id, bob.id, Role::Member, at(2)).await;
    for (n, sender) in [(1, &alice), (2, &alice), (3, &bob), (4, &alice)] {
        let sent = send(&store, new_message(n, room.id, sender.id, "hello")).await;
        assert_eq!(mark(&store, &room, sender).await, sent.seq);
    }
    assert_eq!(mark(&store, &room, &bob).await, Seq(3));
}

/// Present members alone, later joiners too, and no member of another room.
pub async fn reader_pages_concatenate_to_all_who_have_read_a_message(store: impl AnyStore) {
    let [alice, bob, carol, dave, erin, frank, grace] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    for user in [&bob, &carol, &dave, &erin] {
        join(&store, room.id, user.id, Role::Member, at(2)).await;
    }
    send_many(&store, &room, 6).await;
    join(&store, room.id, frank.id, Role::Member, at(3)).await;
    for (user, mark) in [(&bob, 4), (&carol, 6), (&dave, 3), (&erin, 4)] {
        store.move_mark(room.id, user.id, MarkMove::To(Seq(mark))).await.unwrap();
    }
    let elsewhere = fixtures::open(&store, private(2, &grace)).await;
    send(&store, new_message(7, elsewhere.id, grace.id, "hello")).await;
    let reader = |user: &UserRef, mark| Reader { user: user.clone(), last_read_seq: Seq(mark) };
    let everyone = [
        reader(&alice, 6),
        reader(&carol, 6),
        reader(&frank, 6),
        reader(&bob, 4),
        reader(&erin, 4),
        reader(&dave, 3),
    ];
    let readers = async |seq: i64, except: &UserRef| {
        let mut all = vec![];
        for limit in [1, 2, 100] {
            all = pages(limit, async |page| store.readers(room.id, Seq(seq), except.id, page).await).await;
        }
        all
    };
    assert_eq!(readers(1, &grace).await, everyone);
    assert_eq!(readers(4, &alice).await, everyone[1..5]);
    assert_eq!(readers(5, &carol).await, [everyone[0].clone(), everyone[2].clone()]);
    assert_eq!(readers(7, &grace).await, []);
    leave(&store, room.id, carol.id).await;
    assert_eq!(readers(5, &alice).await, everyone[2..3]);
    delete_room(&store, room.id, at(90)).await;
    assert_eq!(store.readers(room.id, Seq(1), grace.id, FIRST).await.unwrap().total, 0);
}
