//! Laws of sync: the state of a user's rooms, and what changed of it.

use domain::membership::Role;
use domain::message::MarkMove;
use domain::room::{Revision, Seq};
use domain::sync::{Progress, RoomSummary, Seen, Selected, Walk};
use domain::{RoomId, UserId};

use crate::store::AnyStore;
use crate::store::fixtures::{
    self, at, change_role, delete, delete_room, edit, invite, join, leave, new_message, private, public,
    rename, room, send, users,
};

/// Walks on to the end; returns all pages, and where the next walk begins.
async fn walk(
    store: &impl AnyStore,
    user: UserId,
    since: Option<&Walk>,
    limit: u32,
) -> (Vec<Selected>, Walk) {
    let (mut pages, mut walk) = (vec![], since.cloned());
    loop {
        let page = store.select(user, Walk::selection(walk.as_ref()), limit).await.unwrap();
        let listed = page.rooms.len() + page.left.len();
        assert!(listed <= usize::try_from(limit).unwrap(), "{listed} rooms");
        let Progress { walk: next, has_more } = Walk::advanced(walk, &page);
        pages.push(page);
        if !has_more {
            return (pages, next);
        }
        walk = Some(next);
    }
}

/// Returns the rooms that a walk lists, those that it names as left, and where the next walk begins.
async fn changes(store: &impl AnyStore, user: UserId, since: &Walk) -> (Vec<RoomId>, Vec<RoomId>, Walk) {
    let (pages, next) = walk(store, user, Some(since), 50).await;
    let rooms = pages.iter().flat_map(|page| &page.rooms).map(|summary| summary.view.room.id).collect();
    (rooms, pages.iter().flat_map(|page| page.left.clone()).collect(), next)
}

async fn now(store: &impl AnyStore, user: UserId) -> Walk {
    walk(store, user, None, 50).await.1
}

/// Each as the member sees it, with its newest message, deleted or not.
pub async fn all_rooms_come_with_their_newest_messages_latest_activity_first(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let (quiet, busy) = (public(1, &alice), private(2, &alice));
    let (other, gone) = (public(3, &bob), public(4, &alice));
    for room in [&quiet, &busy, &other, &gone] {
        fixtures::open(&store, room.clone()).await;
    }
    delete_room(&store, gone.id, at(50)).await;
    for n in 1..=2 {
        send(&store, new_message(n, busy.id, alice.id, "text")).await;
    }
    let last = send(&store, new_message(3, busy.id, alice.id, "text")).await;
    delete(&store, &last, alice.id, at(60)).await;
    let (pages, next) = walk(&store, alice.id, None, 50).await;
    let [page] = &pages[..] else { panic!("{pages:?}") };
    let expected = [busy.id, quiet.id];
    assert_eq!(page.rooms.iter().map(|summary| summary.view.room.id).collect::<Vec<_>>(), expected);
    for RoomSummary { view, last_message } in &page.rooms {
        assert_eq!(Some(view), room(&store, view.room.id, &alice).await.as_ref());
        let expected = if view.room.id == busy.id { Some((Seq(3), true)) } else { None };
        let found = last_message.as_ref().map(|message| (message.seq, message.deleted_at().is_some()));
        assert_eq!(found, expected);
    }
    let (rooms, left, _) = changes(&store, alice.id, &next).await;
    assert_eq!((rooms, left), (vec![], vec![]));
}

/// Once, also where another member made it, and for every member.
pub async fn every_change_of_a_room_lists_it_once(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let (kept, quiet) = (public(1, &alice), public(2, &alice));
    for room in [&kept, &quiet] {
        fixtures::open(&store, room.clone()).await;
    }
    let mut known = now(&store, alice.id).await;
    for step in 0..6 {
        match step {
            0 => {
                join(&store, kept.id, bob.id, Role::Member, at(5)).await;
            }
            1 => {
                send(&store, new_message(1, kept.id, bob.id, "text")).await;
            }
            2 => {
                rename(&store, kept.id, "Another name").await;
            }
            3 => change_role(&store, kept.id, bob.id, Role::Admin).await,
            4 => {
                store.move_mark(kept.id, alice.id, MarkMove::Forward(Seq(1))).await.unwrap();
            }
            _ => leave(&store, kept.id, bob.id).await,
        }
        let (rooms, left, next) = changes(&store, alice.id, &known).await;
        assert_eq!((rooms, left), (vec![kept.id], vec![]), "step {step}");
        known = next;
        let (rooms, left, _) = changes(&store, alice.id, &known).await;
        assert_eq!((rooms, left), (vec![], vec![]), "step {step}, a second time");
    }
    // A mark that did not move, and that of another member, are no change.
    join(&store, kept.id, bob.id, Role::Member, at(6)).await;
    let known = now(&store, alice.id).await;
    store.move_mark(kept.id, alice.id, MarkMove::Forward(Seq(1))).await.unwrap();
    store.move_mark(kept.id, bob.id, MarkMove::Forward(Seq(1))).await.unwrap();
    assert_eq!(changes(&store, alice.id, &known).await.0, []);
}

