//! What is remembered, and when it is forgotten.

use domain::account::{MockSessionReader, UserRef, Username};
use domain::event::Change;
use domain::membership::MockMemberReader;
use domain::message::MockReadMarks;
use domain::room::{Revision, Visibility};
use mockall::predicate::eq;
use uuid::Uuid;

use super::*;

const HERE: RoomId = RoomId(Uuid::from_u128(1));
const THERE: RoomId = RoomId(Uuid::from_u128(2));
const ALICE: UserId = UserId(Uuid::from_u128(3));
const SESSION: SessionId = SessionId(Uuid::from_u128(4));

fn now() -> Timestamp {
    Timestamp::from_unix_micros(5).unwrap()
}

fn alice() -> UserRef {
    UserRef { id: ALICE, username: Username::parse("alice").unwrap() }
}

fn identity() -> Identity {
    Identity { user: alice(), session: SESSION, server_admin: false }
}

fn standing(standing: Standing) -> RoomStanding {
    RoomStanding { visibility: Visibility::Public, standing, last_read_seq: Seq(0) }
}

/// The store is asked for the session so many times, and answers that.
fn sessions(times: usize, answer: Option<Identity>) -> Recent {
    let mut sessions = MockSessionReader::new();
    let asked = sessions.expect_session().with(eq(SESSION), eq(now())).times(times);
    asked.returning(move |_, _| Ok(answer.clone()));
    let (members, marks) = (MockMemberReader::new(), MockReadMarks::new());
    Recent::new(Arc::new(sessions), Arc::new(members), Arc::new(marks))
}

/// The store is asked for the standing so many times, and answers that.
fn members(times: usize, answer: Standing, marks: MockReadMarks) -> Recent {
    let mut members = MockMemberReader::new();
    let asked = members.expect_standing().with(eq(HERE), eq(ALICE)).times(times);
    asked.returning(move |_, _| Ok(Some(standing(answer))));
    Recent::new(Arc::new(MockSessionReader::new()), Arc::new(members), Arc::new(marks))
}

async fn look(recent: &Recent) -> Option<Identity> {
    recent.session(SESSION, now()).await.unwrap()
}

async fn look_in(recent: &Recent) -> Option<RoomStanding> {
    recent.standing(HERE, ALICE).await.unwrap()
}

fn change(room: RoomId, kind: ChangeKind) -> Event {
    Event::Changed(Change { room, revision: Revision(2), kind })
}

#[tokio::test]
async fn a_session_is_looked_up_once() {
    let recent = sessions(1, Some(identity()));
    for _ in 0..3 {
        assert_eq!(look(&recent).await, Some(identity()));
    }
}

#[tokio::test]
async fn that_there_is_no_session_is_looked_up_every_time() {
    let recent = sessions(2, None);
    assert_eq!(look(&recent).await, None);
    assert_eq!(look(&recent).await, None);
}

#[tokio::test]
async fn a_revoked_session_is_looked_up_anew() {
    for revocation in [Revocation::Session(SESSION), Revocation::Sessions { user: ALICE, except: None }] {
        let recent = sessions(2, Some(identity()));
        look(&recent).await;
        recent.deliver(Event::Revoked(revocation));
        look(&recent).await;
    }
}

#[tokio::test]
async fn what_is_revoked_while_it_is_looked_up_is_not_remembered() {
    let recent = Arc::new(std::sync::OnceLock::<Recent>::new());
    let mut sessions = MockSessionReader::new();
    let ending = recent.clone();
    sessions.expect_session().times(2).returning(move |_, _| {
        // The look-up has its answer when the session ends.
        ending.get().unwrap().deliver(Event::Revoked(Revocation::Session(SESSION)));
        Ok(Some(identity()))
    });
    let (members, marks) = (MockMemberReader::new(), MockReadMarks::new());
    let recent = recent.get_or_init(|| Recent::new(Arc::new(sessions), Arc::new(members), Arc::new(marks)));
    look(recent).await;
    look(recent).await;
}

#[tokio::test]
async fn a_member_is_looked_up_once_whatever_is_said_in_the_room() {
    let recent = members(1, Standing::Member(Role::Member), MockReadMarks::new());
    look_in(&recent).await;
    recent.deliver(change(THERE, ChangeKind::RoomDeleted));
    assert_eq!(look_in(&recent).await, Some(standing(Standing::Member(Role::Member))));
}

#[tokio::test]
async fn who_is_no_member_is_looked_up_every_time() {
    for outside in [Standing::Invited, Standing::Stranger] {
        let recent = members(2, outside, MockReadMarks::new());
        look_in(&recent).await;
        look_in(&recent).await;
    }
}

#[tokio::test]
async fn a_change_of_the_room_or_its_members_makes_them_looked_up_anew() {
    for kind in [
        ChangeKind::MemberAdded(alice(), Role::Member),
        ChangeKind::MemberRemoved(alice(), Role::Member),
        ChangeKind::RoleChanged(alice(), Role::Admin),
        ChangeKind::RoomDeleted,
    ] {
        let recent = members(2, Standing::Member(Role::Member), MockReadMarks::new());
        look_in(&recent).await;
        recent.deliver(change(HERE, kind));
        look_in(&recent).await;
    }
}

#[tokio::test]
async fn a_reading_mark_that_moves_is_looked_up_anew() {
    let mut marks = MockReadMarks::new();
    marks.expect_advance().with(eq(HERE), eq(ALICE), eq(Seq(7))).times(1).returning(|_, _, _| Ok(()));
    let recent = members(2, Standing::Member(Role::Member), marks);
    look_in(&recent).await;
    recent.advance(HERE, ALICE, Seq(7)).await.unwrap();
    look_in(&recent).await;
}

#[tokio::test]
async fn where_something_was_missed_everything_is_looked_up_anew() {
    let recent = sessions(2, Some(identity()));
    look(&recent).await;
    recent.resync();
    look(&recent).await;
    let recent = members(2, Standing::Member(Role::Member), MockReadMarks::new());
    look_in(&recent).await;
    recent.resync();
    look_in(&recent).await;
}
