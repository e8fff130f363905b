//! Laws of resuming: changes after a revision, rooms that changed, sessions that ended.

mod following;

pub use following::pages_of_changes_lose_nothing_while_others_write;

use domain::account::{PasswordHash, Session, UserRef};
use domain::event::{Change, ChangeKind, Changes};
use domain::membership::Role;
use domain::message::Message;
use domain::room::Revision;
use domain::{RoomId, SessionId};
use uuid::Uuid;

use crate::store::AnyStore;
use crate::store::fixtures::{
    self, at, change_role, delete, delete_room, edit, join, leave, message, new_message, private, public,
    rename, send, users,
};

const BEGINNING: Revision = Revision(0);

async fn read(store: &impl AnyStore, room: RoomId, since: Revision, origin: Revision, limit: u32) -> Changes {
    let read = store.changes(room, since, origin, limit).await.unwrap().unwrap();
    assert!(read.items.len() <= usize::try_from(limit).unwrap(), "{read:?}");
    assert!(read.items.first().is_none_or(|change| change.revision > since), "{since:?}: {read:?}");
    assert!(read.items.is_sorted_by(|one, next| one.revision < next.revision), "{read:?}");
    assert!(read.items.last().is_none_or(|change| change.revision <= read.revision), "{read:?}");
    assert!(!read.has_more || read.revision > since, "leads nowhere from {since:?}: {read:?}");
    read
}

/// A change: its revision, its kind for a reader that has not seen the item yet, and its kind for one that has.
struct Expected {
    first_revision: i64,
    revision: i64,
    new: ChangeKind,
    old: ChangeKind,
}

/// Creates a room with every kind of change; returns the changes by their latest revisions, and the room's revision.
async fn room_with_every_change(store: &impl AnyStore) -> (RoomId, Vec<Expected>, Revision) {
    let [alice, bob, carol, dave] = users(store).await;
    let room = fixtures::open(store, private(1, &alice)).await.id;
    for (user, revision) in [(&bob, 2), (&carol, 3), (&dave, 4)] {
        let first_revision = join(store, room, user.id, Role::Member, at(2)).await;
        assert_eq!(first_revision.revision, Revision(revision));
    }
    let mut sent = vec![];
    for n in 1..=3 {
        sent.push(send(store, new_message(n, room, bob.id, "hello")).await);
    }
    edit(store, &sent[0], "another text", bob.id, at(5)).await;
    delete(store, &sent[1], alice.id, at(6)).await;
    leave(store, room, carol.id).await;
    change_role(store, room, bob.id, Role::Admin).await;
    leave(store, room, dave.id).await;
    join(store, room, dave.id, Role::Member, at(7)).await;
    let renamed = rename(store, room, "Another name").await;
    let [edited, deleted, untouched] = std::array::from_fn(|n| message(store, room, sent[n].id));
    let [edited, deleted, untouched] = [edited.await, deleted.await, untouched.await].map(Option::unwrap);
    let expected = |first_revision, revision, new, old| Expected { first_revision, revision, new, old };
    let sent = |first_revision, revision, message: Message| {
        expected(first_revision, revision, ChangeKind::Sent(message.clone()), ChangeKind::Edited(message))
    };
    let member = |first_revision, revision, user: UserRef, role| {
        expected(
            first_revision,
            revision,
            ChangeKind::MemberAdded(user.clone(), role),
            ChangeKind::RoleChanged(user, role),
        )
    };
    let always = |revision, kind: ChangeKind| expected(revision, revision, kind.clone(), kind);
    let all = vec![
        member(1, 1, alice, Role::Admin),
        sent(7, 7, untouched),
        sent(5, 8, edited),
        always(9, ChangeKind::Deleted(deleted)),
        always(10, ChangeKind::MemberRemoved(carol, Role::Member)),
        member(2, 11, bob, Role::Admin),
        member(13, 13, dave, Role::Member),
        always(14, ChangeKind::RoomUpdated(Box::new(renamed))),
    ];
    (room, all, Revision(14))
}

/// Returns the changes between two revisions for a reader that knew everything up to `origin`.
fn between(all: &[Expected], room: RoomId, since: Revision, upto: Revision, origin: Revision) -> Vec<Change> {
    let revision = |expected: &Expected| Revision(expected.revision);
    all.iter()
        .filter(|expected| revision(expected) > since && revision(expected) <= upto)
        .map(|expected| {
            let kind = if Revision(expected.first_revision) > origin { &expected.new } else { &expected.old };
            Change { room, revision: revision(expected), kind: kind.clone() }
        })
        .collect()
}

/// Every kind of change, and nothing twice.
pub async fn every_change_comes_as_it_is_now_in_the_order_of_revisions(store: impl AnyStore) {
    let (room, all, end) = room_with_every_change(&store).await;
    let items = between(&all, room, BEGINNING, end, BEGINNING);
    let whole = Changes { items, has_more: false, revision: end };
    assert_eq!(read(&store, room, BEGINNING, BEGINNING, 100).await, whole);
}

/// For every origin, and every revision since.
pub async fn items_after_the_origin_are_reported_as_new(store: impl AnyStore) {
    let (room, all, end) = room_with_every_change(&store).await;
    for origin in (0..=end.0).map(Revision) {
        for since in (origin.0..=end.0).map(Revision) {
            let items = between(&all, room, since, end, origin);
            let wanted = Changes { items, has_more: false, revision: end };
            assert_eq!(read(&store, room, since, origin, 100).await, wanted, "{since:?} {origin:?}");
        }
    }
}

