//! Rules of the cache: the reads that it answers itself, and the events that invalidate them.

use domain::account::{MockSessionReader, UserRef, Username};
use domain::event::{Change, EphemeralEvent, ReadMark};
use domain::membership::MockMemberReader;
use domain::message::MockReadMarks;
use domain::room::Revision;
use mockall::predicate::eq;
use uuid::Uuid;

use super::*;

const ROOM: RoomId = RoomId(Uuid::from_u128(1));
const OTHER_ROOM: RoomId = RoomId(Uuid::from_u128(2));
const ALICE: UserId = UserId(Uuid::from_u128(3));
const SESSION: SessionId = SessionId(Uuid::from_u128(4));

fn now() -> Timestamp {
    Timestamp::from_unix_micros(5).unwrap()
}

fn alice() -> UserRef {
    UserRef { id: ALICE, username: Username::parse("alice").unwrap() }
}

fn identity() -> Identity {
    Identity { user: alice(), session: SESSION, server_admin: false, address: None }
}

fn standing(standing: Standing) -> RoomStanding {
    RoomStanding { visibility: Visibility::Public, direct: false, standing, last_read_seq: Seq(0) }
}

/// Returns a cache whose store expects so many reads of the session.
fn sessions(times: usize, answer: Option<Identity>) -> ReadCache {
    let mut sessions = MockSessionReader::new();
    let expected = sessions.expect_session().with(eq(SESSION), eq(now())).times(times);
    expected.returning(move |_, _| Ok(answer.clone()));
    let (members, marks) = (MockMemberReader::new(), MockReadMarks::new());
    ReadCache::new(Arc::new(sessions), Arc::new(members), Arc::new(marks))
}

/// Returns a cache whose store expects so many reads of the standing.
fn members(times: usize, answer: Standing, marks: MockReadMarks) -> ReadCache {
    let mut members = MockMemberReader::new();
    let expected = members.expect_standing().with(eq(ROOM), eq(ALICE)).times(times);
    expected.returning(move |_, _| Ok(Some(standing(answer))));
    ReadCache::new(Arc::new(MockSessionReader::new()), Arc::new(members), Arc::new(marks))
}

async fn read_session(cache: &ReadCache) -> Option<Identity> {
    cache.session(SESSION, now()).await.unwrap()
}

async fn read_standing(cache: &ReadCache) -> Option<RoomStanding> {
    cache.standing(ROOM, ALICE).await.unwrap()
}

fn change(room: RoomId, kind: ChangeKind) -> Event {
    Event::Changed(Change { room, revision: Revision(2), kind })
}

#[tokio::test]
async fn a_session_is_read_from_the_store_once() {
    let cache = sessions(1, Some(identity()));
    for _ in 0..3 {
        assert_eq!(read_session(&cache).await, Some(identity()));
    }
}

#[tokio::test]
async fn an_absent_session_is_read_from_the_store_every_time() {
    let cache = sessions(2, None);
    assert_eq!(read_session(&cache).await, None);
    assert_eq!(read_session(&cache).await, None);
}

#[tokio::test]
async fn a_revocation_invalidates_the_session() {
    for revocation in [Revocation::Session(SESSION), Revocation::Sessions { user: ALICE, except: None }] {
        let cache = sessions(2, Some(identity()));
        read_session(&cache).await;
        cache.deliver(Event::Revoked(revocation));
        read_session(&cache).await;
    }
}

#[tokio::test]
async fn a_session_that_is_revoked_during_its_read_is_not_cached() {
    let cache = Arc::new(std::sync::OnceLock::<ReadCache>::new());
    let mut sessions = MockSessionReader::new();
    let in_store = cache.clone();
    sessions.expect_session().times(2).returning(move |_, _| {
        // The session ends after the store has read it.
        in_store.get().unwrap().deliver(Event::Revoked(Revocation::Session(SESSION)));
        Ok(Some(identity()))
    });
    let (members, marks) = (MockMemberReader::new(), MockReadMarks::new());
    let cache = cache.get_or_init(|| ReadCache::new(Arc::new(sessions), Arc::new(members), Arc::new(marks)));
    read_session(cache).await;
    read_session(cache).await;
}

#[tokio::test]
async fn events_of_other_rooms_do_not_invalidate_a_membership() {
    let cache = members(1, Standing::Member(Role::Member), MockReadMarks::new());
    read_standing(&cache).await;
    cache.deliver(change(OTHER_ROOM, ChangeKind::RoomDeleted));
    assert_eq!(read_standing(&cache).await, Some(standing(Standing::Member(Role::Member))));
}

#[tokio::test]
async fn users_who_are_no_members_are_read_from_the_store_every_time() {
    for outside in [Standing::Invited, Standing::Stranger] {
        let cache = members(2, outside, MockReadMarks::new());
        read_standing(&cache).await;
        read_standing(&cache).await;
    }
}