/// Those that were left, or deleted; also where the user came and went since. Not those to which they returned.
pub async fn rooms_that_are_over_are_left(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let rooms: Vec<_> = (1..=5).map(|n| public(n, &alice)).collect();
    for room in &rooms {
        fixtures::open(&store, room.clone()).await;
    }
    let [left, deleted, between, returned, before] = [0, 1, 2, 3, 4].map(|n: usize| rooms[n].id);
    for room in [left, deleted, returned, before] {
        join(&store, room, bob.id, Role::Member, at(10)).await;
    }
    leave(&store, before, bob.id).await;
    let known = now(&store, bob.id).await;
    leave(&store, left, bob.id).await;
    delete_room(&store, deleted, at(50)).await;
    join(&store, between, bob.id, Role::Member, at(11)).await;
    leave(&store, between, bob.id).await;
    leave(&store, returned, bob.id).await;
    join(&store, returned, bob.id, Role::Member, at(12)).await;
    let (listed, gone, next) = changes(&store, bob.id, &known).await;
    assert_eq!((listed, gone), (vec![returned], vec![left, deleted, between]));
    let (listed, gone, _) = changes(&store, bob.id, &next).await;
    assert_eq!((listed, gone), (vec![], vec![]));
}

/// The rows of a deleted room are removed some time; its members learn of its end all the same, and only once.
pub async fn a_deleted_room_is_left_after_its_rows_are_removed_too(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, public(1, &alice)).await;
    join(&store, room.id, bob.id, Role::Member, at(10)).await;
    let before = now(&store, bob.id).await;
    delete_room(&store, room.id, at(50)).await;
    let after = now(&store, bob.id).await;
    while store.sweep(at(100), 10).await.unwrap().rooms == 0 {}
    assert_eq!(changes(&store, bob.id, &before).await.1, [room.id]);
    assert_eq!(changes(&store, bob.id, &after).await.1, []);
}

/// Each page has the limit at most, and each room is on one of them; what changes meanwhile is not missed.
pub async fn pages_of_a_sync_concatenate_to_all_rooms(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let rooms: Vec<_> = (1..=7).map(|n| public(n, &alice)).collect();
    for room in &rooms {
        fixtures::open(&store, room.clone()).await;
        join(&store, room.id, bob.id, Role::Member, at(10)).await;
    }
    let ids: Vec<RoomId> = rooms.iter().map(|room| room.id).collect();
    for limit in 1..=8 {
        let (pages, _) = walk(&store, bob.id, None, limit).await;
        assert_eq!(pages.len(), ids.len().div_ceil(usize::try_from(limit).unwrap()), "pages of {limit}");
        let listed: Vec<_> = pages.iter().flat_map(|page| &page.rooms).map(RoomSummary::activity).collect();
        assert!(listed.windows(2).all(|pair| pair[0] > pair[1]), "the latest activity first");
        assert_eq!(listed.len(), ids.len());
    }
    let known = now(&store, bob.id).await;
    for room in &ids {
        send(&store, new_message(u32::try_from(room.0.as_u128()).unwrap(), *room, alice.id, "text")).await;
    }
    leave(&store, ids[2], bob.id).await;
    for limit in 1..=8 {
        let (pages, next) = walk(&store, bob.id, Some(&known), limit).await;
        let rooms = pages.iter().flat_map(|page| &page.rooms).map(|summary| summary.view.room.id);
        let mut listed: Vec<_> = rooms.chain(pages.iter().flat_map(|page| page.left.clone())).collect();
        listed.sort_unstable();
        assert_eq!(listed, ids, "pages of {limit}");
        assert_eq!(changes(&store, bob.id, &next).await.0, []);
    }
}