/// For every limit: a page has all changes between the revision before it and its own.
pub async fn pages_of_changes_concatenate_to_all_changes(store: impl AnyStore) {
    let (room, all, end) = room_with_every_change(&store).await;
    for limit in [1, 2, 3, 7, 8, 9, 100] {
        for origin in [0, 4, 6, 8, 14].map(Revision) {
            let mut since = origin;
            loop {
                let page = read(&store, room, since, origin, limit).await;
                let wanted = between(&all, room, since, page.revision, origin);
                assert_eq!(page.items, wanted, "{limit} after {since:?}");
                since = page.revision;
                if !page.has_more {
                    break;
                }
            }
            assert_eq!(since, end, "{limit} from {origin:?}");
        }
    }
}

/// Neither its messages nor its members; once.
pub async fn a_deleted_room_reports_its_deletion_only(store: impl AnyStore) {
    let (room, _, end) = room_with_every_change(&store).await;
    delete_room(&store, room, at(50)).await;
    let revision = end.next();
    for since in (0..=revision.0).map(Revision) {
        for limit in [1, 100] {
            let deletion = Change { room, revision, kind: ChangeKind::RoomDeleted };
            let items = if since < revision { vec![deletion] } else { vec![] };
            let wanted = Changes { items, has_more: false, revision };
            assert_eq!(read(&store, room, since, since, limit).await, wanted, "{since:?}");
        }
    }
}

/// Neither of one that never existed nor of one that was swept.
pub async fn a_room_without_a_trace_has_no_changes(store: impl AnyStore) {
    let (room, _, _) = room_with_every_change(&store).await;
    delete_room(&store, room, at(50)).await;
    while store.sweep(at(100), 100).await.unwrap().found_work() {}
    for room in [room, RoomId(Uuid::from_u128(77))] {
        assert_eq!(store.changes(room, BEGINNING, BEGINNING, 100).await.unwrap(), None);
        assert_eq!(store.changed_rooms(vec![(room, BEGINNING)]).await.unwrap(), []);
    }
}

/// The room's own revision is returned, deleted or not.
pub async fn a_reader_ahead_of_a_room_receives_no_changes(store: impl AnyStore) {
    let (room, _, mut revision) = room_with_every_change(&store).await;
    for _ in 0..2 {
        for since in [revision, revision.next(), Revision(revision.0 + 100), Revision(i64::MAX)] {
            let wanted = Changes { items: vec![], has_more: false, revision };
            let found = store.changes(room, since, since, 1).await.unwrap();
            assert_eq!(found, Some(wanted), "{since:?}");
        }
        if revision == Revision(14) {
            delete_room(&store, room, at(50)).await;
            revision = revision.next();
        }
    }
}

/// Ahead or behind, deleted rooms included; rooms at the given revision are omitted.
pub async fn changed_rooms_are_those_at_another_revision(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let mut known = vec![];
    for n in 1..=6 {
        known.push((fixtures::open(&store, public(n, &alice)).await.id, Revision(1)));
    }
    let changed = async |known: &[(RoomId, Revision)]| {
        let mut changed = store.changed_rooms(known.to_vec()).await.unwrap();
        changed.sort_unstable();
        changed
    };
    assert_eq!(changed(&[]).await, []);
    assert_eq!(changed(&known).await, []);
    send(&store, new_message(1, known[1].0, alice.id, "hello")).await;
    join(&store, known[2].0, bob.id, Role::Member, at(2)).await;
    rename(&store, known[3].0, "Another name").await;
    delete_room(&store, known[4].0, at(50)).await;
    known[5].1 = Revision(7);
    let revisions = [2, 2, 2, 2, 1].map(Revision);
    let wanted: Vec<_> = known[1..].iter().zip(revisions).map(|((room, _), now)| (*room, now)).collect();
    assert_eq!(changed(&known).await, wanted);
    for known in &mut known[1..5] {
        known.1 = Revision(2);
    }
    known[5].1 = Revision(1);
    assert_eq!(changed(&known).await, []);
}

/// Unknown sessions count as ended.
pub async fn ended_sessions_are_distinguished_from_living_ones(store: impl AnyStore) {
    let [alice] = users(&store).await;
    let ids: Vec<SessionId> = (1..=4).map(|n| SessionId(Uuid::from_u128(n))).collect();
    let mut work = store.begin().await.unwrap();
    for &id in &ids[..3] {
        let session = Session { id, user: alice.id, created_at: at(1), expires_at: at(100) };
        assert!(work.insert_session(session, PasswordHash("secret".into())).await.unwrap());
    }
    work.end_session(ids[1], at(50)).await.unwrap();
    work.commit().await.unwrap();
    let mut ended = store.ended_sessions(ids.clone()).await.unwrap();
    ended.sort_unstable();
    assert_eq!(ended, [ids[1], ids[3]]);
    assert_eq!(store.ended_sessions(vec![ids[0], ids[2]]).await.unwrap(), []);
    assert_eq!(store.ended_sessions(vec![]).await.unwrap(), []);
}