#[tokio::test]
async fn a_process_that_is_alone_reads_once_that_a_user_is_no_member_until_an_event() {
    for kind in [
        ChangeKind::MemberAdded(alice(), Role::Member),
        ChangeKind::MemberRemoved(alice(), Role::Member),
        ChangeKind::RoleChanged(alice(), Role::Admin),
        ChangeKind::RoomDeleted,
    ] {
        let cache = members(2, Standing::Stranger, MockReadMarks::new()).alone();
        for _ in 0..3 {
            assert_eq!(read_standing(&cache).await, Some(standing(Standing::Stranger)));
        }
        cache.deliver(change(ROOM, kind));
        read_standing(&cache).await;
    }
    let cache = members(2, Standing::Stranger, MockReadMarks::new()).alone();
    read_standing(&cache).await;
    cache.resync();
    read_standing(&cache).await;
}

#[tokio::test]
async fn a_process_that_is_alone_reads_of_everybody_who_may_be_invited_every_time() {
    let invited = members(2, Standing::Invited, MockReadMarks::new()).alone();
    let mut private = MockMemberReader::new();
    private.expect_standing().times(2).returning(|_, _| {
        Ok(Some(RoomStanding { visibility: Visibility::Private, ..standing(Standing::Stranger) }))
    });
    let mut absent = MockMemberReader::new();
    absent.expect_standing().times(2).returning(|_, _| Ok(None));
    let others = [private, absent].map(|members| {
        let (sessions, marks) = (MockSessionReader::new(), MockReadMarks::new());
        ReadCache::new(Arc::new(sessions), Arc::new(members), Arc::new(marks)).alone()
    });
    for cache in others.iter().chain([&invited]) {
        read_standing(cache).await;
        read_standing(cache).await;
    }
}

#[tokio::test]
async fn a_stranger_who_joins_during_the_read_is_not_cached_as_one() {
    let cache = Arc::new(std::sync::OnceLock::<ReadCache>::new());
    let mut members = MockMemberReader::new();
    let in_store = cache.clone();
    members.expect_standing().times(2).returning(move |_, _| {
        // They join after the store has read it.
        let joined = ChangeKind::MemberAdded(alice(), Role::Member);
        in_store.get().unwrap().deliver(change(ROOM, joined));
        Ok(Some(standing(Standing::Stranger)))
    });
    let (sessions, marks) = (MockSessionReader::new(), MockReadMarks::new());
    let new = || ReadCache::new(Arc::new(sessions), Arc::new(members), Arc::new(marks)).alone();
    let cache = cache.get_or_init(new);
    read_standing(cache).await;
    read_standing(cache).await;
}

#[tokio::test]
async fn a_change_of_the_room_or_its_members_invalidates_memberships() {
    for kind in [
        ChangeKind::MemberAdded(alice(), Role::Member),
        ChangeKind::MemberRemoved(alice(), Role::Member),
        ChangeKind::RoleChanged(alice(), Role::Admin),
        ChangeKind::RoomDeleted,
    ] {
        let cache = members(2, Standing::Member(Role::Member), MockReadMarks::new());
        read_standing(&cache).await;
        cache.deliver(change(ROOM, kind));
        read_standing(&cache).await;
    }
}

#[tokio::test]
async fn a_mark_that_another_replica_sets_invalidates_the_membership() {
    let event = |kind| Event::Ephemeral(EphemeralEvent { room: ROOM, user: alice(), kind });
    let by = None;
    for (kind, reads) in [
        (EphemeralKind::Unread(Seq(2)), 2),
        (EphemeralKind::Read(ReadMark { seq: Seq(7), by }), 1),
        (EphemeralKind::Typing, 1),
    ] {
        let cache = members(reads, Standing::Member(Role::Member), MockReadMarks::new());
        read_standing(&cache).await;
        cache.deliver(event(kind));
        read_standing(&cache).await;
    }
}

#[tokio::test]
async fn a_read_mark_that_is_moved_invalidates_the_membership() {
    let by = MarkMove::To(Seq(2));
    let mut marks = MockReadMarks::new();
    marks.expect_move_mark().with(eq(ROOM), eq(ALICE), eq(by)).times(1).returning(|_, _, _| Ok(Some(Seq(2))));
    let cache = members(2, Standing::Member(Role::Member), marks);
    read_standing(&cache).await;
    assert_eq!(cache.move_mark(ROOM, ALICE, by).await.unwrap(), Some(Seq(2)));
    read_standing(&cache).await;
}

#[tokio::test]
async fn a_resync_invalidates_everything() {
    let cache = sessions(2, Some(identity()));
    read_session(&cache).await;
    cache.resync();
    read_session(&cache).await;
    let cache = members(2, Standing::Member(Role::Member), MockReadMarks::new());
    read_standing(&cache).await;
    cache.resync();
    read_standing(&cache).await;
}