/// In a walk through all rooms, that room moves to where the walk has been.
pub async fn a_room_whose_activity_overtakes_a_walk_is_not_missed(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let rooms: Vec<_> = (1..=3).map(|n| public(n, &alice)).collect();
    for room in &rooms {
        fixtures::open(&store, room.clone()).await;
    }
    let first = store.select(alice.id, Walk::selection(None), 2).await.unwrap();
    let Progress { walk: second, has_more: true } = Walk::advanced(None, &first) else { panic!("{first:?}") };
    let oldest = rooms[0].id;
    send(&store, new_message(1, oldest, alice.id, "text")).await;
    let (pages, next) = walk(&store, alice.id, Some(&second), 2).await;
    let listed: Vec<_> =
        pages.iter().flat_map(|page| &page.rooms).map(|summary| summary.view.room.id).collect();
    assert_eq!(listed, [oldest]);
    assert_eq!(changes(&store, alice.id, &next).await.0, []);
}

/// Changes are committed in another order than they are made.
pub async fn a_change_that_was_open_at_the_cursor_is_listed(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let room = fixtures::open(&store, public(1, &alice)).await;
    let mut work = store.begin().await.unwrap();
    let changed = fixtures::lock(&mut *work, room.id).await;
    work.save_room(changed).await.unwrap();
    let during = now(&store, alice.id).await;
    assert_eq!(changes(&store, alice.id, &during).await.0, []);
    work.commit().await.unwrap();
    assert_eq!(changes(&store, alice.id, &during).await.0, [room.id]);
}

/// A database that was restored, or copied, has a history of its own.
pub async fn of_another_history_everything_changed(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let (kept, left) = (public(1, &alice), public(2, &alice));
    for room in [&kept, &left] {
        fixtures::open(&store, room.clone()).await;
        join(&store, room.id, bob.id, Role::Member, at(10)).await;
    }
    leave(&store, left.id, bob.id).await;
    let Walk::Changed { since, .. } = now(&store, bob.id).await else { panic!("a walk is over") };
    let others = [
        Seen { epoch: since.epoch.wrapping_add(1), ..since.clone() },
        Seen { below: since.below + 1_000_000, ..since.clone() },
    ];
    for since in others {
        let other = Walk::Changed { since, place: None };
        let (rooms, gone, next) = changes(&store, bob.id, &other).await;
        assert_eq!((rooms, gone), (vec![kept.id], vec![left.id]));
        assert_eq!(changes(&store, bob.id, &next).await.0, []);
    }
}

/// All of them, whatever the limit.
pub async fn a_sync_has_all_open_invitations_newest_first(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    for n in 1..=3 {
        let room = fixtures::open(&store, private(n, &alice)).await;
        invite(&store, room.id, bob.id, alice.id, at(i64::from(n))).await;
    }
    let page = store.select(bob.id, Walk::selection(None), 1).await.unwrap();
    let invited: Vec<_> = page.invitations.iter().map(|invitation| invitation.created_at).collect();
    assert_eq!(invited, [at(3), at(2), at(1)]);
    assert!(store.select(alice.id, Walk::selection(None), 1).await.unwrap().invitations.is_empty());
}

/// The revision of a summary is that of its state: room, membership and message are of one moment.
pub async fn a_summary_is_of_one_moment_while_others_write(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, public(1, &alice)).await;
    join(&store, room.id, bob.id, Role::Member, at(10)).await;
    let writing = async {
        for n in 1..=20 {
            let message = send(&store, new_message(n, room.id, alice.id, "text")).await;
            edit(&store, &message, "another text", alice.id, at(50)).await;
        }
    };
    let reading = async {
        let mut known = None;
        while known != Some(Revision(42)) {
            let page = store.select(bob.id, Walk::selection(None), 1).await.unwrap();
            let RoomSummary { view, last_message } = &page.rooms[0];
            let log = view.room.log;
            assert_eq!(last_message.as_ref().map_or(Seq(0), |message| message.seq), log.last_seq);
            assert!(last_message.as_ref().is_none_or(|message| message.revision <= log.revision));
            assert_eq!(view.mine.map(|mine| mine.unread_count), Some(log.last_seq.0));
            known = Some(log.revision);
        }
    };
    tokio::join!(writing, reading);
}
