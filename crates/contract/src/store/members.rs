//! Laws of memberships.

use std::sync::atomic::{AtomicBool, Ordering};

use domain::account::UserRef;
use domain::event::{Change, ChangeKind};
use domain::membership::{Member, MemberReader, Membership, Role, RoomStanding, Standing};
use domain::room::{Revision, Room, Seq, Visibility};
use domain::{Page, PageRequest, RoomId, StoreError, Timestamp};
use futures_util::future::join_all;

use crate::store::AnyStore;
use crate::store::fixtures::{
    self, FIRST, at, delete_room, invite, join, leave, new_message, pages, private, public, send, users,
};

/// Only members of that role, where one is named.
async fn list(
    store: &impl AnyStore,
    room: RoomId,
    role: Option<Role>,
    page: PageRequest,
) -> Result<Page<Member>, StoreError> {
    MemberReader::list(store, room, role, page).await
}

pub(super) async fn stored(store: &impl AnyStore, room: &Room, user: &UserRef) -> Option<Membership> {
    let mut work = store.begin().await.unwrap();
    work.membership(room.id, user.id).await.unwrap()
}

/// In a unit of work, in lists of members, and as a standing.
pub async fn a_membership_comes_back_whole(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    let membership = Membership {
        room: room.id,
        user: bob.id,
        role: Role::Member,
        joined_at: at(12_345),
        last_read_seq: Seq(3),
        revision: Revision(9),
        joined_revision: Revision(5),
    };
    for role in [Role::Member, Role::Admin] {
        let membership = Membership { role, ..membership.clone() };
        let mut work = store.begin().await.unwrap();
        work.lock_room(room.id).await.unwrap();
        work.save_membership(membership.clone()).await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(stored(&store, &room, &bob).await, Some(membership));
        let member = Member { user: bob.clone(), role, joined_at: at(12_345), last_read_seq: Seq(3) };
        assert_eq!(store.member(room.id, bob.id).await.unwrap(), Some(member.clone()));
        assert_eq!(list(&store, room.id, None, FIRST).await.unwrap().items[1], member);
        let standing = RoomStanding {
            visibility: Visibility::Private,
            direct: false,
            standing: Standing::Member(role),
            last_read_seq: Seq(3),
        };
        assert_eq!(store.standing(room.id, bob.id).await.unwrap(), Some(standing));
    }
}

/// A room that does not exist has none.
pub async fn standing_distinguishes_members_invited_users_and_strangers(store: impl AnyStore) {
    let [alice, bob, carol, dave] = users(&store).await;
    let rooms = [(private(1, &alice), Visibility::Private), (public(2, &alice), Visibility::Public)];
    for (room, visibility) in rooms {
        let room = fixtures::open(&store, room).await;
        join(&store, room.id, bob.id, Role::Member, at(2)).await;
        invite(&store, room.id, carol.id, alice.id, at(3)).await;
        for (user, standing) in [
            (&alice, Standing::Member(Role::Admin)),
            (&bob, Standing::Member(Role::Member)),
            (&carol, Standing::Invited),
            (&dave, Standing::Stranger),
        ] {
            let wanted = RoomStanding { visibility, direct: false, standing, last_read_seq: Seq(0) };
            assert_eq!(store.standing(room.id, user.id).await.unwrap(), Some(wanted), "{user:?}");
        }
    }
    assert_eq!(store.standing(private(3, &alice).id, alice.id).await.unwrap(), None);
}

/// However many ask at the same time, and share an answer.
pub async fn a_standing_shows_every_change_that_was_committed_before_it_was_asked_for(store: impl AnyStore) {
    let [alice, bob, carol] = users(&store).await;
    let room = fixtures::open(&store, public(1, &alice)).await;
    let standing = async |user: &UserRef| store.standing(room.id, user.id).await.unwrap().unwrap().standing;
    let over = AtomicBool::new(false);
    let changes = async {
        for n in 0..20 {
            join(&store, room.id, bob.id, Role::Member, at(n)).await;
            assert_eq!(standing(&bob).await, Standing::Member(Role::Member));
            leave(&store, room.id, bob.id).await;
            assert_eq!(standing(&bob).await, Standing::Stranger);
        }
        over.store(true, Ordering::SeqCst);
    };
    let others = (0..8).map(|_| async {
        while !over.load(Ordering::SeqCst) {
            assert_eq!(standing(&carol).await, Standing::Stranger);
            assert_eq!(standing(&alice).await, Standing::Member(Role::Admin));
        }
    });
    tokio::join!(changes, join_all(others));
}

/// Creates alice's room, and seven users who joined in this order, some in the same microsecond, every third an admin.
async fn crowd(store: &impl AnyStore) -> (Room, Vec<Member>) {
    let users_in_order: [_; 8] = users(store).await;
    let room = fixtures::open(store, private(1, &users_in_order[0])).await;
    let member = |user: &UserRef, role, joined_at: Timestamp| Member {
        user: user.clone(),
        role,
        joined_at,
        last_read_seq: Seq(0),
    };
    let mut all = vec![member(&users_in_order[0], Role::Admin, room.created_at)];
    for (n, user) in (1..).zip(&users_in_order[1..]) {
        let role = if n % 3 == 0 { Role::Admin } else { Role::Member };
        // The last of them joined first.
        let joined_at = at(100 - n / 2);
        join(store, room.id, user.id, role, joined_at).await;
        all.push(member(user, role, joined_at));
    }
    all.sort_by_key(|member| (member.joined_at, member.user.id));
    (room, all)
}

/// In the order in which they joined; between equals, of their ids.
pub async fn member_pages_concatenate_to_all_members(store: impl AnyStore) {
    let (room, all) = crowd(&store).await;
    for limit in [1, 3, 4, 8, 9] {
        assert_eq!(pages(limit, async |page| list(&store, room.id, None, page).await).await, all);
    }
}

/// In pages as well.
pub async fn members_can_be_listed_by_role(store: impl AnyStore) {
    let (room, all) = crowd(&store).await;
    for role in [Role::Admin, Role::Member] {
        let wanted: Vec<Member> = all.iter().filter(|member| member.role == role).cloned().collect();
        assert!(wanted.len() > 2);
        for limit in [2, 100] {
            assert_eq!(
                pages(limit, async |page| list(&store, room.id, Some(role), page).await).await,
                wanted
            );
        }
        // SQLite reads deep pages over connections that check the time with each row.
        let total = list(&store, room.id, Some(role), FIRST).await.unwrap().total;
        let beyond = list(&store, room.id, Some(role), PageRequest { page: 100, ..FIRST }).await.unwrap();
        assert_eq!((beyond.total, beyond.items), (total, vec![]));
        let mut work = store.begin().await.unwrap();
        assert_eq!(work.admin_count(room.id).await.unwrap(), 3);
    }
}

/// It does not count among the admins.
pub async fn no_reader_returns_an_ended_membership(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    join(&store, room.id, bob.id, Role::Admin, at(2)).await;
    leave(&store, room.id, bob.id).await;
    assert_eq!(stored(&store, &room, &bob).await, None);
    assert_eq!(store.member(room.id, bob.id).await.unwrap(), None);
    assert_eq!(store.standing(room.id, bob.id).await.unwrap().unwrap().standing, Standing::Stranger);
    let left = list(&store, room.id, None, FIRST).await.unwrap();
    assert_eq!((left.total, left.items.len()), (1, 1));
    assert_eq!(fixtures::room(&store, room.id, &bob).await.unwrap().mine, None);
    let mut work = store.begin().await.unwrap();
    assert_eq!(work.admin_count(room.id).await.unwrap(), 1);
}

/// No filter by role finds one either.
pub async fn a_deleted_room_lists_no_members(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    for room in [private(1, &alice), public(2, &alice)] {
        let room = fixtures::open(&store, room).await;
        join(&store, room.id, bob.id, Role::Member, at(2)).await;
        assert_eq!(list(&store, room.id, None, FIRST).await.unwrap().total, 2);
        delete_room(&store, room.id, at(3)).await;
        for role in [None, Some(Role::Admin), Some(Role::Member)] {
            let listed = list(&store, room.id, role, FIRST).await.unwrap();
            assert_eq!((listed.total, listed.items), (0, vec![]));
        }
    }
}

/// Ending it again, or where there is none, changes nothing; a replay reports the first end.
pub async fn a_membership_ends_once(store: impl AnyStore) {
    let [alice, bob, carol] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    join(&store, room.id, bob.id, Role::Admin, at(2)).await;
    leave(&store, room.id, bob.id).await;
    let ended = store.changes(room.id, Revision(2), Revision(2), 100).await.unwrap().unwrap();
    let kind = ChangeKind::MemberRemoved(bob.clone(), Role::Admin);
    assert_eq!(ended.items, [Change { room: room.id, revision: Revision(3), kind }]);
    for user in [&bob, &carol] {
        leave(&store, room.id, user.id).await;
        let after = store.changes(room.id, Revision(2), Revision(2), 100).await.unwrap().unwrap();
        assert_eq!(after.items, ended.items);
    }
}

/// From the return on, in the role of the return, with everything before it read.
pub async fn a_member_who_returns_reuses_the_ended_membership(store: impl AnyStore) {
    let [alice, bob] = users(&store).await;
    let room = fixtures::open(&store, private(1, &alice)).await;
    let before = join(&store, room.id, bob.id, Role::Admin, at(2)).await;
    leave(&store, room.id, bob.id).await;
    for n in 1..=3 {
        send(&store, new_message(n, room.id, alice.id, "meanwhile")).await;
    }
    let again = join(&store, room.id, bob.id, Role::Member, at(900)).await;
    assert!(again.revision > before.revision);
    assert_eq!((again.joined_at, again.last_read_seq), (at(900), Seq(3)));
    assert_eq!(stored(&store, &room, &bob).await, Some(again));
    assert_eq!(list(&store, room.id, None, FIRST).await.unwrap().total, 2);
    assert_eq!(store.member(room.id, bob.id).await.unwrap().unwrap().joined_at, at(900));
}
